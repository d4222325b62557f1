/**
 * Settings: what every verb knows before it starts. Flags win over the environment, the environment over
 * defaults; the hub is wherever `--hub`, then SPIRAL_HUB, then the root's own endpoint.json say (DESIGN 8).
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { FleetError } from "../../shared/errors.ts";
import { fileProblem } from "../../shared/file-problem.ts";
import { isJsonObject } from "../../shared/json.ts";
import { AGENT_SOCKET_VARIABLE } from "../../shared/local-client/socket-path.ts";
import { ADDRESSES_FORM, splitAddresses } from "../../shared/model/hub-book.ts";

export const ROLES = ["operator", "viewer"] as const;
export type Role = (typeof ROLES)[number];

/** The flags that every verb takes, as commander reads them. */
export interface GlobalFlags {
  readonly root?: string;
  readonly hub?: string;
  readonly as?: Role;
  readonly json?: boolean;
  /** False with `--no-color`. */
  readonly color?: boolean;
}

export interface Settings {
  /** Absolute. */
  readonly root: string;
  /** HOST:PORT that a person named, or several with commas between them; null = whatever the root's endpoint.json records. */
  readonly namedHub: string | null;
  /** Path of the one agent socket to use; null = whatever is below the root. */
  readonly agentSocket: string | null;
  readonly role: Role;
  readonly isJson: boolean;
  readonly mayColour: boolean;
  /** The flags that lead a next command to the same hub, with a leading space, or "". */
  readonly again: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function readSettings(flags: GlobalFlags, env: Environment): Settings {
  const again = [
    flags.root === undefined ? "" : ` --root ${flags.root}`,
    flags.hub === undefined ? "" : ` --hub ${flags.hub}`,
  ];
  return {
    root: resolve(flags.root ?? (env["SPIRAL_ROOT"] || join(homedir(), "spiral"))),
    namedHub: flags.hub ?? (env["SPIRAL_HUB"] || null),
    agentSocket: env[AGENT_SOCKET_VARIABLE] || null,
    role: flags.as ?? "operator",
    isJson: flags.json === true,
    mayColour: flags.color !== false && !env["NO_COLOR"] && env["TERM"] !== "dumb",
    again: again.join(""),
  };
}

/**
 * Where the hub may be. Throws "unavailable" when no hub ever served the root, "permissionDenied" when this user may
 * not know, "invalid" for a bad address.
 */
export function locateHub({ root, namedHub }: Settings): readonly string[] {
  if (namedHub !== null) {
    const addresses = splitAddresses(namedHub);
    if (addresses !== null) return addresses;
    throw new FleetError("invalid", `the hub's address ${ADDRESSES_FORM}, got "${namedHub}"`);
  }
  const path = join(root, "hub/endpoint.json");
  const text = readIfThere(path);
  if (text === null) throw new FleetError("unavailable", `no hub has served ${root}: ${startHub(root)}`);
  return [readEndpoint(path, text)];
}

/** How a person starts the hub of a root. */
export function startHub(root: string): string {
  // The leader of several wrote it; one more is started otherwise than a hub that is alone.
  if (existsSync(join(root, "hub", "journal.id")))
    return `several hubs share ${root}: another takes over within 10 s; where none stands by, start one with \`spiral hub serve --root ${root} --journal postgres://…\``;
  return `start one with \`spiral hub serve --root ${root}\`, or name another with --root or --hub`;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw fileProblem(path, error);
  }
}

function readEndpoint(path: string, text: string): string {
  try {
    const endpoint: unknown = JSON.parse(text);
    if (isJsonObject(endpoint)) {
      const address = `${endpoint["host"]}:${endpoint["port"]}`;
      if (splitAddresses(address)?.length === 1) return address;
    }
  } catch (error) {
    throw new FleetError("config", `${path} cannot be read: name the hub with --hub HOST:PORT`, error);
  }
  throw new FleetError("config", `${path} names no HOST and PORT: name the hub with --hub HOST:PORT`);
}
