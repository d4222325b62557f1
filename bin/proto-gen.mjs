/**
 * Proto-gen: writes the TypeScript types of the `.proto` files into `proto/gen`, or into the
 * directory given as argument (the freshness test compares the two).
 *
 * The flags are those of `proto/loader-options.json`, which the loader at run time reads as well (there the
 * text "String" stands for the constructor): types made with other flags than the messages describe keys
 * that never arrive, and nothing complains.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const GENERATOR = join(ROOT, "node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js");
const PACKAGES = ["fleet/v1", "grpc/health/v1"];
const EXIT_SOFTWARE = 70;

const outDir = resolve(process.argv[2] ?? join(ROOT, "proto/gen"));
const files = PACKAGES.flatMap((folder) =>
  readdirSync(join(ROOT, "proto", folder))
    .filter((name) => name.endsWith(".proto"))
    .sort()
    .map((name) => `${folder}/${name}`),
);
const flags = Object.entries(JSON.parse(readFileSync(join(ROOT, "proto/loader-options.json"), "utf8")));

rmSync(outDir, { recursive: true, force: true });
const result = spawnSync(
  process.execPath,
  [
    GENERATOR,
    ...flags.map(([name, value]) => `--${name}=${value}`),
    "--grpcLib=@grpc/grpc-js",
    "--importFileExtension=.ts",
    "--includeDirs=proto",
    `--outDir=${outDir}`,
    ...files,
  ],
  { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] },
);
process.exit(result.status ?? EXIT_SOFTWARE);
