/** Mutants of who may run what, and of down. */
import type { Mutant } from "./mutant.ts";

export const ARBITER: readonly Mutant[] = [
  {
    name: "grants-while-down",
    harm: "work is given out to a fleet that is down",
    path: "hub/core/arbiter/arbiter.ts",
    text: 'if (state === "up") return null;',
    broken: 'if (state === "up" || state === "down") return null;',
  },
  {
    name: "grants-on-a-full-disk",
    harm: "leases are made that nobody hears of until they have run out, one after another",
    path: "hub/core/arbiter/arbiter.ts",
    text: "if (!soft.isJournalFull) return null;",
    broken: "if (soft.isJournalFull !== null) return null;",
  },
  {
    name: "grants-to-the-blind",
    harm: "work is given to nodes whose telemetry is old",
    path: "hub/core/arbiter/guardrails.ts",
    text: "return bootMs - latest.receivedBootMs <= core.timing.telemetryStaleMs;",
    broken: "return true;",
  },
  {
    name: "grants-to-the-latched",
    harm: "work is given to nodes that are latched down by hand",
    path: "hub/core/arbiter/arbiter.ts",
    text: "if (session?.isLatchedDown === true)",
    broken: "if (session?.isLatchedDown === undefined)",
  },
  {
    name: "agent-ignores-down",
    harm: "running work survives a down",
    path: "agent/core/down.ts",
    text: 'if (!mayWork(state)) stopAll(tx, { outcome: "preempted", detail: "down" }, graceMs);',
    broken: "",
  },
  {
    name: "ack-before-latch",
    harm: "a node says that its latch is set before the disk has it",
    path: "agent/core/down.ts",
    text: 'tx.effect({ kind: mayWork(state) ? "clearLatch" : "setLatch", generation });',
    broken:
      'acknowledge(tx, generation); tx.effect({ kind: mayWork(state) ? "clearLatch" : "setLatch", generation });',
  },
  {
    name: "local-latch-ignored",
    harm: "a node that is held down on the box takes work",
    path: "agent/core/admission.ts",
    text: 'if (latch === "local") return',
    broken: 'if (latch === "hub") return',
  },
  {
    name: "campaign-never-ends",
    harm: "a campaign that has stopped goes on",
    path: "hub/core/campaign.ts",
    text: 'if (campaign.state === "armed" || campaign.state === "running") advance(tx, campaign);',
    broken: "advance(tx, campaign);",
  },
  {
    name: "slew-unbounded",
    harm: "the controller jumps to where it wants to be",
    path: "hub/core/steer/controller.ts",
    text: "return Math.abs(wanted - value) <= limit ? wanted",
    broken: "return Math.abs(wanted - value) >= 0 ? wanted",
  },
];
