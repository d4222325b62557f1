/**
 * nvidia-smi -q: the modes that no other source tells, asked once. The text form is read because a driver that
 * does not know a field simply leaves it out there, and because one question is all that a box may be asked.
 */
import { spawn } from "node:child_process";
import { FleetError } from "../../../shared/errors.ts";
import type { CardModes, DriverModes } from "../checks/gpu.ts";

const MAX_OUTPUT_BYTES = 4 * 1024 ** 2;

/**
 * Runs `nvidia-smi -q`. When `signal` aborts it is sent SIGTERM once and left alone: killing a program inside
 * the driver has frozen cards.
 * @throws FleetError `unavailable` when it fails or says too much
 */
export function querySmi(program: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ["-q"], { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    const leave = (reason: string): void => {
      child.kill("SIGTERM");
      child.stdout.destroy();
      child.unref();
      reject(new FleetError("unavailable", `${program} -q ${reason}`));
    };
    signal.addEventListener("abort", () => leave("did not answer"), { once: true });
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (text.length > MAX_OUTPUT_BYTES) leave("says too much");
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(text);
      else reject(new FleetError("unavailable", `${program} -q ended with status ${code}`));
    });
  });
}

/** Reads the answer; a field that is missing or `N/A` is null. */
export function parseSmiQuery(text: string): DriverModes {
  const [head = "", ...sections] = text.split(/^GPU [0-9A-F]{4,8}:/im);
  return { driver: fieldOf(head, "Driver Version"), cards: sections.map(cardModes) };
}

function cardModes(section: string): CardModes {
  return {
    uuid: fieldOf(section, "GPU UUID") ?? "GPU of unknown UUID",
    name: fieldOf(section, "Product Name") ?? "GPU",
    persistence: fieldOf(section, "Persistence Mode"),
    addressing: fieldOf(section, "Addressing Mode"),
    mig: fieldOf(blockOf(section, "MIG Mode"), "Current"),
    remapPending: fieldOf(blockOf(section, "Remapped Rows"), "Pending"),
  };
}

/** The lines below a heading that are indented more than it. */
function blockOf(section: string, heading: string): string {
  const start = new RegExp(`^( *)${heading} *$`, "m").exec(section);
  if (start === null) return "";
  const rest = section.slice(start.index + start[0].length + 1).split("\n");
  const depth = start[1]?.length ?? 0;
  const end = rest.findIndex((line) => line.search(/\S/) <= depth);
  return rest.slice(0, end < 0 ? rest.length : end).join("\n");
}

function fieldOf(section: string, name: string): string | null {
  const value = new RegExp(`^ *${name} +: (.*)$`, "m").exec(section)?.[1]?.trim();
  return value === undefined || /^(?:\[?N\/A\]?|Unknown Error|)$/i.test(value) ? null : value;
}
