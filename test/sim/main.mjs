/**
 * Sim: `npm run sim -- …` and `npm run sim:long`. Bundles the simulator with the cores it drives into plain files,
 * once as they are and once more for each mutant that is asked for, and hands over to `main.ts`.
 */
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";
import { BUNDLE_OPTIONS, PACKAGE_ROOT } from "../../bin/bundle.mjs";

const CACHE = join(PACKAGE_ROOT, "node_modules/.cache/spiral-sim");
const OPTIONS = { ...BUNDLE_OPTIONS, logLevel: "silent", absWorkingDir: PACKAGE_ROOT, splitting: false };

/** Bundles the worker, with the lines of a mutant broken. @returns the path of the bundle */
export async function buildWorker(directory, mutant) {
  const outfile = join(directory, `${mutant?.name ?? "healthy"}.mjs`);
  const plugins = mutant === null ? [] : [breaking(mutant)];
  await build({ ...OPTIONS, entryPoints: [join(PACKAGE_ROOT, "test/sim/worker.ts")], outfile, plugins });
  return outfile;
}

/** A directory for the bundles of one run. */
export function bundleDirectory() {
  mkdirSync(CACHE, { recursive: true });
  return mkdtempSync(join(CACHE, "built-"));
}

/** Replaces the very text that a mutant names, and fails when the source does not say that any more. */
function breaking({ name, path, text, broken }) {
  let isApplied = false;
  return {
    name: `mutant-${name}`,
    setup: (bundle) => {
      bundle.onLoad({ filter: /\.ts$/ }, (file) => {
        if (relative(PACKAGE_ROOT, file.path) !== path) return undefined;
        const source = readFileSync(file.path, "utf8");
        const parts = source.split(text);
        if (parts.length !== 2)
          throw new Error(
            `mutant ${name}: ${path} says ${JSON.stringify(text)} ${parts.length - 1} times, not once`,
          );
        isApplied = true;
        return { contents: parts.join(broken), loader: "ts" };
      });
      bundle.onEnd(() => {
        if (!isApplied) throw new Error(`mutant ${name}: ${path} is no part of the simulator`);
      });
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const directory = bundleDirectory();
  const outfile = join(directory, "main.mjs");
  await build({ ...OPTIONS, entryPoints: [join(PACKAGE_ROOT, "test/sim/main.ts")], outfile });
  const { main } = await import(outfile);
  process.exitCode = await main(process.argv.slice(2), (mutant) => buildWorker(directory, mutant));
}
