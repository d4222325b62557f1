/**
 * Clone: one agent for each node. A copied node directory has the name, the secret and the memory of the original, so
 * it is told apart by what no copy can have: every start on a directory has a greater generation than all before it.
 * Whoever is refused stays refused, so two never take turns (SPEC N7).
 *
 * A copy that starts while the original is cut off has the greater generation. Its inventory says nothing of what the
 * original runs, so it has to wait for that where it is known to be a copy: by its machine, or because work has been
 * started that its directory has never seen. An agent keeps a grant durably before it says that it has started.
 */
import type { Hello } from "../../../shared/model/messages.ts";
import type { Lease } from "../state.ts";
import type { HubCore, Tx } from "../transaction.ts";

/** How long a refusal is worth a warning; an agent that is refused asks again every few seconds. */
const WARN_MS = 60_000;

/** Why an agent may not serve its node now; null when it may. Says so in the journal once for each agent. */
export function whyRefused(tx: Tx, hello: Hello): string | null {
  const reason = whyNotThis(tx, hello);
  if (reason === null) return null;
  const { node, agentInstance } = hello;
  const isNew = tx.soft.refused.get(node)?.agentInstance !== agentInstance;
  tx.soft.refused.set(node, { agentInstance, reason, bootMs: tx.times.bootMs });
  if (isNew) tx.emit({ kind: "node.refused", node, agentInstance, reason });
  return reason;
}

/** Nodes for which a second agent has asked of late. */
export function cloneWarnings({ soft }: HubCore, bootMs: number): readonly string[] {
  return [...soft.refused].flatMap(([node, { reason, bootMs: atMs }]) =>
    bootMs - atMs > WARN_MS ? [] : [`an agent for ${node} is refused: ${reason}`],
  );
}

function whyNotThis(tx: Tx, hello: Hello): string | null {
  const { node, agentInstance, generation } = hello;
  const previous = tx.soft.sessions.get(node);
  const known = tx.state.health.get(node);
  if (agentInstance === previous?.hello.agentInstance || agentInstance === known?.agentInstance) return null;
  if (known?.generation !== undefined && generation > 0 && generation <= known.generation)
    return `a younger agent has served ${node} since: this directory is an older copy, give it a name of its own`;
  // A genuine restart ends the old session first; a machine that froze is silent by then.
  if (previous !== undefined && tx.times.bootMs - previous.lastHeardBootMs <= tx.timing.suspectMs)
    return `another agent already serves ${node}: stop it first, or give this one a name of its own`;
  const left = mayStillRun(tx, node);
  if (isElsewhere(known?.machineId, hello.machineId) && left.length > 0)
    return `work of ${node} may still run on the machine that it was on: it has to end first, or its lease to run out`;
  if (left.some((lease) => isUnseen(tx, hello, lease)))
    return `work of ${node} has been started that this directory has never seen: it has to end first, or its lease to run out`;
  return null;
}

/** Other machines keep what they run; a reboot of the same one does not. */
function isElsewhere(known: string | undefined, machineId: string): boolean {
  return known !== undefined && known !== "" && machineId !== "" && known !== machineId;
}

/** Numbers of another hub say nothing of ours; a directory that knows of no hub has seen nothing at all. */
function isUnseen({ state }: Tx, hello: Hello, { token, jobId }: Lease): boolean {
  const isOurs = hello.hubId === "" || hello.hubId === state.hubId;
  const isStarted = (state.jobs.get(jobId)?.startedJournalMs ?? null) !== null;
  return isOurs && isStarted && token > hello.maxTokenSeen;
}

function mayStillRun({ state, soft, times, timing }: Tx, node: string): readonly Lease[] {
  return [...state.leases.values()].filter(({ node: holder, token, offlineGraceMs }) => {
    const renewedMs = soft.renewedBootMs.get(token) ?? times.bootMs;
    return holder === node && times.bootMs - renewedMs < timing.regrantAfterMs + offlineGraceMs;
  });
}
