/**
 * Bedroom: puts consumers to sleep and wakes them, with a record on the disk that outlives the agent. It knows
 * which processes a consumer had when it was parked, since a parked process holds nothing that a driver shows.
 */
import { describeError } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import type { Rung } from "../shared/policy/eviction.ts";
import { fallAsleep, type ProcessMark, sleeperGone, wakeEnded } from "./core/sleepers.ts";
import type { AgentCore } from "./core/state.ts";
import type { Act } from "./effects.ts";
import type { Evictor } from "./evict/evictor.ts";
import { isAlive, type ProcessTable } from "./process/proc.ts";
import type { SleeperStore } from "./store/sleepers.ts";

export interface BedroomOptions {
  readonly core: AgentCore;
  readonly act: Act;
  readonly log: Log;
  readonly store: SleeperStore;
  readonly processes: ProcessTable;
  readonly evictorOf: (consumerId: string) => Evictor | null;
  /** The processes that hold VRAM of a consumer now. */
  readonly holdersOf: (consumerId: string) => readonly number[];
}

export interface Bedroom {
  rememberSleep(evictor: Evictor): Evictor;
  wake(consumerId: string, rung: Rung): void;
  /** Its processes: those it was parked with, or those that hold VRAM now. */
  pidsOf(consumerId: string): readonly number[];
}

/** What a restore may take; loading weights back is slow. */
const WAKE_MS = 120_000;

/** Takes over who an earlier agent put to sleep. */
export function openBedroom(options: BedroomOptions): Bedroom {
  const { core, act, log, store, processes } = options;
  for (const sleeper of store.load()) core.state.sleepers.set(sleeper.id, sleeper);
  const save = async (): Promise<void> => {
    try {
      await store.save(core.state.sleepers.values());
    } catch (error) {
      const reason = describeError(error);
      log.error({ event: "effect.failed", what: "remember who sleeps", reason }, "the disk does not take it");
    }
  };
  const marksOf = (id: string): readonly ProcessMark[] =>
    options.holdersOf(id).flatMap((pid) => {
      const stat = processes.stat(pid);
      return stat === null ? [] : [{ pid, startTicks: stat.startTicks }];
    });
  const wake = async (id: string, rung: Rung): Promise<void> => {
    if (rung === "park" && bedroom.pidsOf(id).length === 0) {
      act((tx) => sleeperGone(tx, id));
      return save();
    }
    const problem = await restore(options.evictorOf(id), rung);
    act((tx) => wakeEnded(tx, id, problem));
    await save();
  };
  const bedroom: Bedroom = {
    rememberSleep: (evictor) => ({
      ...evictor,
      evict: async (rung, bytesWanted, signal) => {
        const gpu = cardOf(core, evictor.id);
        if (!keepsState(evictor, rung) || gpu === null) return evictor.evict(rung, bytesWanted, signal);
        act((tx) => fallAsleep(tx, { id: evictor.id, gpu, rung, processes: marksOf(evictor.id) }));
        await save();
        return evictor.evict(rung, bytesWanted, signal);
      },
    }),
    wake: (id, rung) => void wake(id, rung),
    pidsOf: (id) => {
      const sleeper = core.state.sleepers.get(id);
      if (sleeper === undefined || sleeper.phase === "falling") return options.holdersOf(id);
      return sleeper.processes.filter((mark) => isAlive(processes, mark)).map(({ pid }) => pid);
    },
  };
  return bedroom;
}

/** Whether what this rung does can be undone. */
function keepsState({ restore: undo, restores }: Evictor, rung: Rung): boolean {
  if (undo === null || rung === "term" || rung === "kill") return false;
  return restores?.(rung) ?? true;
}

function cardOf({ state }: AgentCore, id: string): string | null {
  return [...state.cards].find(([, { consumers }]) => consumers.has(id))?.[0] ?? null;
}

/** Null when it is awake. */
async function restore(evictor: Evictor | null, rung: Rung): Promise<string | null> {
  if (evictor?.restore == null) return "nobody here knows how it is woken";
  try {
    const outcome = await evictor.restore(rung, AbortSignal.timeout(WAKE_MS));
    return outcome.kind === "done" || outcome.kind === "idle" ? null : outcome.detail;
  } catch (error) {
    return describeError(error);
  }
}
