/** Run: what the second runtime executes. `run.mjs FILE…` runs those test files and prints their counts. */
import { fileURLToPath } from "node:url";
import { runInProcess } from "./in-process.ts";

/** Tests that cannot work in an emulated process, by name. */
const SKIPPED: ReadonlyMap<string, string> = new Map([
  ["takes the place of an agent that died", "it starts this Node, whose child is not emulated"],
  [
    "hands argv over verbatim: quotes, newlines, substitutions, empty and leading-dash words",
    "it starts this Node, whose child is not emulated",
  ],
  [
    "finds this very process on this very box and bounds its answer",
    "the emulator invents its /proc/PID/stat",
  ],
]);

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

print(`node ${process.version} on ${process.arch}`);
const directory = fileURLToPath(new URL("../..", import.meta.url));
const files = process.argv.slice(2);
const { passed, failures, skipped } = await runInProcess(directory, files, { skipped: SKIPPED, print });
for (const failure of failures) print(`FAILED ${failure}`);
for (const name of skipped) print(`skipped: ${name} (${SKIPPED.get(name)})`);
print(`${files.length} files: ${passed} passed, ${failures.length} failed, ${skipped.length} skipped`);
process.exit(failures.length === 0 && passed > 0 ? 0 : 1);
