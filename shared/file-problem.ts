/**
 * FileProblem: why a file or folder of a root cannot be used, told once and with the cure. Who may not read a root is
 * told so: "there is no hub" would invite a second one.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { FleetError } from "./errors.ts";

const DENIED = ["EACCES", "EPERM"];

/** `permissionDenied` for who may not, else `config`; without a cause, because the sentence holds the reason already. */
export function fileProblem(path: string, error: unknown, doing: "read" | "make" = "read"): FleetError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== undefined && DENIED.includes(code))
    return new FleetError(
      "permissionDenied",
      `cannot ${doing} ${path}: permission denied; run as the root's owner`,
    );
  return new FleetError("config", `cannot ${doing} ${path}: ${message}`);
}

/**
 * Makes a folder and those above it, for its owner alone. Step by step, because Node's own recursive way never ends
 * below /proc. Throws as `fileProblem` says.
 */
export function ensureFolder(path: string): void {
  try {
    makeStep(path);
  } catch (error) {
    throw fileProblem(path, error, "make");
  }
}

function makeStep(path: string, isRetry = false): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || isRetry || dirname(path) === path) throw error;
    makeStep(dirname(path));
    makeStep(path, true);
  }
}
