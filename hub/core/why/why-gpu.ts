/**
 * Why of a card: whether it takes work and why not, from the node that holds it down to the card's own gates. The
 * node has the last word on its card; what is told here is what it last said.
 */
import { PRIORITIES } from "../../../shared/model/priority.ts";
import type { Evidence } from "../arbiter/arbiter.ts";
import { closedFor } from "../nodes/health.ts";
import type { NodeSession } from "../soft.ts";
import type { HubCore } from "../transaction.ts";
import { type Explanation, type Now, whyNode } from "./why.ts";

/** Null for a card that no attached node has. */
export function whyGpu(core: HubCore, gpu: string, now: Now): Explanation | null {
  const session = holderOf(core, gpu);
  if (session === null) return null;
  const { node } = session;
  const evidence = [{ name: "node", value: node, ageMs: 0 }, ...cardEvidence(core, session, gpu, now)];
  const ofNode = whyNode(core, node, now);
  if (ofNode !== null && ofNode.rule !== "clear") {
    const because = ofNode.evidence.slice(0, NODE_FACTS);
    return {
      ...ofNode,
      verdict: `${gpu} takes no work: ${ofNode.verdict}`,
      evidence: [...because, ...evidence],
    };
  }
  return { ...judgeCard(core, session, gpu), evidence };
}

/** Facts of the node that are told with its card. */
const NODE_FACTS = 3;

function holderOf({ soft }: HubCore, gpu: string): NodeSession | null {
  for (const session of soft.sessions.values()) {
    const frame = soft.telemetry.get(session.node)?.frame;
    if ([...session.hello.gpus, ...(frame?.gpus ?? [])].some(({ uuid }) => uuid === gpu)) return session;
  }
  return null;
}

function judgeCard(core: HubCore, { node, claim }: NodeSession, gpu: string): Omit<Explanation, "evidence"> {
  const note = core.state.health.get(node)?.cards[gpu];
  if (note !== undefined) {
    const closed = Object.keys(closedFor(core, node, gpu));
    const verdict = `${gpu} takes no ${closed.join(", ")} work: ${note.reason}`;
    return {
      verdict,
      rule: note.standing,
      wouldChange: [note.cure ?? "time: its node looks again by itself"],
    };
  }
  const rows = claim?.headroom.filter((row) => row.gpu === gpu) ?? [];
  if (claim === null || rows.length === 0 || claim.gpuSlots === 0) {
    const wouldChange = ["a running job ends, or the node is given more slots"];
    return { verdict: `${gpu} offers no slot now`, rule: "no-slot", wouldChange };
  }
  const shut = rows.filter(({ bytes }) => bytes === 0).map(({ priority }) => priority);
  if (shut.length === 0) return { verdict: `${gpu} may take work`, rule: "clear", wouldChange: [] };
  const wouldChange = [`VRAM is freed: \`spiral gpu eviction-candidates --node ${node}\``];
  return {
    verdict: `${gpu} takes no ${shut.join(", ")} work: its gates are shut`,
    rule: "gate",
    wouldChange,
  };
}

function cardEvidence(
  { soft }: HubCore,
  { node, claim }: NodeSession,
  gpu: string,
  { bootMs }: Now,
): readonly Evidence[] {
  const telemetry = soft.telemetry.get(node);
  const ageMs = bootMs - (telemetry?.receivedBootMs ?? bootMs);
  const reading = telemetry?.frame.gpus.find(({ uuid }) => uuid === gpu);
  const note = telemetry?.frame.notes.find((each) => each.gpu === gpu);
  const facts: Evidence[] = [];
  if (reading !== undefined) {
    const used = reading.usedBytes === null ? "unknown" : mib(reading.usedBytes);
    facts.push({ name: "VRAM", value: `${used} of ${mib(reading.totalBytes)} used`, ageMs });
    if (reading.temperatureC !== null)
      facts.push({ name: "temperature", value: `${reading.temperatureC} °C`, ageMs });
  }
  for (const priority of PRIORITIES) {
    const row = claim?.headroom.find((each) => each.gpu === gpu && each.priority === priority);
    if (row !== undefined)
      facts.push({ name: `gate ${priority}`, value: `room for ${mib(row.bytes)}`, ageMs: 0 });
  }
  for (const { pid, name, bytes } of note?.foreign ?? [])
    facts.push({ name: "foreign VRAM", value: `${mib(bytes)} of pid ${pid} (${name ?? "unknown"})`, ageMs });
  if (note !== undefined && note.leakedBytes > 0)
    facts.push({ name: "leaked VRAM", value: mib(note.leakedBytes), ageMs });
  return facts;
}

function mib(bytes: number): string {
  return `${Math.floor(bytes / 1024 ** 2)} MiB`;
}
