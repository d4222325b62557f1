/** Build: bundles every program into `dist/`, which then runs without the TypeScript sources. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_ROOT, writeBundle } from "./bundle.mjs";

const dist = join(PACKAGE_ROOT, "dist");
rmSync(dist, { recursive: true, force: true });
await writeBundle(dist);
console.log(`dist/ is built. To run it without the sources, copy package.json, package-lock.json, .npmrc
and what "files" in package.json names, then run npm ci --omit=dev there.`);
