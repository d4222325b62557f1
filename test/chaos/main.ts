/**
 * Chaos, the command: a fleet of real processes under load and faults, then the verdict over its history. It exits
 * with 1 when a promise was broken, and then leaves root and logs for whoever has to find out why.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { describeError } from "../../shared/errors.ts";
import { checkHistory } from "./check.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { drawReport, type Summary, summarise } from "./report.ts";
import { type RunResult, runChaos } from "./run.ts";
import { World } from "./world.ts";

const EXIT_VIOLATION = 1;
const EXIT_USAGE = 2;
const EXIT_FAILED = 70;
const EXIT_INTERRUPTED = 130;

export async function main(args: readonly string[], programs: string): Promise<number> {
  const options = parseOptions(args);
  if ("problem" in options) {
    process.stderr.write(`${options.problem}\n${USAGE}`);
    return EXIT_USAGE;
  }
  const stopping = new AbortController();
  const interrupt = (): void => stopping.abort();
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const world = new World(options, programs);
  say(
    `seed ${options.seed}: ${options.agents} agents, ${options.jobs} jobs; everything is in ${world.place}`,
  );
  let isKept = true;
  try {
    await world.open();
    const result = await runChaos(world, options, stopping.signal, say);
    if (stopping.signal.aborted) {
      isKept = false;
      return EXIT_INTERRUPTED;
    }
    const count = judge(result, world, options);
    isKept = count > 0;
    return count === 0 ? 0 : EXIT_VIOLATION;
  } catch (error) {
    say(`chaos itself has failed: ${describeError(error)}`);
    if (error instanceof Error) say(error.stack ?? "");
    return EXIT_FAILED;
  } finally {
    await world.close();
    if (isKept)
      say(
        `kept: ${world.place} (logs/, side/lines, root/); unmount root/agents and root before you delete it`,
      );
    else world.remove();
  }
}

/** Checks, writes both reports and says where. @returns how many promises were broken */
function judge(result: RunResult, world: World, options: Options): number {
  const violations = [...result.accidents, ...checkHistory(result.history)];
  const about = { options, machine: machine(), notes: world.notes };
  const summary = summarise(result, violations, about);
  const out = options.out ?? `${world.place}-report`;
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "chaos-report.md"), drawReport(summary, result, violations));
  const whole = { summary, violations, faults: result.faults, downs: result.downs };
  writeFileSync(join(out, "chaos-report.json"), `${JSON.stringify(whole, null, 2)}\n`);
  for (const { promise, check, detail } of violations.slice(0, 20))
    say(`BROKEN ${promise} (${check}): ${detail}`);
  say(verdict(summary));
  say(`report: ${join(out, "chaos-report.md")}`);
  return violations.length;
}

function verdict(summary: Summary): string {
  const { violations } = summary;
  const downs = summary.worstDownMs
    .map(({ reach, worstMs }) => `${reach} ${worstMs === null ? "never" : Math.round(worstMs)} ms`)
    .join(", ");
  return [
    `${summary.faults} faults, ${summary.acknowledged} jobs`,
    `lost ${violations.lost}, duplicated ${violations.duplicated}, doubly published ${violations["doubly published"]}`,
    `fencing ${violations.fencing}, order ${violations.order}, down ${violations.down}, fell ${violations.alive}`,
    `worst down: ${downs || "none"}`,
  ].join("; ");
}

function machine(): string {
  const gib = Math.round(totalmem() / 1024 ** 3);
  return `${cpus().length} cores, ${gib} GiB, Node ${process.versions.node}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
