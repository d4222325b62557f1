/**
 * Command evictor: any program that makes a consumer give VRAM back. Exit 0 is done, 75 (EX_TEMPFAIL) busy,
 * everything else a failure; it is told the bytes that are wanted in SPIRAL_BYTES_WANTED.
 */
import type { Rung } from "../../shared/policy/eviction.ts";
import type { EvictOutcome, Evictor } from "./evictor.ts";
import { offerOf } from "./http-evictor.ts";
import { type Command, runCommand } from "./run-command.ts";

export interface CommandRung {
  readonly argv: Command["argv"];
  /** What it returns, in bytes; null: all that the consumer holds. */
  readonly bytes: number | null;
}

export interface CommandEvictorConfig {
  readonly rungs: Readonly<Partial<Record<Rung, CommandRung>>>;
  readonly spills: readonly Rung[];
  readonly restore: Command["argv"] | null;
}

const BUSY_EXIT = 75;
const MAX_QUOTE = 200;

export function createCommandEvictor(id: string, config: CommandEvictorConfig): Evictor {
  const { rungs, spills, restore } = config;
  return {
    id,
    spills,
    rungs: (heldBytes) => offerOf(rungs, heldBytes),
    evict: async (rung, bytesWanted, signal) => {
      const { argv } = rungs[rung] ?? {};
      if (argv === undefined) return { kind: "failed", detail: `no rung ${rung}` };
      const env = { SPIRAL_BYTES_WANTED: String(bytesWanted), SPIRAL_CONSUMER: id };
      return judge({ argv, env }, signal);
    },
    restore: restore === null ? null : (_rung, signal) => judge({ argv: restore }, signal),
  };
}

async function judge(command: Command, signal: AbortSignal): Promise<EvictOutcome> {
  const result = await runCommand(command, signal);
  if (result.kind === "failed") return result;
  const detail = `${command.argv[0]}: exit ${result.code}: ${result.output.slice(-MAX_QUOTE)}`;
  if (result.code === BUSY_EXIT) return { kind: "busy", detail };
  return { kind: result.code === 0 ? "done" : "failed", detail };
}
