/** Json: the values that journals, parameters and results are made of. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Whether a parsed value is an object with named members (not null, not an array). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether two values are made of the same parts; the order of names does not matter. */
export function isDeepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  const partsOf = (value: object): Readonly<Record<string, unknown>> => value as Record<string, unknown>;
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isDeepEqual(partsOf(a)[name], partsOf(b)[name]))
  );
}

/** How much longer text may become by being read and written again: 1e20 is written with 21 digits. */
const GROWTH_MAX = 6;

/** Whether a value is at most `limitBytes` long when written again, whatever the length of the text it came from. */
export function fitsRewritten(text: string, value: JsonObject, limitBytes: number): boolean {
  return text.length * GROWTH_MAX <= limitBytes || jsonBytes(value) <= limitBytes;
}

/** Length of a value when it is written. */
export function jsonBytes(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value));
}
