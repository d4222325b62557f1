/**
 * Bulk service: one stream on which an agent sends outputs and fetches inputs, one after another. Whatever is
 * wrong with a transfer is said in a failure and the stream goes on; nothing that a peer sends ends more
 * than its own stream. Who may upload is asked at every opening and again at the commit.
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { isDiskFull } from "../../shared/disk-full.ts";
import { describeError, FleetError } from "../../shared/errors.ts";
import { assertNever } from "../../shared/invariant.ts";
import type { Log } from "../../shared/log.ts";
import { createLoop, type Loop } from "../../shared/loop.ts";
import type { BulkDown, BulkFailureCode, BulkUp } from "../../shared/model/bulk.ts";
import { MESSAGE_LIMITS } from "../../shared/model/messages.ts";
import { createSerial } from "../../shared/serial.ts";
import {
  type BulkUp__Output,
  decodeBulkUp,
  encodeBulkDown,
  type WireDown,
} from "../../shared/wire/bulk-codec.ts";
import type { Upload } from "../artifacts/staging.ts";
import type { ArtifactStore, StagedOutputs } from "../artifacts/store.ts";
import type { Principal } from "./ports.ts";
import type { OpenHandler, OpenStream, StreamOwner } from "./stream.ts";

export interface BulkOptions {
  readonly store: Pick<ArtifactStore, "beginUpload" | "commit" | "resolve">;
  /** Whether this session id is live and belongs to the node. */
  readonly isLive: (sessionId: string, node: string) => boolean;
  /** Whether the token is the current one of its job and leased to the node. */
  readonly mayUpload: (node: string, token: number) => boolean;
  /** An upload of the node was let in; told at each opening. */
  readonly onUpload: (node: string, token: number) => void;
  /** Whether nobody can say that now: it is to be tried again. */
  readonly isInDoubt?: (token: number) => boolean;
  /** The outputs of a token are complete and durable; the agent hears of it when this has resolved. */
  readonly onStaged: (staged: StagedOutputs) => void | Promise<void>;
  /** A stream on which nothing moves is closed after one to two such periods. */
  readonly idleMs: number;
  readonly log: Log;
}

interface Connection {
  readonly stream: OpenStream<WireDown>;
  readonly node: string;
  readonly options: BulkOptions;
  /** As the last opening named it. */
  sessionId: string;
  /** The file that chunks belong to. */
  upload: { readonly handle: Upload; readonly bytes: number } | null;
  /** Chunks sent before their sender heard of a failure are dropped up to the next opening. */
  isSkipping: boolean;
  /** Something was received or sent since the last look. */
  isMoving: boolean;
  /** The hub is working; the peer is not to blame for silence. */
  isOurTurn: boolean;
  isEnded: boolean;
  /** Lets a writer go on that waits for the peer to read. */
  wakeWriter: () => void;
}

/** The handler of the Bulk method. */
export function createBulk(options: BulkOptions): OpenHandler<BulkUp__Output, WireDown> {
  return (principal, stream) => openBulk(principal, stream, options);
}

function openBulk(
  principal: Principal,
  stream: OpenStream<WireDown>,
  options: BulkOptions,
): StreamOwner<BulkUp__Output> {
  const serial = createSerial();
  const connection: Connection = {
    stream,
    node: principal.id,
    options,
    sessionId: "",
    upload: null,
    isSkipping: false,
    isMoving: true,
    isOurTurn: false,
    isEnded: false,
    wakeWriter: () => {},
  };
  const onEnd = (): void => {
    connection.isEnded = true;
    connection.wakeWriter();
    void idle.stop();
    void serial(() => closeUpload(connection));
  };
  const idle = watchIdle(connection, onEnd);
  return {
    onMessage: (wire) => {
      stream.pause();
      void serial(() => receive(connection, wire)).then(stream.resume);
    },
    onDrain: () => connection.wakeWriter(),
    onEnd,
  };
}

function watchIdle(connection: Connection, onIdle: () => void): Loop {
  return createLoop({
    everyMs: connection.options.idleMs,
    run: () => {
      const isIdle = !connection.isMoving && !connection.isOurTurn;
      connection.isMoving = false;
      if (!isIdle) return;
      connection.stream.end();
      onIdle();
    },
    onError: (error) => logFailure(connection, error),
  });
}

/** Never rejects: a stream that breaks meanwhile is reopened by its agent, which goes on where it ended. */
async function receive(connection: Connection, wire: BulkUp__Output): Promise<void> {
  if (connection.isEnded) return;
  connection.isMoving = true;
  connection.isOurTurn = true;
  const replies = await answer(connection, wire).catch((error) => [toFailure(connection, error)]);
  for (const reply of replies) {
    if (reply.kind === "failure") {
      connection.isSkipping = true;
      await closeUpload(connection);
    }
    await send(connection, reply);
  }
  connection.isOurTurn = false;
}

async function answer(connection: Connection, wire: BulkUp__Output): Promise<readonly BulkDown[]> {
  const message = decodeBulkUp(wire);
  switch (message.kind) {
    case "upload":
      return openUpload(connection, message);
    case "chunk":
      return appendChunk(connection, message.data);
    case "commit":
      return commit(connection, message.token, message.manifestText);
    case "fetch":
      return sendFile(connection, message);
    case "ack":
      return [];
    default:
      return assertNever(message);
  }
}

async function openUpload(
  connection: Connection,
  message: Extract<BulkUp, { kind: "upload" }>,
): Promise<readonly BulkDown[]> {
  await reopen(connection, message.sessionId);
  const refusal = refuseUpload(connection, message.token);
  if (refusal !== null) return [refusal];
  connection.options.onUpload(connection.node, message.token);
  const { bytes } = message.file;
  const handle = await connection.options.store.beginUpload(message.token, message.file);
  connection.upload = { handle, bytes };
  const resume: BulkDown = { kind: "resume", offset: handle.offset, bytes };
  return [resume, ...(await finishWhenComplete(connection))];
}

async function appendChunk(connection: Connection, data: Uint8Array): Promise<readonly BulkDown[]> {
  if (connection.isSkipping) return [];
  if (connection.upload === null) return [failure("invalid", "a chunk without an opening")];
  await connection.upload.handle.append(data);
  return finishWhenComplete(connection);
}

async function finishWhenComplete(connection: Connection): Promise<readonly BulkDown[]> {
  const { upload } = connection;
  if (upload === null || upload.handle.offset < upload.bytes) return [];
  connection.upload = null;
  const isAsAnnounced = await upload.handle.finish();
  return [
    isAsAnnounced
      ? { kind: "ack", offset: upload.bytes }
      : failure("mismatch", "the content does not have the announced sha256"),
  ];
}

async function commit(connection: Connection, token: number, text: string): Promise<readonly BulkDown[]> {
  await reopen(connection, connection.sessionId);
  const refusal = refuseUpload(connection, token);
  if (refusal !== null) return [refusal];
  const { node, options } = connection;
  const staged = await options.store.commit(token, text);
  await options.onStaged(staged);
  const bytes = staged.files.reduce((sum, file) => sum + file.bytes, 0);
  const fields = { event: "bulk.received", node, token, files: staged.files.length, bytes } as const;
  options.log.info(fields, "the outputs of an attempt have arrived");
  return [{ kind: "ack", offset: bytes }];
}

async function sendFile(
  connection: Connection,
  message: Extract<BulkUp, { kind: "fetch" }>,
): Promise<readonly BulkDown[]> {
  await reopen(connection, message.sessionId);
  if (!isLive(connection)) return [DETACHED];
  const path = connection.options.store.resolve(message.sha256);
  const file = path === null ? null : await openPublished(path);
  if (file === null) return [failure("notFound", `no published file has sha256 ${message.sha256}`)];
  try {
    const bytes = (await file.stat()).size;
    if (message.offset > bytes) return [failure("invalid", `the file has ${bytes} bytes`)];
    await send(connection, { kind: "resume", offset: message.offset, bytes });
    for (let offset = message.offset; offset < bytes; ) {
      const size = Math.min(MESSAGE_LIMITS.chunkBytes, bytes - offset);
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(size), 0, size, offset);
      if (bytesRead === 0) throw new FleetError("unavailable", `${path} became shorter while it was sent`);
      if (connection.isEnded) return [];
      await send(connection, { kind: "chunk", data: buffer.subarray(0, bytesRead) });
      offset += bytesRead;
    }
    return [];
  } finally {
    await file.close();
  }
}

async function openPublished(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** A new transfer begins: one that was not finished is kept for another time. */
async function reopen(connection: Connection, sessionId: string): Promise<void> {
  await closeUpload(connection);
  connection.sessionId = sessionId;
  connection.isSkipping = false;
}

async function closeUpload(connection: Connection): Promise<void> {
  const { upload } = connection;
  connection.upload = null;
  await upload?.handle.close().catch((error) => logFailure(connection, error));
}

const DETACHED = failure("detached", "the session of this transfer is not the node's live one");

function refuseUpload(connection: Connection, token: number): BulkDown | null {
  if (!isLive(connection)) return DETACHED;
  if (connection.options.mayUpload(connection.node, token)) return null;
  if (connection.options.isInDoubt?.(token) === true)
    return failure("detached", `token ${token} is of a time that this hub does not know: it is SAFE`);
  return failure("stale", `token ${token} is not a current lease of ${connection.node}`);
}

function isLive({ options, sessionId, node }: Connection): boolean {
  return options.isLive(sessionId, node);
}

function failure(code: BulkFailureCode, message: string): BulkDown {
  return { kind: "failure", code, message };
}

function toFailure(connection: Connection, error: unknown): BulkDown {
  if (error instanceof FleetError && error.code === "invalid") return failure("invalid", error.message);
  if (isDiskFull(error)) {
    const { node, options } = connection;
    options.log.warn({ event: "bulk.failed", node, reason: describeError(error) }, "the disk is full");
    return failure("unavailable", "the disk of the hub is full");
  }
  logFailure(connection, error);
  return failure("unavailable", "the hub could not do this: see its log");
}

function logFailure({ node, options }: Connection, error: unknown): void {
  options.log.error({ event: "bulk.failed", node, err: error }, "a transfer failed on the hub's side");
}

/** Waits until the peer has read enough for more; meanwhile it is the peer's turn. */
async function send(connection: Connection, message: BulkDown): Promise<void> {
  if (!connection.isEnded && !connection.stream.write(encodeBulkDown(message))) {
    connection.isOurTurn = false;
    await new Promise<void>((resolve) => {
      connection.wakeWriter = resolve;
    });
    connection.isOurTurn = true;
  }
  connection.isMoving = true;
}
