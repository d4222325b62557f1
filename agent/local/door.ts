/**
 * Door: who comes in. Every connection is asked for its credentials before a byte of it is read, and carries
 * them from then on; a client that may not come in is told so on each call instead of being cut off without
 * a word, but holds no more than a few places while it listens.
 */
import type { Socket } from "node:net";
import { describeError, FleetError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { type PeerCredentials, peerCredentials } from "../../shared/native/peer-credentials.ts";
import type { ProcessTable } from "../process/proc.ts";
import type { Peer } from "./desk.ts";
import type { Holder } from "./tenants.ts";

/** Who may use the local service besides root and the agent's own user. */
export interface DoorPolicy {
  readonly uids: readonly number[];
  /** Main or supplementary. */
  readonly gids: readonly number[];
}

export interface Caller extends Holder {
  /** Root, or the user that the agent runs as. */
  readonly isOperator: boolean;
}

export interface Door {
  /** The name of a new connection, or null when there is no place for it and it was closed. */
  enter(socket: Socket): string | null;
  /** Who calls under this name. Throws "permissionDenied", or "unavailable" when the connection has gone. */
  callerOf(name: string): Caller;
  closeAll(): void;
}

export interface DoorOptions {
  readonly policy: DoorPolicy;
  readonly processes: ProcessTable;
  readonly log: Log;
  readonly onClosed: (connection: number) => void;
}

/** Connections at once; each costs some 90 kB. */
export const MAX_CONNECTIONS = 4096;
/** Of those, held by users who may not come in. */
export const MAX_REFUSED = 16;

interface Entry {
  readonly caller: Caller;
  readonly isAllowed: boolean;
  readonly socket: Socket;
}

export function createDoor({ policy, processes, log, onClosed }: DoorOptions): Door {
  const entries = new Map<string, Entry>();
  let lastConnection = 0;
  let refused = 0;
  const mayEnter = (isAllowed: boolean): boolean =>
    entries.size < MAX_CONNECTIONS && (isAllowed || refused < MAX_REFUSED);
  return {
    enter: (socket) => {
      socket.on("error", () => socket.destroy());
      const credentials = readCredentials(socket, log);
      const isAllowed = credentials !== null && isWelcome(policy, credentials);
      if (credentials === null || !mayEnter(isAllowed)) {
        socket.destroy();
        return null;
      }
      const connection = ++lastConnection;
      const name = `local/${connection}`;
      const { pid, uid, gid } = credentials;
      const peer: Peer = { pid, uid, gid, startTicks: processes.stat(pid)?.startTicks ?? null };
      entries.set(name, { caller: { connection, peer, isOperator: isOperator(uid) }, isAllowed, socket });
      if (!isAllowed) {
        refused += 1;
        log.warn({ event: "call.refused", ...peer }, "a user who may not use the local service connected");
      }
      socket.on("close", () => {
        entries.delete(name);
        if (!isAllowed) refused -= 1;
        onClosed(connection);
      });
      return name;
    },
    callerOf: (name) => {
      const entry = entries.get(name);
      if (entry === undefined) throw new FleetError("unavailable", "the connection has gone");
      const { uid } = entry.caller.peer;
      if (entry.isAllowed) return entry.caller;
      throw new FleetError(
        "permissionDenied",
        `uid ${uid} may not use this agent: ask for a place in its uids`,
      );
    },
    closeAll: () => {
      for (const { socket } of entries.values()) socket.destroy();
    },
  };
}

function isOperator(uid: number): boolean {
  return uid === 0 || uid === process.getuid?.();
}

function isWelcome({ uids, gids }: DoorPolicy, { uid, gid, groups }: PeerCredentials): boolean {
  return isOperator(uid) || uids.includes(uid) || [gid, ...groups].some((group) => gids.includes(group));
}

/** Null when the kernel tells nothing: whoever cannot be named does not come in. */
function readCredentials(socket: Socket, log: Log): PeerCredentials | null {
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly fd: number } | null };
  try {
    return handle ? peerCredentials(handle.fd) : null;
  } catch (error) {
    log.error({ event: "call.failed", reason: describeError(error) }, "a client could not be named");
    return null;
  }
}
