/**
 * Log pump: drains a job's fifo into its bounded log for as long as anybody holds the other end. Always
 * drained: a log that cannot be written loses bytes, counted, but never stops the job; only a flood is held
 * back to a fixed rate, so that one job cannot take the agent's processor or the disk's bandwidth.
 */
import { constants, openSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { Socket } from "node:net";
import type { Clock } from "../../shared/clock.ts";
import { delay } from "../../shared/loop.ts";
import type { AttemptPaths } from "./attempt-dir.ts";
import { createBoundedLog } from "./bounded-log.ts";
import { createLineCap } from "./line-cap.ts";

export interface LogPump {
  /** Everything that was written has been logged, or `close` was called. */
  readonly ended: Promise<void>;
  /** Stops reading; the job is not told, its fifo just fills up. */
  close(): Promise<void>;
}

export interface LogPumpOptions {
  readonly paths: AttemptPaths;
  readonly limitBytes: number;
  readonly clock: Clock;
  /** False when the shim is known to be gone: then nobody will ever close the fifo, and only the tail is left. */
  readonly hasWriter: boolean;
  /** Called once per stretch of output that could not be logged. */
  readonly onError: (error: unknown) => void;
}

export const LINE_MAX_BYTES = 8192;
/** Above this a job waits for its log. */
export const LOG_BYTES_PER_SECOND = 16 * 1024 * 1024;

/** Reads until every writer is gone, then adds what the shim saved while nobody read. */
export function pumpLog(options: LogPumpOptions): LogPump {
  const { paths, clock } = options;
  const socket = options.hasWriter ? openFifo(paths.fifo) : null;
  const log = createLossyLog(options);
  let isClosed = false;
  const readFifo = async (): Promise<void> => {
    let freeAtMs = 0;
    for await (const chunk of socket ?? []) {
      const bytes: Buffer = chunk;
      await log.append(bytes);
      freeAtMs = Math.max(freeAtMs, clock.bootMs()) + (bytes.length / LOG_BYTES_PER_SECOND) * 1000;
      await delay(freeAtMs - clock.bootMs());
    }
  };
  const readTail = async (): Promise<void> => {
    await log.append(await readFile(paths.tail).catch(() => Buffer.alloc(0)));
    await rm(paths.tail, { force: true });
  };
  const report = (error: unknown): void => {
    if (!isClosed) options.onError(error);
  };
  const ended = readFifo().catch(report).then(readTail).catch(report).finally(log.close);
  return {
    ended,
    close: async () => {
      isClosed = true;
      socket?.destroy();
      await ended;
    },
  };
}

/**
 * A fifo that is opened without waiting for a writer and read by the event loop: a file stream would hold
 * one of libuv's four threads for each quiet job. Null when there is none to read.
 */
function openFifo(path: string): Socket | null {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    return new Socket({ fd, readable: true, writable: false });
  } catch {
    return null;
  }
}

interface LossyLog {
  append(raw: Buffer): Promise<void>;
  close(): Promise<void>;
}

/** A bounded log of capped lines that swallows what cannot be written and says how much that was. */
function createLossyLog({ paths, limitBytes, onError }: LogPumpOptions): LossyLog {
  const log = createBoundedLog(paths.logs, limitBytes);
  const capLines = createLineCap(LINE_MAX_BYTES);
  let lostBytes = 0;
  return {
    append: async (raw) => {
      const lines = capLines(raw);
      const marker =
        lostBytes > 0 ? Buffer.from(`\n[${lostBytes} bytes lost: the log could not be written]\n`) : "";
      try {
        await log.append(Buffer.concat([Buffer.from(marker), lines]));
        lostBytes = 0;
      } catch (error) {
        if (lostBytes === 0) onError(error);
        lostBytes += lines.length;
      }
    },
    close: log.close,
  };
}
