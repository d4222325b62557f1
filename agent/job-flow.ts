/**
 * Job flow: the slow steps of an attempt outside the core: bringing inputs, starting the process, reading what
 * it left and taking that to the hub. A step that a passing trouble stops is tried again until the core breaks
 * it off; the core decides when that is.
 */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { describeError, FleetError } from "../shared/errors.ts";
import { fitsRewritten, isJsonObject, type JsonObject } from "../shared/json.ts";
import { delay } from "../shared/loop.ts";
import type { InputFile, OutputFile } from "../shared/model/job.ts";
import { JOB_LIMITS } from "../shared/model/job.ts";
import { safeText } from "../shared/safe-text.ts";
import { mayRetry } from "./link/bulk-stream.ts";
import type { InputCache } from "./link/cache.ts";
import { hashOutputs } from "./link/outputs.ts";
import type { Uplink } from "./ports.ts";
import type { AttemptPaths } from "./process/attempt-dir.ts";
import type { Supervisor } from "./process/supervisor-port.ts";

export interface JobFlowOptions {
  readonly supervisor: Pick<Supervisor, "prepare" | "paths" | "forget">;
  readonly cache: InputCache;
  readonly upload: Uplink["bulk"]["upload"];
  /** Between two tries of a transfer. */
  readonly retryMs: number;
}

export type FetchResult =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly outcome: "declined" | "own-failure"; readonly detail: string }
  | { readonly kind: "abandoned" };

export type DeliveryResult =
  | { readonly kind: "delivered"; readonly manifestSha256: string | null; readonly result: JsonObject }
  | { readonly kind: "failed"; readonly outcome: "own-failure" | "infra-lost"; readonly detail: string }
  | { readonly kind: "abandoned" };

export interface JobFlow {
  fetch(token: number, inputs: readonly InputFile[]): Promise<FetchResult>;
  deliver(token: number): Promise<DeliveryResult>;
  /** Breaks off what is under way for this token. */
  abandon(token: number): void;
  /** Removes everything of an attempt that has ended. */
  discard(token: number): Promise<void>;
  /** The end of its output, fit for a terminal; at most 2 KiB. */
  logTail(token: number): Promise<string>;
}

const TAIL_BYTES = 2048;
/** What is left of a completion's detail beside the words around it. */
const TAIL_CHARS = 1800;

export function createJobFlow({ supervisor, cache, upload, retryMs }: JobFlowOptions): JobFlow {
  const underWay = new Map<number, AbortController>();
  /** Runs the step until it succeeds, fails for good or is abandoned (null). */
  const persist = async <T>(token: number, step: () => Promise<T>): Promise<T | null> => {
    const abandoned = new AbortController();
    underWay.set(token, abandoned);
    try {
      while (!abandoned.signal.aborted) {
        try {
          return await step();
        } catch (error) {
          if (!mayRetry(error)) throw error;
          await delay(retryMs, abandoned.signal);
        }
      }
      return null;
    } finally {
      underWay.delete(token);
    }
  };
  return {
    fetch: async (token, inputs) => {
      try {
        const paths = await supervisor.prepare(token);
        const done = await persist(token, async () => {
          await cache.provide(inputs, paths.inputs);
          return true;
        });
        return done === null ? { kind: "abandoned" } : { kind: "ready" };
      } catch (error) {
        // What the hub does not have, no node will get; anything else may be this node's own trouble.
        const isGone = error instanceof FleetError && error.code === "notFound";
        const detail = `inputs: ${describeError(error)}`;
        return { kind: "failed", outcome: isGone ? "own-failure" : "declined", detail };
      }
    },
    deliver: async (token) => {
      const paths = supervisor.paths(token);
      try {
        const result = await readResult(paths);
        const files = await hashOutputs(paths.out);
        await keepInCache(cache, paths, files);
        if (files.length === 0) return { kind: "delivered", manifestSha256: null, result };
        const sent = await persist(token, () => upload({ token, directory: paths.out, files }));
        if (sent === null) return { kind: "abandoned" };
        return { kind: "delivered", manifestSha256: sent.manifestSha256, result };
      } catch (error) {
        const isOwn = error instanceof FleetError && error.code === "invalid";
        const outcome = isOwn ? "own-failure" : "infra-lost";
        return { kind: "failed", outcome, detail: `outputs: ${describeError(error)}` };
      }
    },
    abandon: (token) => underWay.get(token)?.abort(),
    discard: (token) => supervisor.forget(token),
    logTail: (token) => readTail(join(supervisor.paths(token).logs, "current.log")),
  };
}

/** Outputs of one job are inputs of another, often on this very node; a cache that cannot keep them is no failure. */
async function keepInCache(
  cache: InputCache,
  paths: AttemptPaths,
  files: readonly OutputFile[],
): Promise<void> {
  for (const file of files) await cache.add(file, join(paths.out, file.path)).catch(() => undefined);
}

/** The job's result; `{}` when it leaves none. @throws FleetError `invalid` for anything but a small object. */
async function readResult(paths: AttemptPaths): Promise<JsonObject> {
  const text = await readStart(paths.result, JOB_LIMITS.resultBytes + 1);
  if (text === null) return {};
  const problem = `result.json is not a JSON object of at most ${JOB_LIMITS.resultBytes} bytes`;
  if (text.length > JOB_LIMITS.resultBytes) throw new FleetError("invalid", problem);
  try {
    const said = text.toString("utf8");
    const result: unknown = JSON.parse(said);
    // The hub measures what we write, and numbers such as 1e20 become longer by that.
    if (isJsonObject(result) && fitsRewritten(said, result, JOB_LIMITS.resultBytes)) return result;
  } catch (error) {
    throw new FleetError("invalid", problem, error);
  }
  throw new FleetError("invalid", problem);
}

/** The first bytes of a plain file; null when there is none. A link or a fifo is refused and never waited for. */
async function readStart(path: string, bytes: number): Promise<Buffer | null> {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
  const handle = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw new FleetError("invalid", `${path} cannot be read`, error);
  });
  if (handle === null) return null;
  try {
    if (!(await handle.stat()).isFile()) throw new FleetError("invalid", `${path} is not a plain file`);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function readTail(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => null);
  if (handle === null) return "";
  try {
    const { size } = await handle.stat();
    const { bytesRead, buffer } = await handle.read(
      Buffer.alloc(TAIL_BYTES),
      0,
      TAIL_BYTES,
      Math.max(0, size - TAIL_BYTES),
    );
    return safeText(buffer.toString("utf8", 0, bytesRead).trim()).slice(-TAIL_CHARS);
  } finally {
    await handle.close();
  }
}
