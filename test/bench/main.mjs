/**
 * Bench: `npm run bench [-- NAME…]`. Bundles the benchmarks, which measure the programs as the launchers
 * would run them, and hands over to `bench.ts`.
 */
import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { BUNDLE_OPTIONS, PACKAGE_ROOT } from "../../bin/bundle.mjs";
import { ensureBundle } from "../../bin/launch.mjs";

const CACHE = join(PACKAGE_ROOT, "node_modules/.cache/spiral-bench");
const PROGRAMS = ["bench", "load", "raw-server", "local-server", "seed"];

mkdirSync(CACHE, { recursive: true });
const outdir = mkdtempSync(join(CACHE, "built-"));
const entryPoints = PROGRAMS.map((name) => join(PACKAGE_ROOT, `test/bench/${name}.ts`));
await build({ ...BUNDLE_OPTIONS, logLevel: "error", absWorkingDir: PACKAGE_ROOT, entryPoints, outdir });
const { bench } = await import(join(outdir, "bench.mjs"));
await bench(process.argv.slice(2), { benchDir: outdir, programDir: await ensureBundle() });
