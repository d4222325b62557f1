/**
 * Bench: runs the benchmarks that were named, or all, and tells what they found as JSON and as a table. Each
 * stands alone: one that fails or takes too long is a row that says so, and the others go on.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism, loadavg, release, type } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../shared/package-root.ts";
import { p5 } from "./agent.ts";
import { p4 } from "./idle.ts";
import { p6, p7 } from "./latency.ts";
import { p2 } from "./queue.ts";
import { p8, p9 } from "./recovery.ts";
import { absoluteResult, figuresOf, markdown, type Result } from "./result.ts";
import { type Places, Rig, sleep } from "./rig.ts";
import { p12 } from "./simulator.ts";
import { p1, p3, p13 } from "./throughput.ts";

type Benchmark = (rig: Rig) => Promise<readonly Result[]>;

const BENCHMARKS: Readonly<Record<string, Benchmark>> = { p1, p2, p3, p4, p5, p6, p7, p8, p9, p12, p13 };
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  agent: ["p5", "p7"],
  hub: ["p1", "p2", "p3", "p4", "p6", "p8", "p9", "p13"],
};
const QUICK = "--quick";
/** P2, the longest, takes some eight minutes on a quiet machine, and all of them some twenty. */
const LIMIT_MS = 15 * 60_000;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

export async function bench(args: readonly string[], places: Places): Promise<void> {
  const isQuick = args.includes(QUICK);
  const named = args.filter((arg) => arg !== QUICK).map((name) => name.toLowerCase());
  const wanted = named.flatMap((name) => GROUPS[name] ?? [name]);
  const unknown = wanted.filter((name) => BENCHMARKS[name] === undefined);
  if (unknown.length > 0) {
    const known = [...Object.keys(GROUPS), ...Object.keys(BENCHMARKS), QUICK].join(", ");
    process.stderr.write(`no benchmark ${unknown.join(", ")}; known: ${known}\n`);
    process.exit(EXIT_USAGE);
  }
  const chosen = Object.entries(BENCHMARKS).filter(([name]) => wanted.length === 0 || wanted.includes(name));
  const minutes = (chosen.length * LIMIT_MS) / 60_000;
  process.stderr.write(`${chosen.length} benchmarks, ${minutes} minutes at the very most\n`);
  const startMs = performance.now();
  const begun = `${new Date().toISOString().slice(0, 10)}, load ${loadavg()[0]?.toFixed(1)} when it began`;
  const results: Result[] = [];
  let failures = 0;
  for (const [name, run] of chosen) {
    const { rows, hasFailed } = await runOne(name, run, new Rig(places, isQuick));
    results.push(...rows);
    if (hasFailed) failures += 1;
    // Whoever interrupts the rest keeps what there is.
    write(results, isQuick, begun);
  }
  const tookMinutes = ((performance.now() - startMs) / 60_000).toFixed(1);
  process.stdout.write(`\n${markdown(results)}\n${tookMinutes} minutes, ${failures} benchmarks failed\n`);
  process.exit(failures === 0 ? 0 : EXIT_FAILED);
}

/** The table stands in `docs/performance.md` as it is written here. */
function write(results: readonly Result[], isQuick: boolean, begun: string): void {
  const report = {
    wallTime: new Date().toISOString(),
    node: process.version,
    cores: availableParallelism(),
    isQuick,
    results,
  };
  const folder = join(packageRoot(), "test/bench");
  writeFileSync(join(folder, "results.json"), `${JSON.stringify(report, null, 2)}\n`);
  const rounds = isQuick ? "two rounds, not to judge by" : "five rounds";
  const machine = `Node ${process.version.slice(1)}, ${availableParallelism()} cores, ${type()} ${release()}`;
  writeFileSync(join(folder, "results.md"), `${begun}; ${machine}; ${rounds} each.\n\n${markdown(results)}`);
}

interface Outcome {
  readonly rows: readonly Result[];
  readonly hasFailed: boolean;
}

async function runOne(name: string, run: Benchmark, rig: Rig): Promise<Outcome> {
  process.stderr.write(`${name} … (load ${loadavg()[0]?.toFixed(1)})\n`);
  const startMs = performance.now();
  const abandon = (): void => void rig.stop().then(() => process.exit(EXIT_INTERRUPTED));
  let stray = (_: unknown): void => {};
  const strayed = new Promise<never>((_, reject) => {
    stray = reject;
  });
  process.once("SIGINT", abandon).once("SIGTERM", abandon).on("uncaughtException", stray);
  const outcome = await Promise.race([run(rig), giveUp(), strayed]).then(
    (rows): Outcome => ({ rows, hasFailed: false }),
    (error: unknown): Outcome => ({ rows: [failedResult(name, error)], hasFailed: true }),
  );
  process.off("SIGINT", abandon).off("SIGTERM", abandon);
  await rig
    .stop()
    .catch((error: unknown) => process.stderr.write(`${name} left something behind: ${error}\n`));
  process.off("uncaughtException", stray);
  process.stderr.write(markdown(outcome.rows).split("\n").slice(2).join("\n"));
  process.stderr.write(`${name} took ${Math.round((performance.now() - startMs) / 1000)} s\n`);
  return outcome;
}

async function giveUp(): Promise<never> {
  await sleep(LIMIT_MS);
  throw new Error(`given up after ${LIMIT_MS / 60_000} minutes`);
}

function failedResult(name: string, error: unknown): Result {
  const told = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`${name} failed: ${told.stack ?? told.message}\n`);
  const notes = (told.message.split("\n")[0] ?? "").replaceAll("|", "/");
  return absoluteResult({
    id: name.toUpperCase(),
    what: "the whole benchmark",
    value: "failed",
    figures: figuresOf([]),
    bar: "",
    isMet: null,
    notes,
  });
}
