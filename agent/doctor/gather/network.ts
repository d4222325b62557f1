/** Looks at the hub's ports, by /proc and without opening one, and asks the hub for a sign of life. */
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject, type Json } from "../../../shared/json.ts";
import { splitAddresses } from "../../../shared/model/hub-book.ts";
import { readSecret, viewerSecretPath } from "../../../shared/wire/secret.ts";
import { askWarnings } from "../../link/hub-warnings.ts";
import { preflight } from "../../link/preflight.ts";
import { type HubFacts, type Listener, type NetworkFacts, PORTS } from "../checks/network.ts";
import { look, lookAtText } from "./files.ts";
import { argvOf, isOurProgram, programText } from "./processes.ts";

export interface NamedHub {
  /** `host:port`, or several with commas between them. */
  readonly address: string;
  /** Where a person said it. */
  readonly source: string;
}

export async function lookAtNetwork(root: string, named: NamedHub | null): Promise<NetworkFacts> {
  const endpoint = await readEndpoint(root);
  const hub = await lookAtHub(named ?? (endpoint.kind === "address" ? endpoint : null));
  const isUnusable = named === null && endpoint.kind === "unusable";
  const listeners = await look(() => findListeners(PORTS.map(({ port }) => port)));
  const warnings = hub.kind === "reached" ? await lookAtWarnings(root, hub.address) : null;
  return { listeners, isHubBox: endpoint.kind !== "none", hub: isUnusable ? endpoint : hub, warnings };
}

/** Null on a box without the viewer's secret: that of a node. */
async function lookAtWarnings(root: string, address: string): Promise<NetworkFacts["warnings"]> {
  const path = viewerSecretPath(root);
  if (!existsSync(path)) return null;
  return look((signal) => askWarnings(address, readSecret(path), signal), HUB_DEADLINE_MS);
}

type Endpoint =
  | { readonly kind: "none" }
  | { readonly kind: "unusable"; readonly problem: string }
  | ({ readonly kind: "address" } & NamedHub);

async function readEndpoint(root: string): Promise<Endpoint> {
  const path = join(root, "hub/endpoint.json");
  const text = await lookAtText(path);
  if (text.kind === "unseen") return { kind: "unusable", problem: `${path}: ${text.reason}` };
  if (text.value === null) return { kind: "none" };
  try {
    const value = JSON.parse(text.value) as Json;
    const { host, port } = isJsonObject(value) ? value : {};
    if (typeof host === "string" && typeof port === "number") {
      return { kind: "address", address: `${host}:${port}`, source: path };
    }
  } catch {
    // Not JSON: the same as JSON that names nothing.
  }
  return { kind: "unusable", problem: `${path} names no host and port` };
}

const HUB_DEADLINE_MS = 3_000;

async function lookAtHub(named: NamedHub | null): Promise<HubFacts> {
  if (named === null) return { kind: "none" };
  const reasons: string[] = [];
  for (const address of splitAddresses(named.address) ?? [named.address]) {
    const answer = await look((signal) => preflight(address, HUB_DEADLINE_MS, signal), HUB_DEADLINE_MS * 2);
    if (answer.kind === "seen") return { ...named, address, kind: "reached" };
    reasons.push(answer.reason);
  }
  return { ...named, kind: "silent", reason: reasons.join("; ") };
}

async function findListeners(ports: readonly number[]): Promise<readonly Listener[]> {
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/net/${name}`, "latin1").catch(() => "")),
  );
  if (tables.every((text) => text === "")) throw new Error("/proc/net/tcp cannot be read");
  const found = new Map(tables.flatMap(parseListeners).map((each) => [each.port, each.inode]));
  const wanted = [...found].filter(([port]) => ports.includes(port));
  const owners =
    wanted.length === 0 ? new Map<string, number>() : ownersOf(new Set(wanted.map(([, inode]) => inode)));
  return wanted
    .map(([port, inode]) => {
      const pid = owners.get(inode) ?? null;
      const argv = pid === null ? [] : argvOf(pid);
      return { port, pid, command: argv.length === 0 ? null : programText(argv), isOurs: isOurProgram(argv) };
    })
    .sort((a, b) => a.port - b.port);
}

const LISTENING = "0A";

/** Port and socket inode of each line of /proc/net/tcp that listens. */
export function parseListeners(table: string): readonly { readonly port: number; readonly inode: string }[] {
  return table.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, local = "", , state] = fields;
    const port = Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16);
    const inode = fields[9];
    return state === LISTENING && inode !== undefined && port > 0 ? [{ port, inode }] : [];
  });
}

/** Pid by socket inode, as far as this user may see. */
function ownersOf(inodes: ReadonlySet<string>): ReadonlyMap<string, number> {
  const owners = new Map<string, number>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    for (const link of socketsOf(pid)) if (inodes.has(link)) owners.set(link, Number(pid));
  }
  return owners;
}

function socketsOf(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readlink(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    return []; // another user's, or it has just ended
  }
}

function readlink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // closed meanwhile
  }
}
