/**
 * Address: where the PostgreSQL journal is, as people write it. A password belongs into the environment, hub.json
 * or .pgpass and never on a command line, which everybody on the machine can read; what is shown has none.
 */
import { FleetError } from "../../../shared/errors.ts";

const SCHEMES: ReadonlySet<string> = new Set(["postgres:", "postgresql:"]);

/** Throws FleetError `config` when the text is no such address. */
export function parseAddress(text: string): URL {
  if (!URL.canParse(text)) throw badAddress("it is no URL");
  const url = new URL(text);
  if (!SCHEMES.has(url.protocol)) throw badAddress(`"${url.protocol}" is not postgres:`);
  return url;
}

/** The address as it may be logged. */
export function redactAddress(text: string): string {
  const url = parseAddress(text);
  if (url.password !== "") url.password = "***";
  if (url.searchParams.has("password")) url.searchParams.set("password", "***");
  return url.href;
}

export function hasPassword(text: string): boolean {
  const url = parseAddress(text);
  return url.password !== "" || url.searchParams.has("password");
}

function badAddress(why: string): FleetError {
  return new FleetError("config", `journal: must be postgres://[USER@]HOST[:PORT]/DATABASE, but ${why}`);
}
