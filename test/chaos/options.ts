/** Options: what a run of chaos was asked for. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { FAULT_KINDS, type FaultKind } from "./schedule.ts";

export interface Options {
  readonly minutes: number;
  readonly seed: string;
  readonly agents: number;
  readonly jobs: number;
  readonly scale: number;
  /** The kinds of faults that may come; none of them: what the fleet does when it is left alone. */
  readonly kinds: readonly FaultKind[];
  /** Absolute; null: a new directory below the temporary one. */
  readonly out: string | null;
}

export const USAGE = `npm run chaos -- [--minutes 5] [--seed N] [--agents 8] [--jobs 700 per minute] [--scale 0.2] [--only KIND,KIND] [--calm] [--out DIR]
  --minutes  how long faults go on; healing and draining come after
  --scale    shrinks the durations of the lease protocol, in (0, 1]
  --only     faults of these kinds alone: ${FAULT_KINDS.join(" ")}
  --calm     the same load without a fault
  --out      where chaos-report.md and chaos-report.json are written
`;

const JOBS_PER_MINUTE = 700;
const AGENTS_MAX = 64;

/** What the arguments ask for, or why they cannot be met. */
export function parseOptions(args: readonly string[]): Options | { readonly problem: string } {
  const text = { type: "string" } as const;
  const options = { minutes: text, seed: text, agents: text, jobs: text, scale: text, out: text, only: text };
  let values: Partial<Record<keyof typeof options, string>> & { readonly calm?: boolean };
  try {
    values = parseArgs({ args: [...args], options: { ...options, calm: { type: "boolean" } } }).values;
  } catch (error) {
    return { problem: (error as Error).message };
  }
  const minutes = Number(values.minutes ?? 5);
  const agents = Number(values.agents ?? 8);
  const jobs = Number(values.jobs ?? Math.ceil(minutes * JOBS_PER_MINUTE));
  const scale = Number(values.scale ?? 0.2);
  if (!(minutes > 0)) return { problem: "--minutes must be more than 0" };
  if (!Number.isInteger(agents) || agents < 2 || agents > AGENTS_MAX)
    return { problem: `--agents must be a whole number from 2 to ${AGENTS_MAX}` };
  if (!Number.isInteger(jobs) || jobs < 1) return { problem: "--jobs must be a whole number, at least 1" };
  if (!(scale > 0 && scale <= 1)) return { problem: "--scale must be in (0, 1]" };
  const wanted = values.calm === true ? [] : (values.only?.split(",") ?? FAULT_KINDS);
  const kinds = FAULT_KINDS.filter((kind) => wanted.includes(kind));
  if (kinds.length < wanted.length) return { problem: `--only: kinds are ${FAULT_KINDS.join(", ")}` };
  const out = values.out === undefined ? null : resolve(values.out);
  return { minutes, seed: values.seed ?? "1", agents, jobs, scale, kinds, out };
}
