/**
 * Bundle: the built programs, for tests that start real processes. A test that spawns
 * `process.execPath` with `entry("hub")` runs the very code that the launcher would run.
 */
import { join } from "node:path";
import { type EntryName, ensureBundle } from "../../bin/launch.mjs";

/** Directory of the current bundle, built on first use and shared by all test processes. */
export function bundleDir(): Promise<string> {
  return ensureBundle();
}

/** Absolute path of one built program. */
export async function entry(name: EntryName): Promise<string> {
  return join(await bundleDir(), `${name}.mjs`);
}
