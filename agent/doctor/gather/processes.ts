/** Looks at single processes: their program, and the attempt that started them. */
import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";

/** Empty where the process has ended or may not be looked at. */
export function argvOf(pid: number): readonly string[] {
  return wordsOf(`/proc/${pid}/cmdline`);
}

/** Program and script, without arguments: those may hold secrets. */
export function programText([program = "", script]: readonly string[]): string {
  const isScript = script !== undefined && /\.(?:[cm]?js|py|sh)$/.test(script);
  return isScript ? `${basename(program)} ${basename(script)}` : basename(program);
}

const OUR_PROGRAM = /^(?:(?:hub|agent|cli)\.mjs|spiral(?:-hub|-agent)?(?:\.mjs)?)$/;

/** Whether it is a program of this package, by launcher or by bundle. */
export function isOurProgram(argv: readonly string[]): boolean {
  return argv.slice(0, 3).some((word) => OUR_PROGRAM.test(basename(word)));
}

const ATTEMPT = "SPIRAL_ATTEMPT_DIR=";

/** The attempt directory of a job, whose environment names its folder; null for anybody else. */
export function attemptOf(pid: number): string | null {
  const entry = wordsOf(`/proc/${pid}/environ`).find((each) => each.startsWith(ATTEMPT));
  return entry === undefined ? null : dirname(entry.slice(ATTEMPT.length));
}

function wordsOf(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split("\0").slice(0, -1);
  } catch {
    return []; // ended meanwhile, or another user's
  }
}
