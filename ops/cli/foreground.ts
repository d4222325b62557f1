/** Foreground: another program in place of this one: same terminal, same signals, its exit status passed on. */
import { spawn } from "node:child_process";
import { constants } from "node:os";

export interface Foreground {
  kill(signal: NodeJS.Signals): void;
  /** Its exit status, 128 + N when signal N ended it. Rejects when it cannot be started. */
  readonly ended: Promise<number>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const SIGNAL_BASE = 128;
const FORWARDED = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

export function startForeground(
  command: string,
  argv: readonly string[],
  environment: Environment = process.env,
): Foreground {
  const child = spawn(command, argv, { stdio: "inherit", env: environment });
  const forward = (signal: NodeJS.Signals): void => {
    // A terminal sends its Ctrl-C to the child as well; a second one would mean "at once".
    if (signal !== "SIGINT" || process.stdin.isTTY !== true) child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? SIGNAL_BASE + signalNumber(signal)));
  }).finally(() => {
    for (const signal of FORWARDED) process.off(signal, forward);
  });
  return { kill: (signal) => child.kill(signal), ended };
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : (constants.signals[signal] ?? 0);
}
