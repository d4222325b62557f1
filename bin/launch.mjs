/**
 * Launch: runs one of our programs in this very process, from sources or from a build.
 *
 * In a source checkout the TypeScript is bundled into `node_modules/.cache/spiral/HASH/` whenever it has
 * changed, and plain Node runs the result: a loader in every process would cost 30 MiB and double the start.
 * An installed package has no sources and runs `dist/`. argv is left as it was, so one program starts
 * another with `spawn(process.execPath, [join(packageRoot(), "bin/spiral-hub.mjs"), ...args])`.
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { BUNDLE_OPTIONS, ENTRIES, PACKAGE_ROOT, SOURCE_FOLDERS, writeBundle } from "./bundle.mjs";

const CACHE = join(PACKAGE_ROOT, "node_modules/.cache/spiral");
const DIST = join(PACKAGE_ROOT, "dist");
const KEPT_BUNDLES = 8;
// A running program may still load a chunk of an old bundle, so a recently started one stays.
const KEPT_MS = 3_600_000;
const EXIT_SOFTWARE = 70;

/**
 * Imports the program `name` of ENTRIES; ends the process with status 70 when it cannot be built or found.
 * @param {keyof typeof ENTRIES} name
 */
export async function launch(name) {
  const file = await locate(name).catch(fail);
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(file).href);
}

/**
 * The directory that holds `NAME.mjs` of every entry, built first when the sources are newer.
 * @returns {Promise<string>} absolute path
 */
export async function ensureBundle() {
  if (!isCheckout()) return DIST;
  const outdir = join(CACHE, sourceHash());
  if (!existsSync(outdir)) await buildInto(outdir);
  freshen(outdir);
  return outdir;
}

/** Another user's checkout runs as well: what only keeps the cache tidy is left to its owner. */
function freshen(outdir) {
  try {
    const now = new Date();
    utimesSync(outdir, now, now);
  } catch (error) {
    if (!isDenied(error)) throw error;
  }
}

function isDenied({ code }) {
  return code === "EPERM" || code === "EACCES" || code === "EROFS";
}

async function locate(name) {
  const file = join(await ensureBundle(), `${name}.mjs`);
  if (existsSync(file)) return file;
  throw new Error(
    isCheckout() ? `${ENTRIES[name]} does not exist` : `${file} does not exist: npm run build makes it`,
  );
}

function fail(error) {
  console.error(`spiral: cannot start: ${error.message}`);
  if (isDenied(error)) console.error("hint: the owner of this checkout has to start it once");
  if (!existsSync(join(PACKAGE_ROOT, "node_modules/esbuild"))) console.error("hint: run npm ci first");
  process.exit(EXIT_SOFTWARE);
}

function isCheckout() {
  return existsSync(join(PACKAGE_ROOT, "tsconfig.json"));
}

/** Built beside its final place and renamed: two programs may start at once, and one may be killed. */
async function buildInto(outdir) {
  mkdirSync(CACHE, { recursive: true });
  const scratch = mkdtempSync(join(CACHE, "building-"));
  try {
    await writeBundle(scratch);
    // Whoever may read the sources may run them; mkdtemp lets nobody in.
    chmodSync(scratch, statSync(join(PACKAGE_ROOT, "bin")).mode & 0o777);
    renameSync(scratch, outdir);
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true });
    if (!existsSync(outdir)) throw error;
  }
  prune();
}

function prune() {
  const oldestMs = Date.now() - KEPT_MS;
  const newestFirst = readdirSync(CACHE)
    .map((name) => ({ path: join(CACHE, name), usedMs: statSync(join(CACHE, name)).mtimeMs }))
    .sort((a, b) => b.usedMs - a.usedMs);
  for (const { path, usedMs } of newestFirst.slice(KEPT_BUNDLES)) {
    if (usedMs < oldestMs) removeOld(path);
  }
}

/** One that another user has built stays: only they may remove it. */
function removeOld(path) {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (!isDenied(error)) throw error;
  }
}

/** Changes with any source's path, size or time, and with the bundler: about 10 ms, no file is read. */
function sourceHash() {
  const esbuild = readFileSync(join(PACKAGE_ROOT, "node_modules/esbuild/package.json"), "utf8");
  const hash = createHash("sha256").update(
    JSON.stringify([JSON.parse(esbuild).version, BUNDLE_OPTIONS, ENTRIES]),
  );
  for (const folder of SOURCE_FOLDERS) hashFolder(hash, join(PACKAGE_ROOT, folder));
  return hash.digest("hex").slice(0, 16);
}

function hashFolder(hash, folder) {
  if (!existsSync(folder)) return;
  for (const item of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = join(folder, item.name);
    if (item.isDirectory()) hashFolder(hash, path);
    else if (item.name.endsWith(".ts") && !item.name.endsWith(".test.ts")) {
      const { mtimeMs, size } = statSync(path);
      hash.update(`${relative(PACKAGE_ROOT, path)}\0${mtimeMs}\0${size}\n`);
    }
  }
}
