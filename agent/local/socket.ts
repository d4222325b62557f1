/**
 * Socket: the place in the file system where an agent is found. The name appears only when somebody listens
 * behind it with the right mode, it replaces what a dead agent left and nothing else, and it never takes a
 * living agent's place.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, linkSync, lstatSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { FleetError } from "../../shared/errors.ts";

export interface SocketOptions {
  /** Absolute; its directory is made with mode 0700 when it is missing. */
  readonly path: string;
  /** Group that may connect besides the owner; null leaves the owner's group. */
  readonly groupId: number | null;
  readonly onConnection: (socket: Socket) => void;
}

export interface ListeningSocket {
  /** Removes the name and accepts nobody any more; connections stay with their owner. */
  close(): Promise<void>;
}

const SOCKET_MODE = 0o660;
const DIRECTORY_MODE = 0o700;
const WRITABLE_BY_OTHERS = 0o022;
/** sun_path of unix(7), less its closing zero. */
const MAX_PATH_BYTES = 107;

/** Throws FleetError "config" for a place that cannot be used, "unavailable" when an agent lives there. */
export async function listenAt({ path, groupId, onConnection }: SocketOptions): Promise<ListeningSocket> {
  checkPlace(path);
  await removeStale(path);
  const server = createServer(onConnection);
  const scratch = join(dirname(path), `.${randomBytes(3).toString("hex")}`);
  await listen(server, scratch);
  try {
    chmodSync(scratch, SOCKET_MODE);
    if (groupId !== null) chownSync(scratch, -1, groupId);
    linkSync(scratch, path);
  } catch (error) {
    server.close();
    throw (error as NodeJS.ErrnoException).code === "EEXIST" ? taken(path) : error;
  } finally {
    rmSync(scratch, { force: true });
  }
  const { ino } = statSync(path);
  return { close: () => close(server, path, ino) };
}

function checkPlace(path: string): void {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new FleetError("config", `${path}: longer than ${MAX_PATH_BYTES} bytes; choose a shorter root`);
  }
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
  if ((statSync(directory).mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new FleetError("config", `${directory} is writable by others: chmod 0750 it`);
  }
}

/** Removes a socket behind which nobody listens. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new FleetError("config", `${path} is there and no socket: move it away`);
  if (await isListening(path)) throw taken(path);
  const aside = `${path}.${randomBytes(3).toString("hex")}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    // Whoever removed it is starting just now as well; the link decides between us.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  // Another agent may have come between the look and the rename: what is not what we saw goes back.
  if (lstatSync(aside).ino !== found.ino) {
    linkSync(aside, path);
    rmSync(aside);
    throw taken(path);
  }
  rmSync(aside);
}

function taken(path: string): FleetError {
  return new FleetError("unavailable", `another agent serves ${path}; stop it or choose another root`);
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect(path);
    probe.on("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve(false);
      else reject(new FleetError("config", `${path}: cannot tell whether an agent serves it`, error));
    });
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function close(server: Server, path: string, ino: number): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path, { force: true });
  server.close();
}
