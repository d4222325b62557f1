/**
 * Regular file: reads a document that people put into the agent's directory. A pipe or a device in its place would
 * hold up whoever reads it, and with it the whole agent, so it is refused instead.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { FleetError } from "../../shared/errors.ts";

/**
 * The text of a file.
 * @throws FleetError `config` for what is no regular file; else what `openSync` throws
 */
export function readRegularFile(path: string): string {
  // Without O_NONBLOCK the open itself waits until somebody writes.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(file).isFile()) throw new FleetError("config", `${path} is no regular file`);
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}
