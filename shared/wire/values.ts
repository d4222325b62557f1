/**
 * Values: how single fields leave the wire. Each reader returns the value or throws a FleetError "invalid"
 * that names the field and what is wrong with it; nothing is repaired, rounded or guessed. protobuf itself
 * accepts a cut-off string, an unknown enum and any number, so these readers are the only fence.
 */
import { FleetError } from "../errors.ts";
import { fitsRewritten, isJsonObject, type JsonObject } from "../json.ts";
import { QUERY_METHODS, type QueryMethod } from "../model/messages.ts";
import { ID, ID_RULE, NAME, NAME_RULE, NODE, NODE_RULE } from "../model/names.ts";

/** Upper bounds of texts, in UTF-16 units; free text is clipped to them before it is sent. */
export const TEXT_LIMITS = { id: 128, path: 512, reason: 1024, detail: 2048, jsonBytes: 16 * 1024 } as const;

const JOB_ID = /^j_[0-9]{6,20}$/;
const SHA256 = /^[0-9a-f]{64}$/;

export function invalid(field: string, why: string): FleetError {
  return new FleetError("invalid", `${field}: ${why}`);
}

/**
 * A 64-bit count as a safe integer, 0 or more. What is greater arrives rounded to a double, which never makes it
 * small enough to pass.
 */
export function readUint(value: number, field: string): number {
  if (!Number.isSafeInteger(value) || value < 0)
    throw invalid(field, "must be an integer from 0 to 2^53 - 1");
  return value;
}

/** Beyond what any hub gives in its life, and far enough below 2^53 that it can still be counted on from here. */
const SEEN_MAX = 2 ** 52;

/** The highest number of a kind that an agent says it has seen: the hub goes on above it. */
export function readSeen(value: number, field: string): number {
  const seen = readUint(value, field);
  if (seen > SEEN_MAX) throw invalid(field, `must be at most ${SEEN_MAX}`);
  return seen;
}

/** A 64-bit number as a safe integer, whatever its sign. */
export function readInt(value: number, field: string): number {
  if (!Number.isSafeInteger(value)) throw invalid(field, "must be an integer from -(2^53 - 1) to 2^53 - 1");
  return value;
}

/** A count that names something: 0 is what an absent field looks like. */
export function readPositive(value: number, field: string): number {
  const count = readUint(value, field);
  if (count === 0) throw invalid(field, "must be 1 or more");
  return count;
}

export function readFinite(value: number, field: string): number {
  if (!Number.isFinite(value)) throw invalid(field, "must be a finite number");
  return value;
}

export function readRatio(value: number, field: string): number {
  if (!(value >= 0 && value <= 1)) throw invalid(field, "must be a ratio from 0 to 1");
  return value;
}

/** An optional field: null when the sender does not know it. */
export function readOptional<Wire, Value>(
  value: Wire | undefined,
  field: string,
  read: (value: Wire, field: string) => Value,
): Value | null {
  return value === undefined ? null : read(value, field);
}

export function readText(value: string, field: string, maxLength: number): string {
  if (value.length > maxLength) throw invalid(field, `must be at most ${maxLength} characters`);
  return value;
}

export function readNode(value: string, field: string): string {
  return readPattern(value, field, NODE, NODE_RULE);
}

export function readName(value: string, field: string): string {
  return readPattern(value, field, NAME, NAME_RULE);
}

export function readId(value: string, field: string): string {
  return readPattern(value, field, ID, ID_RULE);
}

export function readJobId(value: string, field: string): string {
  return readPattern(value, field, JOB_ID, "must be a job id such as j_000042");
}

export function readSha256(value: string, field: string): string {
  return readPattern(value, field, SHA256, "must be 64 lower-case hex digits");
}

/** Text that is absent when empty, as proto3 sends it. */
export function readMaybe(
  value: string,
  field: string,
  read: (value: string, field: string) => string,
): string | null {
  return value === "" ? null : read(value, field);
}

/** A relative POSIX path that stays below its directory: no `..`, `.`, empty part, backslash or control. */
export function readPath(value: string, field: string): string {
  readText(value, field, TEXT_LIMITS.path);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  const isPlain = value !== "" && !/[\u0000-\u001f\u007f\\]/.test(value);
  if (!isPlain || value.split("/").some((part) => part === "" || part === "." || part === "..")) {
    throw invalid(field, "must be a relative path without '.', '..', empty parts, backslashes or controls");
  }
  return value;
}

/** A JSON object that is at most 16 KiB long, also when it is written again; empty text is the empty object. */
export function readJson(value: string, field: string, limitBytes = TEXT_LIMITS.jsonBytes): JsonObject {
  if (value === "") return {};
  const tooLong = `must be at most ${limitBytes / 1024} KiB of JSON`;
  if (Buffer.byteLength(value) > limitBytes) throw invalid(field, tooLong);
  const parsed = parseJson(value, field);
  if (!isJsonObject(parsed)) throw invalid(field, "must be a JSON object");
  if (!fitsRewritten(value, parsed, limitBytes))
    throw invalid(field, `${tooLong} with its numbers written out`);
  return parsed;
}

/** A list of at most `limit` items, each read by `read`. */
export function readList<Wire, Value>(
  items: readonly Wire[],
  field: string,
  limit: number,
  read: (item: Wire) => Value,
): Value[] {
  if (items.length > limit) throw invalid(field, `must hold at most ${limit} items, got ${items.length}`);
  return items.map(read);
}

/** Free text cut to its bound, so that a long reason never gets a whole message refused. */
export function clip(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`;
}

function readPattern(value: string, field: string, pattern: RegExp, why: string): string {
  if (!pattern.test(value)) throw invalid(field, why);
  return value;
}

function parseJson(value: string, field: string): unknown {
  try {
    return JSON.parse(value);
  } catch (error) {
    throw new FleetError("invalid", `${field}: is not JSON`, error);
  }
}

/** What a node may be asked. */
export function readQueryMethod(value: string, field: string): QueryMethod {
  const method = QUERY_METHODS.find((known) => known === value);
  if (method === undefined) throw invalid(field, `must be one of ${QUERY_METHODS.join(", ")}`);
  return method;
}
