/**
 * Install: what a second runtime needs from npm, into `node_modules/.cache/spiral-runtimes`. Both installs are
 * `npm ci` from a lock, so npm checks every content; a folder made from the very same lock is used again.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_ROOT } from "../../bin/bundle.mjs";

export const CACHE = join(PACKAGE_ROOT, "node_modules/.cache/spiral-runtimes");

/**
 * The Node of `package.json` beside this file that runs on `cpu`.
 * @param {"arm64" | "x64"} cpu
 * @returns {string} absolute path of the program
 */
export function installNode(cpu) {
  const folder = install({ from: join(PACKAGE_ROOT, "test/runtimes"), to: `node-${cpu}`, cpu });
  return join(folder, `node_modules/node-linux-${cpu}/bin/node`);
}

/**
 * This package's own dependencies as an installation on `cpu` has them.
 * @param {"arm64" | "x64"} cpu
 * @returns {string} absolute path of their node_modules
 */
export function installDependencies(cpu) {
  return join(install({ from: PACKAGE_ROOT, to: `dependencies-${cpu}`, cpu }), "node_modules");
}

function install({ from, to, cpu }) {
  const folder = join(CACHE, to);
  const lock = join(folder, "package-lock.json");
  const wanted = readFileSync(join(from, "package-lock.json"), "utf8");
  if (existsSync(join(folder, "complete")) && readFileSync(lock, "utf8") === wanted) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(lock, wanted);
  // Without its name: code looks for its own package by that, and this folder is not it.
  const { name, ...rest } = JSON.parse(readFileSync(join(from, "package.json"), "utf8"));
  writeFileSync(join(folder, "package.json"), JSON.stringify(rest));
  copyFileSync(join(PACKAGE_ROOT, ".npmrc"), join(folder, ".npmrc"));
  const platform = [`--cpu=${cpu}`, "--os=linux", "--libc=glibc"];
  execFileSync("npm", ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", ...platform], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
  });
  writeFileSync(join(folder, "complete"), name);
  return folder;
}
