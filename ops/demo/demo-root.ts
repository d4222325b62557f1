/**
 * Demo root: the data directory of a demo. It is private, and never one that matters: a demo is something that
 * one starts without thinking, so it refuses every directory that it did not make itself.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { FleetError } from "../../shared/errors.ts";

export interface DemoRoot {
  /** Absolute. */
  readonly root: string;
  /** False when an earlier demo has run here: its fleet goes on where it was. */
  readonly isFresh: boolean;
}

const MARK = "demo/README.txt";
const MARK_TEXT =
  "A demo of Spiral Fleet. Nothing here is needed by anything else: delete it when you like.\n";

/** A new directory below the temporary one, or `given`. Throws "refused" for one that is not a demo's. */
export function openDemoRoot(given: string | undefined): DemoRoot {
  const root =
    given === undefined ? mkdtempSync(join(realpathSync(tmpdir()), "spiral-demo-")) : resolve(given);
  if (realPath(root) === realPath(join(homedir(), "spiral")))
    throw new FleetError("refused", `${root} is for a real fleet: give the demo another --root, or none`);
  const isEmpty = !existsSync(root) || readdirSync(root).length === 0;
  if (!isEmpty && !existsSync(join(root, MARK)))
    throw new FleetError("refused", `${root} is not empty and not a demo's: give an empty --root, or none`);
  mkdirSync(join(root, dirname(MARK)), { recursive: true, mode: 0o700 });
  chmodSync(root, 0o700);
  writeFileSync(join(root, MARK), MARK_TEXT);
  return { root, isFresh: !existsSync(join(root, "control.json")) };
}

/** The path with its links resolved, as far as it exists. */
function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}
