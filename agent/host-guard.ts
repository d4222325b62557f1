/**
 * Host guard: looks at main memory for the gates and for relief, every second whatever the pressure: a leak fills
 * a box between two polls of a calm watcher.
 */
import type { Clock } from "../shared/clock.ts";
import { describeError } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { createLoop } from "../shared/loop.ts";
import type { Timing } from "../shared/model/timing.ts";
import { aboveFloor } from "../shared/policy/host-memory.ts";
import { observeHostMemory } from "./core/host-gate.ts";
import type { AgentCore } from "./core/state.ts";
import type { Act } from "./effects.ts";
import { createMemoryReader } from "./host/memory-reader.ts";
import { HOST_ROOTS } from "./host/roots.ts";
import type { Supervisor } from "./process/supervisor-port.ts";

export interface HostGuardOptions {
  readonly core: AgentCore;
  readonly act: Act;
  readonly supervisor: Pick<Supervisor, "usage">;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly log: Log;
}

export interface HostGuard {
  stop(): Promise<void>;
}

export function guardHostMemory({ core, act, supervisor, clock, timing, log }: HostGuardOptions): HostGuard {
  const reader = createMemoryReader(HOST_ROOTS);
  const loop = createLoop({
    everyMs: timing.telemetryMs,
    run: () => {
      const { host } = reader.read(clock.bootMs());
      const reading = host && aboveFloor(host, core.state.governance.ledger.osFloorBytes);
      const used = [...core.state.attempts.keys()].flatMap(
        (token): readonly (readonly [number, number])[] => {
          const usage = supervisor.usage(token);
          return usage === null ? [] : [[token, usage.rssBytes]];
        },
      );
      act((tx) => observeHostMemory(tx, { reading, rssByToken: new Map(used) }));
    },
    onError: (error) =>
      log.error({ event: "loop.failed", reason: describeError(error) }, "main memory cannot be looked at"),
  });
  return {
    stop: async () => {
      await loop.stop();
      reader.close();
    },
  };
}
