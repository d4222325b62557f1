/** Bench: runs the benchmarks that were named, or all, and tells what they found as JSON and as a table. */
import { writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../shared/package-root.ts";
import { p5 } from "./agent.ts";
import { p4 } from "./idle.ts";
import { p6, p7 } from "./latency.ts";
import { p8, p9 } from "./recovery.ts";
import { markdown, type Result } from "./result.ts";
import { type Places, Rig } from "./rig.ts";
import { p1, p2, p3, p13 } from "./throughput.ts";

type Benchmark = (rig: Rig) => Promise<readonly Result[]>;

const BENCHMARKS: Readonly<Record<string, Benchmark>> = { p1, p2, p3, p4, p5, p6, p7, p8, p9, p13 };
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  agent: ["p5", "p7"],
  hub: ["p1", "p2", "p3", "p4", "p6", "p8", "p9", "p13"],
};
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

export async function bench(names: readonly string[], places: Places): Promise<void> {
  const wanted = names.flatMap((name) => GROUPS[name.toLowerCase()] ?? [name.toLowerCase()]);
  const unknown = wanted.filter((name) => BENCHMARKS[name] === undefined);
  if (unknown.length > 0) {
    const known = [...Object.keys(GROUPS), ...Object.keys(BENCHMARKS)].join(", ");
    process.stderr.write(`no benchmark ${unknown.join(", ")}; known: ${known}\n`);
    process.exit(EXIT_USAGE);
  }
  const results: Result[] = [];
  for (const [name, run] of Object.entries(BENCHMARKS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    results.push(...(await runOne(name, run, places)));
  }
  const report = {
    wallTime: new Date().toISOString(),
    node: process.version,
    cores: availableParallelism(),
    results,
  };
  writeFileSync(join(packageRoot(), "test/bench/results.json"), `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(`\n${markdown(results)}`);
  process.exit(0);
}

async function runOne(name: string, run: Benchmark, places: Places): Promise<readonly Result[]> {
  process.stderr.write(`${name} … (load ${loadavg()[0]?.toFixed(1)})\n`);
  const rig = new Rig(places);
  const abandon = (): void => void rig.stop().then(() => process.exit(EXIT_INTERRUPTED));
  process.once("SIGINT", abandon).once("SIGTERM", abandon);
  try {
    const results = await run(rig);
    process.stderr.write(markdown(results).split("\n").slice(2).join("\n"));
    return results;
  } finally {
    process.off("SIGINT", abandon).off("SIGTERM", abandon);
    await rig.stop();
  }
}
