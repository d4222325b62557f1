/**
 * Log file: where the agent's own log lines go: `logs/current.log` and a few older ones, bounded together, so
 * that an agent that has much to say never fills its disk.
 */
import { describeError } from "../../shared/errors.ts";
import { ensureFolder } from "../../shared/file-problem.ts";
import type { LogDestination } from "../../shared/log.ts";
import { createSerial } from "../../shared/serial.ts";
import { createBoundedLog } from "../process/bounded-log.ts";

export interface LogFile extends LogDestination {
  /** Resolves when everything that was written so far is in the file. */
  close(): Promise<void>;
}

const LIMIT_BYTES = 64 * 1024 ** 2;

/** `onError` hears of the first line of each stretch that could not be written. */
export function openLogFile(directory: string, onError: (reason: string) => void): LogFile {
  ensureFolder(directory);
  const log = createBoundedLog(directory, LIMIT_BYTES);
  const inOrder = createSerial();
  let isFailing = false;
  const append = async (line: string): Promise<void> => {
    try {
      await log.append(Buffer.from(line));
      isFailing = false;
    } catch (error) {
      if (!isFailing) onError(describeError(error));
      isFailing = true;
    }
  };
  return {
    write: (line) => void inOrder(() => append(line)),
    close: () => inOrder(() => log.close()),
  };
}
