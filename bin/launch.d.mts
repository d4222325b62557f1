/** Names of the programs in ENTRIES of bundle.mjs. */
export type EntryName = "cli" | "hub" | "agent" | "gpu-probe" | "journal-worker";
/** Runs a program in this process; see launch.mjs. */
export function launch(name: EntryName): Promise<void>;
/** Absolute directory that holds `NAME.mjs` of every program, current with the sources. */
export function ensureBundle(): Promise<string>;
