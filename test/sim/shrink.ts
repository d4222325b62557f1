/**
 * Shrink: makes a failing world simpler for as long as it still fails: it takes faults, deeds and kinds of jobs away
 * one after another, and boxes. What is left is what matters.
 */
import { DEEDS, FAULTS, type Options } from "./options.ts";
import { runSeed, type SeedSettings } from "./run-seed.ts";

type Change = readonly [name: string, change: (options: Options) => Options];

const CHANGES: readonly Change[] = [
  ...FAULTS.map((fault): Change => [`no ${fault}`, (o) => ({ ...o, faultMs: { ...o.faultMs, [fault]: 0 } })]),
  ...DEEDS.filter((deed) => deed !== "submit").map(
    (deed): Change => [`no ${deed}`, (o) => ({ ...o, deedMs: { ...o.deedMs, [deed]: 0 } })],
  ),
  ["no death at a sync", (o) => ({ ...o, dieAtSync: 0 })],
  ["no death at a file", (o) => ({ ...o, dieAtFile: 0 })],
  ["no slow sync", (o) => ({ ...o, slowSyncRatio: 0 })],
  ["no slow message", (o) => ({ ...o, tailRatio: 0 })],
  ["no lost telemetry", (o) => ({ ...o, telemetryLoss: 0 })],
  ["no drift", (o) => ({ ...o, drift: 0 })],
  ...(
    ["poison", "badParams", "failure", "ignoresTerm", "unkillable", "outputs", "inputs", "finishes"] as const
  ).map((kind): Change => [`no ${kind}`, (o) => ({ ...o, jobs: { ...o.jobs, [kind]: 0 } })]),
  ...(["delayed", "overclaims", "leaks", "cpu", "services", "dependents"] as const).map(
    (kind): Change => [`no ${kind}`, (o) => ({ ...o, jobs: { ...o.jobs, [kind]: 0 } })],
  ),
  ["one box", (o) => ({ ...o, boxes: 1 })],
  ["two boxes", (o) => ({ ...o, boxes: Math.min(2, o.boxes) })],
  ["one slot", (o) => ({ ...o, slots: 1 })],
];

/** Prints what could be taken away, and the trace of the simplest world; 0 when the seed does not fail at all. */
export async function shrink(settings: SeedSettings, write: (line: string) => void): Promise<number> {
  const first = (await runSeed(settings)).violation;
  if (first === null) {
    write(`seed ${settings.seed} keeps every promise`);
    return 0;
  }
  let adjust = (options: Options): Options => options;
  for (const [name, change] of CHANGES) {
    const before = adjust;
    const next = (options: Options): Options => change(before(options));
    const { violation } = await runSeed({ ...settings, adjust: next });
    if (violation?.checker !== first.checker) continue;
    adjust = next;
    write(`${name}: it fails all the same, at step ${violation.step}`);
  }
  const { violation } = await runSeed({ ...settings, adjust, write });
  write(`${first.checker}: ${violation?.detail ?? ""}`);
  return 1;
}
