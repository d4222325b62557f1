/**
 * Bundle: which programs this package has and how esbuild turns their sources into plain JavaScript.
 * The launchers and `npm run build` share it, so a checkout and an installed package run the same code.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const PACKAGE_ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Output name (`NAME.mjs`) to source file. Each entry is a composition root and runs when imported. */
export const ENTRIES = {
  cli: "ops/cli/main.ts",
  hub: "hub/main.ts",
  agent: "agent/main.ts",
  "gpu-probe": "agent/gpu/probe/main.ts",
  "journal-worker": "hub/store/journal-worker.ts",
};

/** The top folders whose TypeScript can end up in a bundle. */
export const SOURCE_FOLDERS = ["proto/gen", "shared", "agent", "hub", "ops"];

// `.mjs` because Node takes no "type" from a package.json above a node_modules directory.
export const BUNDLE_OPTIONS = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  splitting: true,
  sourcemap: true,
  packages: "external",
  outExtension: { ".js": ".mjs" },
  logLevel: "silent",
};

/**
 * Bundles every entry into `outdir`.
 * @param {string} outdir absolute path; created when missing
 * @returns {Promise<void>} rejects with esbuild's BuildFailure, its message naming file and line
 */
export async function writeBundle(outdir) {
  const { build } = await import("esbuild");
  const sources = Object.entries(ENTRIES);
  const entryPoints = Object.fromEntries(sources.map(([name, source]) => [name, join(PACKAGE_ROOT, source)]));
  await build({ ...BUNDLE_OPTIONS, absWorkingDir: PACKAGE_ROOT, entryPoints, outdir });
}
