/**
 * GPU probe: the program that asks NVML, `node gpu-probe.mjs LIBRARY`. It is a process of its own because a call
 * into a wedged driver never returns: then this process hangs and the agent does not. It answers questions from
 * standard input and ends when that closes, so it outlives an agent that is killed only for as long as the driver holds
 * it: no death signal is asked of the kernel, which might end it inside a call that is well. It handles no signal:
 * SIGTERM must end it even in the middle of a call.
 */
import { readFileSync } from "node:fs";
import { describeError } from "../../../shared/errors.ts";
import { loadNvml, type NvmlLibrary } from "../nvml/library.ts";
import { type CardsRead, readCards } from "../nvml/read-cards.ts";
import { createLineSplitter } from "./lines.ts";
import { type ProbeMessage, parseProbeRequest } from "./protocol.ts";

const MAX_REQUEST_BYTES = 1_024;

const path = process.argv[2] ?? "libnvidia-ml.so.1";
let nvml: NvmlLibrary | null = null;
let isInitialised = false;

function look(): CardsRead {
  try {
    nvml ??= loadNvml(path);
  } catch (error) {
    return { kind: "failed", isAbsent: true, reason: `${path}: ${describeError(error)}` };
  }
  const read = readCards(nvml, isInitialised, commandName);
  isInitialised = read.kind === "cards";
  return read;
}

/** The kernel's short name of a process; a process of another pid namespace has another pid here, or none. */
function commandName(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return null;
  }
}

function say(message: ProbeMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const split = createLineSplitter(MAX_REQUEST_BYTES);
process.stdin.on("data", (chunk: Buffer) => {
  for (const line of split(chunk)) {
    const request = parseProbeRequest(line);
    if (request !== null) say({ ...look(), seq: request.seq });
  }
});
process.stdin.on("end", () => process.exit(0));
// The agent is gone, and nobody reads what is still to be said.
process.stdout.on("error", () => process.exit(0));
say({ kind: "ready" });
