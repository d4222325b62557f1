/** `spiral demo`: a whole fleet on this machine, which converges and stops; also `npm start`. */
import type { Command } from "commander";
import { systemClock } from "../../../shared/clock.ts";
import { runDemo } from "../../demo/demo.ts";
import type { Fleet } from "../../demo/fleet.ts";
import { EXIT_INTERRUPTED } from "../exit.ts";
import type { GlobalFlags } from "../settings.ts";
import { verb } from "../verb.ts";

interface DemoFlags {
  readonly once?: boolean;
  readonly seed?: string;
}

/** npm passes a Ctrl-C on that the terminal has sent already: only a later one is a second. */
const SECOND_MS = 1_000;

export function addDemo(program: Command): void {
  const command = program
    .command("demo")
    .description("a whole fleet here, from nothing to converged")
    .option("--once", "end after the summary; exit 0 only when it has converged")
    .option("--seed <text>", "decides the hidden target (default: chance)");
  command.action(
    verb<DemoFlags>(({ settings, out }, { once = false, seed }) => {
      // SPIRAL_ROOT and ~/spiral are for real fleets: only a flag names the directory of a demo.
      const { root } = command.optsWithGlobals<GlobalFlags>();
      return withSignals((interrupted, onFleet) =>
        runDemo({ settings, root, seed, isOnce: once, out, interrupted, onFleet }),
      );
    }),
  );
}

type Body = (interrupted: AbortSignal, onFleet: (fleet: Fleet) => void) => Promise<number>;

/** The first signal asks for a clean end, a second one gets an end at once. */
async function withSignals(body: Body): Promise<number> {
  const interrupt = new AbortController();
  let fleet: Fleet | null = null;
  let firstMs: number | null = null;
  const onSignal = (): void => {
    firstMs ??= systemClock.bootMs();
    interrupt.abort();
    if (systemClock.bootMs() - firstMs < SECOND_MS) return;
    void (fleet?.stop(0) ?? Promise.resolve()).finally(() => process.exit(EXIT_INTERRUPTED));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  return await body(interrupt.signal, (started) => {
    fleet = started;
  });
}
