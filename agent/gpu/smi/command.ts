/** Command: how nvidia-smi is started so that it looks for ever, and ends when its agent does. */
import { existsSync } from "node:fs";
import type { Command } from "../probe/guarded-child.ts";

/** Of util-linux; the process list prints nothing on an idle card, so a broken pipe alone may never end it. */
const SETPRIV = "/usr/bin/setpriv";

/** @param query `--query-gpu=…` or `--query-compute-apps=…` */
export function loopingSmi(program: string, query: string, everyMs: number): Command {
  const args = [query, "--format=csv,noheader,nounits", "-lms", String(everyMs)];
  if (!existsSync(SETPRIV)) return { file: program, args };
  return { file: SETPRIV, args: ["--pdeathsig", "TERM", program, ...args] };
}
