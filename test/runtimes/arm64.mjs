/**
 * arm64: `npm run test:arm64 [-- PART-OF-A-PATH…]`. Runs the unit tests, and the native modules that an arm64
 * box gets, on an emulated processor with pages of 64 KiB, as a Grace has: the same expectations and so the
 * same bytes as on x64. One process does it all, because what an emulated process starts is not emulated.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";
import { BUNDLE_OPTIONS, PACKAGE_ROOT } from "../../bin/bundle.mjs";
import { CACHE, installDependencies, installNode } from "./install.mjs";

const LIBRARIES = "/usr/aarch64-linux-gnu";
const PACKAGES = [
  ...["qemu-user", "libstdc++6-arm64-cross", "libgcc-s1-arm64-cross"],
  ...["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"],
];
const PAGE_BYTES = 65_536;
const FOLDERS = ["shared", "hub", "agent"];
const LIMIT_MS = 900_000;
// What the bundle takes from node_modules at run time; test libraries are bundled.
const EXTERNAL = Object.keys(
  JSON.parse(readFileSync(join(PACKAGE_ROOT, "package.json"), "utf8")).dependencies,
);

function findTests(wanted) {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(PACKAGE_ROOT, folder), { recursive: true }).map((name) => join(folder, name)),
  );
  const tests = [...files.filter((file) => file.endsWith(".test.ts")), "test/runtimes/natives.test.ts"];
  return tests.filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part))).sort();
}

/** One module a test file, below node_modules so that it finds the packages, in the folders of its source. */
async function bundle(files, outdir) {
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(join(outdir, "test"), { recursive: true });
  symlinkSync(join(PACKAGE_ROOT, "test/fixtures"), join(outdir, "test/fixtures"));
  const { packages: _, ...options } = BUNDLE_OPTIONS;
  const sources = [...files, "test/runtimes/run.ts", "test/contract/journal-worker.fixture.ts"];
  await build({
    ...options,
    logLevel: "error",
    absWorkingDir: PACKAGE_ROOT,
    outbase: PACKAGE_ROOT,
    external: EXTERNAL,
    // Some of what is bundled is CommonJS and requires Node's own modules.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    entryPoints: sources.map((source) => join(PACKAGE_ROOT, source)),
    outdir,
  });
}

/** NVML's stand-in for arm64: the binding's structures are what differs between processors, if anything. */
function buildNvmlStub(outdir) {
  const library = join(outdir, "libnvidia-ml.so.1");
  const source = join(PACKAGE_ROOT, "test/fixtures/nvml-stub/nvml-stub.c");
  execFileSync("aarch64-linux-gnu-gcc", ["-shared", "-fPIC", "-O1", "-o", library, source]);
  return library;
}

function hasProgram(name) {
  return spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0;
}

function isReady() {
  return (
    ["qemu-aarch64", "aarch64-linux-gnu-gcc"].every(hasProgram) &&
    existsSync(`${LIBRARIES}/lib/libstdc++.so.6`)
  );
}

async function main() {
  if (!isReady()) {
    process.stderr.write(`test:arm64 emulates an arm64 machine and needs Debian's packages for that:\n`);
    process.stderr.write(`  apt-get install --no-install-recommends ${PACKAGES.join(" ")}\n`);
    return 1;
  }
  const files = findTests(process.argv.slice(2));
  const outdir = join(CACHE, "tests");
  await bundle(files, outdir);
  const env = {
    ...process.env,
    // The platform's own packages are required by name: those of this machine are not for that processor.
    NODE_PATH: installDependencies("arm64"),
    NVML_LIBRARY: buildNvmlStub(outdir),
  };
  const run = relative(PACKAGE_ROOT, join(outdir, "test/runtimes/run.mjs"));
  const emulated = ["-p", String(PAGE_BYTES), "-L", LIBRARIES, installNode("arm64"), run, ...files];
  const { status, signal } = spawnSync("qemu-aarch64", emulated, {
    cwd: PACKAGE_ROOT,
    env,
    stdio: ["ignore", "inherit", "inherit"],
    timeout: LIMIT_MS,
  });
  if (signal !== null)
    process.stderr.write(`ended by ${signal} (it may take ${LIMIT_MS / 60_000} minutes)\n`);
  return status ?? 1;
}

process.exitCode = await main();
