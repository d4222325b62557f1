/** Namespace: a network of its own for one agent, joined to this machine by a veth pair that can be unplugged. */
import { spawnSync } from "node:child_process";

export interface Namespace {
  /** Address on this side, where the agent finds its wire to the hub. */
  readonly host: string;
  /** What comes before the agent's command line. */
  readonly prefix: readonly string[];
  plug(isUp: boolean): void;
  remove(): void;
}

/** @returns why there is none where this machine lets nobody make one. */
export function openNamespace(name: string, subnet: number): Namespace | { readonly missing: string } {
  const veth = `${name}h`;
  const host = `10.213.${subnet}.1`;
  const setUp = [
    ["netns", "add", name],
    ["link", "add", veth, "type", "veth", "peer", "name", "eth0", "netns", name],
    ["addr", "add", `${host}/30`, "dev", veth],
    ["link", "set", veth, "up"],
    ["-n", name, "addr", "add", `10.213.${subnet}.2/30`, "dev", "eth0"],
    ["-n", name, "link", "set", "eth0", "up"],
    ["-n", name, "link", "set", "lo", "up"],
  ];
  const remove = (): void => void ip(["netns", "del", name]);
  for (const args of setUp) {
    const problem = ip(args);
    if (problem === null) continue;
    remove();
    return { missing: `ip ${args.join(" ")}: ${problem}` };
  }
  return {
    host,
    prefix: ["nsenter", `--net=/run/netns/${name}`],
    plug: (isUp) => void ip(["-n", name, "link", "set", "eth0", isUp ? "up" : "down"]),
    remove,
  };
}

function ip(args: readonly string[]): string | null {
  const { status, stderr, error } = spawnSync("ip", args, { encoding: "utf8" });
  return status === 0 ? null : (stderr ?? "").trim() || (error?.message ?? "failed");
}
