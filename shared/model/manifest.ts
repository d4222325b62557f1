/**
 * Manifest: the list of every output of one attempt. Its canonical text is what is hashed, staged and named
 * by a completion, so two parties that agree on 32 bytes agree on every file (DESIGN section 5).
 */
import { isJsonObject, type Json } from "../json.ts";
import { JOB_LIMITS, type OutputFile } from "./job.ts";

/** The manifest lies beside the files it lists, so no output may take its name. */
export const MANIFEST_FILE = "manifest.json";

export const MANIFEST_LIMITS = {
  files: JOB_LIMITS.outputs,
  pathBytes: 200,
  /** All outputs of one attempt together; the staging quota of a token. */
  totalBytes: 64 * 1024 ** 3,
  /** Fits one message with room for its envelope. */
  textBytes: 192 * 1024,
} as const;

export type ParsedManifest =
  | { readonly kind: "ok"; readonly files: readonly OutputFile[] }
  | { readonly kind: "refused"; readonly reason: string };

const SHA256 = /^[0-9a-f]{64}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const FORBIDDEN_IN_PATH = /[\u0000-\u001f\u007f\\]/;

/** Whether the text is a SHA-256 in lower-case hex. */
export function isSha256(text: string): boolean {
  return SHA256.test(text);
}

/** Order of a manifest: by UTF-16 code units, the same on every machine. */
export function comparePaths(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** The canonical text; `files` may come in any order. */
export function manifestText(files: readonly OutputFile[]): string {
  const sorted = [...files].sort(comparePaths);
  return JSON.stringify({ files: sorted.map(({ path, sha256, bytes }) => ({ path, sha256, bytes })) });
}

/** Why a path may not be used below a directory of ours, or null. Relative, plain segments, <= 200 bytes. */
export function pathProblem(path: string): string | null {
  if (Buffer.byteLength(path) > MANIFEST_LIMITS.pathBytes) {
    return `path is longer than ${MANIFEST_LIMITS.pathBytes} bytes`;
  }
  if (FORBIDDEN_IN_PATH.test(path)) return "path has a control character or a backslash";
  if (path.startsWith("/")) return "path is absolute";
  for (const segment of path.split("/")) {
    if (segment === "") return "path has an empty segment";
    if (segment === "." || segment === "..") return `path has a ${JSON.stringify(segment)} segment`;
  }
  return null;
}

/** Why a file may not be an output, or null. */
export function outputProblem(file: OutputFile): string | null {
  const problem = pathProblem(file.path);
  if (problem !== null) return problem;
  if (file.path === MANIFEST_FILE) return `${MANIFEST_FILE} is the manifest's own name`;
  if (!isSha256(file.sha256)) return "sha256 is not 64 lower-case hex digits";
  if (!Number.isSafeInteger(file.bytes) || file.bytes < 0) return "bytes is not a whole number";
  if (file.bytes > MANIFEST_LIMITS.totalBytes) return "file is larger than all outputs together may be";
  return null;
}

/** Why these files may not be the outputs of one attempt, or null; the first offender is named. */
export function manifestProblem(files: readonly OutputFile[]): string | null {
  if (files.length === 0) return "a manifest lists at least one file";
  if (files.length > MANIFEST_LIMITS.files) return `more than ${MANIFEST_LIMITS.files} files`;
  const paths = new Set<string>();
  let totalBytes = 0;
  for (const file of files) {
    const problem = outputProblem(file);
    if (problem !== null) return `${JSON.stringify(file.path)}: ${problem}`;
    if (paths.has(file.path)) return `${JSON.stringify(file.path)} is listed twice`;
    paths.add(file.path);
    totalBytes += file.bytes;
  }
  if (totalBytes > MANIFEST_LIMITS.totalBytes) {
    return `outputs are larger than ${MANIFEST_LIMITS.totalBytes} bytes`;
  }
  if (Buffer.byteLength(manifestText(files)) > MANIFEST_LIMITS.textBytes) {
    return `manifest is longer than ${MANIFEST_LIMITS.textBytes} bytes`;
  }
  return null;
}

/** Reads a manifest that somebody else wrote; only the canonical text of a valid one passes. */
export function parseManifest(text: string): ParsedManifest {
  if (Buffer.byteLength(text) > MANIFEST_LIMITS.textBytes) {
    return refused(`manifest is longer than ${MANIFEST_LIMITS.textBytes} bytes`);
  }
  const files = readFiles(text);
  if (files === null) return refused("manifest is not {files: [{path, sha256, bytes}]}");
  const problem = manifestProblem(files);
  if (problem !== null) return refused(problem);
  return manifestText(files) === text ? { kind: "ok", files } : refused("manifest is not in canonical form");
}

function refused(reason: string): ParsedManifest {
  return { kind: "refused", reason };
}

function readFiles(text: string): readonly OutputFile[] | null {
  let parsed: Json;
  try {
    parsed = JSON.parse(text) as Json;
  } catch {
    return null;
  }
  if (!isJsonObject(parsed) || !Array.isArray(parsed["files"])) return null;
  const files: readonly unknown[] = parsed["files"];
  return files.every(isOutputFile) ? files : null;
}

function isOutputFile(value: unknown): value is OutputFile {
  return (
    isJsonObject(value) &&
    typeof value["path"] === "string" &&
    typeof value["sha256"] === "string" &&
    typeof value["bytes"] === "number"
  );
}
