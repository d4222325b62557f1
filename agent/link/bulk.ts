/**
 * Bulk client: brings inputs and takes outputs, one file after another on a stream that is opened when it is
 * needed and closed when it is idle. A transfer that is cut off goes on where it stopped; one that is refused
 * for good says so at once.
 */
import { createHash } from "node:crypto";
import { open, rename } from "node:fs/promises";
import { join } from "node:path";
import { FleetError } from "../../shared/errors.ts";
import { createLoop, delay } from "../../shared/loop.ts";
import type { BulkDown } from "../../shared/model/bulk.ts";
import type { OutputFile } from "../../shared/model/job.ts";
import { manifestText } from "../../shared/model/manifest.ts";
import { MESSAGE_LIMITS } from "../../shared/model/messages.ts";
import { type Content, openPart } from "../../shared/part-file.ts";
import type { Rng } from "../../shared/rng.ts";
import { createSerial } from "../../shared/serial.ts";
import { redialDelayMs, refusedDelayMs } from "./backoff.ts";
import { BulkError, type BulkStream, type BulkTarget, mayRetry, openBulkStream } from "./bulk-stream.ts";

/** Tries of one file before its owner hears of it; the owner tries again when the session is back. */
const BULK_TRIES = 5;

export interface BulkClientOptions extends BulkTarget {
  /** The live session, or null while the agent is not attached. */
  readonly sessionId: () => string | null;
  readonly rng: Rng;
}

export interface BulkClient {
  /** Brings a published file to `toPath`, whole and verified or not at all.
   * @throws BulkError "notFound"; any error that `mayRetry` accepts is worth another call later. */
  fetch(content: Content, toPath: string): Promise<void>;
  /** Takes all outputs of an attempt (one at least) to the hub; resolves when they are durable there.
   * @throws BulkError "stale": nobody will ever want them; any error that `mayRetry` accepts: try later. */
  upload(outputs: AttemptOutputs): Promise<{ readonly manifestSha256: string }>;
  /** Final: transfers under way fail. */
  stop(): Promise<void>;
}

export interface AttemptOutputs {
  readonly token: number;
  readonly directory: string;
  readonly files: readonly OutputFile[];
}

/** What one transfer works with. */
interface Transfer {
  readonly stream: BulkStream;
  readonly sessionId: string;
  /** Which session the last opening on this stream has named, null before the first. */
  readonly named: { sessionId: string | null };
}

export function createBulkClient(options: BulkClientOptions): BulkClient {
  const { timing, rng } = options;
  const redial = { minMs: timing.reconnectMinMs, maxMs: timing.reconnectMaxMs };
  const serial = createSerial();
  const stopping = new AbortController();
  let stream: BulkStream | null = null;
  let named: Transfer["named"] = { sessionId: null };
  let isUsed = false;

  const drop = (): void => {
    stream?.close();
    stream = null;
    named = { sessionId: null };
  };
  const once = async <T>(transfer: (on: Transfer) => Promise<T>): Promise<T> => {
    if (stopping.signal.aborted) throw new FleetError("unavailable", "the agent is stopping");
    const sessionId = options.sessionId();
    if (sessionId === null) throw new FleetError("unavailable", "the agent is not attached to the hub");
    stream ??= await openBulkStream(options, stopping.signal);
    return transfer({ stream, sessionId, named });
  };
  const persist = async <T>(transfer: (on: Transfer) => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      let waitMs = refusedDelayMs(redial, rng);
      isUsed = true;
      try {
        return await once(transfer);
      } catch (error) {
        if (!isAnswer(error)) {
          drop();
          waitMs = redialDelayMs(redial, tries - 1, rng);
        }
        if (!mayRetry(error) || tries === BULK_TRIES || stopping.signal.aborted) throw error;
      } finally {
        isUsed = true;
      }
      await delay(waitMs, stopping.signal);
    }
  };
  const queued = <T>(transfer: (on: Transfer) => Promise<T>): Promise<T> => serial(() => persist(transfer));
  const idle = createLoop({
    everyMs: timing.bulkIdleMs,
    run: () =>
      serial(async () => {
        if (!isUsed) drop();
        isUsed = false;
      }),
    onError: drop,
  });

  return {
    fetch: (content, toPath) => queued((on) => fetchFile(on, content, toPath)),
    upload: async (outputs) => {
      for (const file of outputs.files) await queued((on) => sendFile(on, outputs, file));
      const text = manifestText(outputs.files);
      await queued((on) => commit(on, outputs, text));
      return { manifestSha256: createHash("sha256").update(text).digest("hex") };
    },
    stop: async () => {
      stopping.abort();
      drop();
      await idle.stop();
      await serial(async () => drop());
    },
  };
}

/**
 * Whether the hub has refused the transfer and reads on; after any other failure the two sides may disagree on where
 * they are. A hub with a full disk refuses every transfer of every node: new connections would be the larger trouble.
 */
function isAnswer(error: unknown): boolean {
  return error instanceof BulkError && error.failure !== "mismatch";
}

async function fetchFile(
  { stream, sessionId, named }: Transfer,
  content: Content,
  toPath: string,
): Promise<void> {
  const part = await openPart(`${toPath}.part`, content);
  try {
    if (part.offset < content.bytes) {
      await stream.send({ kind: "fetch", sessionId, sha256: content.sha256, offset: part.offset });
      const { bytes } = await expectKind(stream, "resume");
      named.sessionId = sessionId;
      if (bytes !== content.bytes) throw new BulkError("mismatch", `the hub's file has ${bytes} bytes`);
    }
    while (part.offset < content.bytes) await part.append((await expectKind(stream, "chunk")).data);
    if (!(await part.finish())) throw new BulkError("mismatch", "what was fetched has another sha256");
    await rename(`${toPath}.part`, toPath);
  } finally {
    await part.close();
  }
}

async function sendFile(
  { stream, sessionId, named }: Transfer,
  { token, directory }: AttemptOutputs,
  file: OutputFile,
): Promise<void> {
  await stream.send({ kind: "upload", sessionId, token, file });
  const { offset } = await expectKind(stream, "resume");
  named.sessionId = sessionId;
  const answer = expectKind(stream, "ack");
  let isAnswered = false;
  const settle = (): void => {
    isAnswered = true;
  };
  answer.then(settle, settle);
  const handle = await open(join(directory, file.path));
  try {
    for (let at = offset; at < file.bytes && !isAnswered; ) {
      const size = Math.min(MESSAGE_LIMITS.chunkBytes, file.bytes - at);
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(size), 0, size, at);
      if (bytesRead === 0) throw new FleetError("invalid", `${file.path} has become shorter`);
      await stream.send({ kind: "chunk", data: buffer.subarray(0, bytesRead) });
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
  await answer;
}

/** The session must have been named on this very stream: one that was opened for the commit offers a file again. */
async function commit(on: Transfer, outputs: AttemptOutputs, text: string): Promise<void> {
  const [first] = outputs.files;
  if (first !== undefined && on.named.sessionId !== on.sessionId) await sendFile(on, outputs, first);
  await on.stream.send({ kind: "commit", token: outputs.token, manifestText: text });
  await expectKind(on.stream, "ack");
}

async function expectKind<Kind extends BulkDown["kind"]>(
  stream: BulkStream,
  kind: Kind,
): Promise<Extract<BulkDown, { kind: Kind }>> {
  const message = await stream.receive();
  if (message.kind === kind) return message as Extract<BulkDown, { kind: Kind }>;
  throw new FleetError("internal", `the hub said ${message.kind} where ${kind} was due`);
}
