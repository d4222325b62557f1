/** Mutants of what keeps work where it is, or off where it is not wanted: cordons, dependencies, the panic guard, preemption. */
import type { Mutant } from "./mutant.ts";

export const GUARDS: readonly Mutant[] = [
  {
    name: "cordon-ignored",
    harm: "a node that somebody works on is given jobs",
    path: "hub/core/placement/placement.ts",
    text: "isCordoned: core.state.cordons.has(node),",
    broken: "isCordoned: false,",
  },
  {
    name: "cordon-forgotten",
    harm: "a hub that starts from a snapshot gives jobs to a node that somebody works on",
    path: "hub/core/snapshot.ts",
    text: "cordons: [...state.cordons],",
    broken: "cordons: [],",
  },
  {
    name: "dependency-ignored",
    harm: "a job begins before what it needs is there",
    path: "hub/core/state.ts",
    text: "if (blockedBy.length === 0) delayed.set(id, notBeforeMs);",
    broken: "delayed.set(id, notBeforeMs);",
  },
  {
    name: "dependents-wait-forever",
    harm: "what comes after a job that failed waits for it for ever",
    path: "hub/core/hub.ts",
    text: "  cancelBroken(tx);\n",
    broken: "",
  },
  {
    name: "panic-ignored",
    harm: "a cut between the hub and its fleet moves all of its work",
    path: "hub/core/nodes/panic.ts",
    text: "return panic !== null && !sessions.has(node);",
    broken: "return panic !== null && node === undefined && !sessions.has(node);",
  },
  {
    name: "idle-uncounted",
    harm: "a hub that starts while most of its fleet is cut off moves the work of those that hold some",
    path: "hub/core/nodes/panic.ts",
    text: "if (isInFleet === true) soft.gone.set(node, fromMs);",
    broken:
      "if (isInFleet && [...state.leases.values()].some((each) => each.node === node)) soft.gone.set(node, fromMs);",
  },
  {
    name: "rank-ignored",
    harm: "work is stopped for a job that is no more important, and that one for it",
    path: "hub/core/placement/preempt.ts",
    text: "victim.rank > rank &&",
    broken: "victim.rank >= 0 &&",
  },
  {
    name: "runtime-unprotected",
    harm: "work is stopped for others before it has got anywhere",
    path: "hub/core/placement/preempt.ts",
    text: "if (ranMs < PREEMPT_POLICY.minRuntimeMs * tx.timing.scale) return null;",
    broken: "if (ranMs < 0) return null;",
  },
];
