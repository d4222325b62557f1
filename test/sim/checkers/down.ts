/**
 * Down: a box that has acknowledged a `down` starts nothing until it is told otherwise, whatever restarts (I14, I15);
 * and after a `down` everything has ended within the bounds that people were promised (I16).
 */
import type { Checker } from "../checker.ts";
import type { SimProcess } from "../process.ts";

const WORKING = ["up", "paused"];

export const downLatch: Checker = {
  name: "down-latch",
  promise: "I14, I15: a box that acknowledged down, or is latched by hand, starts nothing until it is lifted",
  watch: (world, violate) => {
    /** Last word of the hub that each box has heard. */
    const heard = new Map<string, { readonly generation: number; readonly mayWork: boolean }>();
    const acked = new Map<string, number>();
    /** A hand that came and went between two looks took the hub's latch away until the next. */
    const touchedMs = new Map<string, number>();
    const isTouched = (box: string): boolean =>
      world.nowMs - (touchedMs.get(box) ?? Number.NEGATIVE_INFINITY) < 10 * world.timing.tickMs;
    return {
      "box.unlatched": ({ box }) => void touchedMs.set(box.name, world.nowMs),
      "agent.heard": ({ agent, message }) => {
        const desired =
          message.kind === "welcome" ? message.desired : message.kind === "desired" ? message : null;
        if (desired === null) return;
        const mayWork = WORKING.includes(desired.state);
        heard.set(agent.box.name, { generation: desired.generation, mayWork });
        if (mayWork) acked.delete(agent.box.name);
      },
      "agent.sent": ({ agent, message }) => {
        if (message.kind !== "latchAck") return;
        const { box } = agent;
        const word = heard.get(box.name);
        if (word === undefined || word.mayWork || word.generation !== message.generation) return;
        acked.set(box.name, message.generation);
        if (box.latch === null && !isTouched(box.name))
          violate(`${box.name} acknowledged down ${message.generation} without its latch`);
      },
      "agent.decided": ({ agent, effects }) => {
        const { box, core } = agent;
        for (const effect of effects) {
          if (effect.kind !== "launch") continue;
          const generation = acked.get(box.name);
          if (generation !== undefined)
            violate(`${box.name} launches ${effect.job.jobId} after acknowledging down ${generation}`);
          if (core.state.latch === "local")
            violate(`${box.name} launches ${effect.job.jobId} while latched by hand`);
        }
      },
    };
  },
};

/** Slack of the bounds: what a tick, a message and a signal take, in a world that is slower than it should be. */
const SLACK_MS = 4_000;

export const downInTime: Checker = {
  name: "down-in-time",
  promise:
    "I16: after down nothing runs that could be ended, on a box out of reach after its lease and grace",
  watch: (world, violate) => {
    let downs = 0;
    let generation = 0;
    const { leaseTtlMs, termGraceMs, proofMs, shimTickMs } = world.timing;
    const look = (isOutOfTime: (process: SimProcess) => boolean, boundMs: number): void => {
      const order = downs;
      world.after(boundMs, "check.down", "world", () => {
        if (downs !== order) return false;
        for (const box of world.boxes) {
          for (const process of box.processes()) {
            if (!isOutOfTime(process)) continue;
            violate(
              `${process.job.jobId} (token ${process.job.token}) runs on ${box.name} ${boundMs} ms after down`,
            );
          }
        }
        return false;
      });
    };
    return {
      "hub.appended": ({ events }) => {
        for (const event of events) {
          if (event.kind !== "desired.changed") continue;
          downs++;
          generation = event.generation;
        }
      },
      told: ({ told }) => {
        // What was read before a later word and is told after it promises nothing.
        if (told.kind !== "desired" || told.state !== "down" || told.generation !== generation) return;
        const boundMs = 1.02 * (leaseTtlMs + termGraceMs + proofMs + shimTickMs) + SLACK_MS;
        const isEndable = ({ job, box, isWedged }: SimProcess): boolean =>
          !isWedged && job.offlineGraceMs === 0 && world.nowMs > box.thawedMs + boundMs;
        look(isEndable, boundMs);
      },
    };
  },
};
