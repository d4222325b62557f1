/** packageRoot: where this package's own files (proto, shim, documents) lie, from a checkout, a bundle or dist. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { must } from "./invariant.ts";

/** The nearest directory above this file whose package.json is ours. */
export function packageRoot(): string {
  let directory: string | null = dirname(fileURLToPath(import.meta.url));
  while (directory !== null && !isOurs(directory)) {
    const parent: string = dirname(directory);
    directory = parent === directory ? null : parent;
  }
  return must(directory, "the package.json of spiral-fleet is not above its own code");
}

function isOurs(directory: string): boolean {
  const file = join(directory, "package.json");
  return existsSync(file) && readFileSync(file, "utf8").includes('"name": "spiral-fleet"');
}

/** The version of this package. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")).version;
}
