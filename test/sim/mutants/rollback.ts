/** Mutants of what notices that the journal is an older copy. */
import type { Mutant } from "./mutant.ts";

export const ROLLBACK: readonly Mutant[] = [
  {
    name: "rollback-unnoticed",
    harm: "a hub does not hear that its agents know more than its journal",
    path: "hub/core/nodes/rollback.ts",
    text: 'tx.emit({ kind: "rollback.suspected", node, tokenSeen, jobSeen, epochSeen });',
    broken: "",
  },
  {
    name: "safe-grants",
    harm: "a hub that knows that it has forgotten something grants all the same",
    path: "hub/core/arbiter/arbiter.ts",
    text: "if (safe === null || warning === null) return null;",
    broken: "if (safe !== undefined || warning === null) return null;",
  },
  {
    name: "numbers-not-skipped",
    harm: "an older copy gives its tokens a second time before anybody could tell it of the first",
    path: "hub/core/nodes/rollback.ts",
    text: "const skipped = awayMs * NUMBERS_PER_MS;",
    broken: "const skipped = awayMs * 0 * NUMBERS_PER_MS;",
  },
  {
    name: "other-hub-heeded",
    harm: "a machine that comes from another site makes its new hub think that it has forgotten something",
    path: "hub/core/nodes/rollback.ts",
    text: 'if (witness.hubId !== "" && witness.hubId !== state.hubId) return;',
    broken: "",
  },
  {
    name: "numbers-carried-over",
    harm: "an agent tells the numbers of one hub to another as if it had them from there",
    path: "agent/core/witness.ts",
    text: 'if (seen.hubId !== "" && hubId !== "" && seen.hubId !== hubId)',
    broken: 'if (seen.hubId === "?")',
  },
];
