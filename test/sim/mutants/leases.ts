/** Mutants of the lease protocol: who counts from when, how long is waited, and what a stall is worth. */
import type { Mutant } from "./mutant.ts";

export const LEASES: readonly Mutant[] = [
  {
    name: "regrant-early",
    harm: "a lease is given up as soon as its ttl is over, grace and proof not waited for",
    path: "hub/core/lease.ts",
    text: "if (silentMs < giveUpAfterMs(tx.timing, lease.offlineGraceMs)) continue;",
    broken: "if (silentMs < tx.timing.leaseTtlMs + lease.offlineGraceMs) continue;",
  },
  {
    name: "offline-grace-ignored",
    harm: "work that may outlive its hub is given to somebody else meanwhile",
    path: "hub/core/lease.ts",
    text: "if (silentMs < giveUpAfterMs(tx.timing, lease.offlineGraceMs)) continue;",
    broken: "if (silentMs < tx.timing.regrantAfterMs) continue;",
  },
  {
    name: "drift-ignored",
    harm: "a fast hub does not wait for a slow holder to come to the end of a long grace",
    path: "shared/model/timing.ts",
    text: "return regrantAfterMs + Math.ceil(offlineGraceMs * DRIFT_RATIO);",
    broken: "return regrantAfterMs + offlineGraceMs;",
  },
  {
    name: "stall-not-forgiven",
    harm: "a hub that slept gives everything away when it wakes",
    path: "hub/core/lease.ts",
    text: "if (gapMs <= timing.heartbeatMs) return;",
    broken: "if (gapMs >= 0) return;",
  },
  {
    name: "first-stall-not-forgiven",
    harm: "the same before its first tick",
    path: "hub/core/hub.ts",
    text: "tx.soft.lastTickBootMs = tx.times.bootMs;",
    broken: "",
  },
  {
    name: "restart-forgets-silence",
    harm: "a hub that starts counts the silence of its holders from nothing",
    path: "hub/core/hub.ts",
    text: "for (const token of tx.state.leases.keys()) tx.soft.renewedBootMs.set(token, tx.times.bootMs);",
    broken: "for (const token of tx.state.leases.keys()) tx.soft.renewedBootMs.set(token, 0);",
  },
  {
    name: "renewal-from-receipt",
    harm: "the holder counts a renewal from when the answer came, not from when it asked",
    path: "agent/core/lease.ts",
    text: "extend(tx, attempt, asked.sentBootMs + ttlMs)",
    broken: "extend(tx, attempt, tx.nowMs + ttlMs)",
  },
  {
    name: "grant-from-receipt",
    harm: "the holder counts a grant from when it came",
    path: "agent/core/agent.ts",
    text: "const countedFromMs = leaseBegan(session, message.heartbeatSeq);",
    broken: "const countedFromMs = tx.nowMs;",
  },
  {
    name: "deadline-too-late",
    harm: "the shim is told a deadline that lies a minute past the lease",
    path: "agent/core/lease.ts",
    text: 'tx.effect({ kind: "extend", token, deadlineBootMs });',
    broken: 'tx.effect({ kind: "extend", token, deadlineBootMs: deadlineBootMs + 60_000 });',
  },
  {
    name: "inventory-ignored",
    harm: "an attach frees the leases that its agent still holds",
    path: "hub/core/nodes/session.ts",
    text: "if (held.has(lease.token)) continue;",
    broken: "",
  },
  {
    name: "hello-counts-nothing",
    harm: "an agent that comes back forgets what it holds when it says hello",
    path: "agent/core/session.ts",
    text: "inventory: inventoryOf(tx),",
    broken: "inventory: [],",
  },
];
