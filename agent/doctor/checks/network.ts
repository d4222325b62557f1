/** Network checks: the ports of a hub, and whether the hub of this box can be reached. */
import { type Finding, fail, note, ok, warn } from "../finding.ts";
import type { Seen } from "../seen.ts";

export const PORTS = [
  { port: 9820, use: "gRPC" },
  { port: 9821, use: "console" },
  { port: 9822, use: "enrolment" },
] as const;

export interface Listener {
  readonly port: number;
  /** Null where the process belongs to somebody else. */
  readonly pid: number | null;
  readonly command: string | null;
  /** A program of this package. */
  readonly isOurs: boolean;
}

export interface NetworkFacts {
  /** Whoever listens on a port of ours. */
  readonly listeners: Seen<readonly Listener[]>;
  /** This root has been served by a hub: only then are the ports needed here. */
  readonly isHubBox: boolean;
  readonly hub: HubFacts;
  /** What the hub would tell a person now; null where nobody may ask it or it is not there. */
  readonly warnings: Seen<readonly string[]> | null;
}

export type HubFacts =
  | { readonly kind: "none" }
  | { readonly kind: "unusable"; readonly problem: string }
  | { readonly kind: "reached"; readonly address: string; readonly source: string }
  | { readonly kind: "silent"; readonly address: string; readonly source: string; readonly reason: string };

export function checkPorts({ listeners, isHubBox }: NetworkFacts): Finding {
  const id = "network.ports";
  const all = PORTS.map(({ port }) => port).join(", ");
  if (listeners.kind === "unseen") {
    return note(id, `whether ${all} are free is unknown`, { evidence: [listeners.reason] });
  }
  const taken = listeners.value.filter(({ isOurs }) => !isOurs);
  const ours = listeners.value.filter(({ isOurs }) => isOurs);
  const evidence = [...taken, ...ours].map(listenerLine);
  if (taken.length === 0) {
    const title = ours.length === 0 ? `ports ${all} are free` : `ports ${all} are free or ours`;
    return ok(id, title, evidence);
  }
  const title = "another program listens on a port of the hub";
  const cure = "end it, or give the hub another port: spiral hub serve --port N";
  return isHubBox ? warn(id, title, { evidence, cure }) : note(id, title, { evidence });
}

/** A command that the hub names as what helps. */
const COMMAND = /`([^`]+)`/;
const TITLE_LENGTH = 100;

/** One finding for each warning of the hub: SAFE, the panic guard, a refused agent, a bad document, a full disk. */
export function checkWarnings({ warnings }: NetworkFacts): readonly Finding[] {
  const id = "network.fleet";
  if (warnings === null) return [];
  if (warnings.kind === "unseen")
    return [note(id, "what the hub warns of is unknown", { evidence: [warnings.reason] })];
  if (warnings.value.length === 0) return [ok(id, "the hub warns of nothing")];
  return warnings.value.map((text) => {
    const [head = text] = text.split(/[:;]/);
    const title = `the hub warns: ${head.slice(0, TITLE_LENGTH)}`;
    return warn(id, title, { evidence: [text], cure: COMMAND.exec(text)?.[1] ?? "spiral status" });
  });
}

function listenerLine({ port, pid, command, isOurs }: Listener): string {
  const use = PORTS.find((each) => each.port === port)?.use ?? "hub";
  const who = pid === null ? "a process of another user" : `pid ${pid} (${command ?? "name unknown"})`;
  return `${port} (${use}): ${who}${isOurs ? ", ours" : ""}`;
}

/** A hub that is away is a normal state: it warns, because the node then finishes work and begins none. */
export function checkHub({ hub }: NetworkFacts): Finding {
  const id = "network.hub";
  switch (hub.kind) {
    case "none":
      return note(id, "no hub is named here", {
        evidence: ["neither --hub, SPIRAL_HUB, agent.json nor ROOT/hub/endpoint.json names one"],
        cure: "spiral hub serve on this box, or --hub HOST:PORT",
      });
    case "unusable":
      return fail(id, "the hub's address cannot be used", {
        evidence: [hub.problem],
        cure: "correct it, or name the hub with --hub HOST:PORT",
      });
    case "reached":
      return ok(id, `a hub answers at ${hub.address}`, [`named by ${hub.source}`]);
    case "silent":
      return warn(id, `no hub answers at ${hub.address}: running work goes on, nothing new begins`, {
        evidence: [`named by ${hub.source}`, hub.reason],
        cure: "start it with spiral hub serve; from another box look at the tunnel and the firewall",
      });
  }
}
