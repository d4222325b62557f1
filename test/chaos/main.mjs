/** Chaos: `npm run chaos -- …`. Bundles the tool and the programs it torments, and hands over to `main.ts`. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { BUNDLE_OPTIONS, PACKAGE_ROOT } from "../../bin/bundle.mjs";
import { ensureBundle } from "../../bin/launch.mjs";

const CACHE = join(PACKAGE_ROOT, "node_modules/.cache/spiral-chaos");

mkdirSync(CACHE, { recursive: true });
const directory = mkdtempSync(join(CACHE, "built-"));
const outfile = join(directory, "main.mjs");
const entryPoints = [join(PACKAGE_ROOT, "test/chaos/main.ts")];
const options = { ...BUNDLE_OPTIONS, logLevel: "error", absWorkingDir: PACKAGE_ROOT, splitting: false };
await build({ ...options, entryPoints, outfile });
const { main } = await import(outfile);
process.exitCode = await main(process.argv.slice(2), await ensureBundle());
rmSync(directory, { recursive: true, force: true });
