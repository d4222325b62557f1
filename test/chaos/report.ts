/** Report: what a run was and what it found, for people as Markdown and for programs as JSON. Pure. */
import { rerunsOf } from "./checks/executions.ts";
import { endsOf, ofKind } from "./checks/journal.ts";
import { SLACK_MS } from "./downs.ts";
import { type Growth, growthOf, quantile } from "./figures.ts";
import type { Promised, Violation } from "./history.ts";
import type { Options } from "./options.ts";
import type { RunResult } from "./run.ts";

export interface Summary {
  readonly options: Options;
  readonly machine: string;
  readonly notes: readonly string[];
  readonly faults: number;
  readonly jobs: number;
  readonly acknowledged: number;
  readonly succeeded: number;
  readonly otherEnds: number;
  readonly published: number;
  readonly executions: number;
  readonly reruns: number;
  /** Runs that ended well although another had ended well before: its result had not been taken in time. */
  readonly rerunsAfterOk: number;
  readonly failedCalls: number;
  readonly violations: Readonly<Record<Promised, number>>;
  readonly worstDownMs: readonly {
    readonly reach: string;
    readonly count: number;
    readonly worstMs: number | null;
    readonly boundMs: number;
  }[];
  readonly hubBackMs: readonly (number | null)[];
  readonly agentBackMs: readonly (number | null)[];
  readonly hubAnswersMs: readonly (number | null)[];
  readonly loadMean: number;
  readonly loadMax: number;
  readonly drainMs: number;
  readonly growth: readonly Growth[];
}

const PROMISES: readonly Promised[] = [
  "lost",
  "duplicated",
  "doubly published",
  "fencing",
  "order",
  "down",
  "alive",
];

export function summarise(
  result: RunResult,
  violations: readonly Violation[],
  about: { readonly options: Options; readonly machine: string; readonly notes: readonly string[] },
): Summary {
  const { history, meter, recoveries } = result;
  const ended = endsOf(history.journal).length;
  const succeeded = ofKind(history.journal, "job.succeeded").length;
  const { reruns, afterOk } = rerunsOf(history);
  const back = (name: string): readonly number[] =>
    recoveries.filter((each) => each.name === name).map(({ tookMs }) => tookMs);
  return {
    ...about,
    faults: result.faults.length,
    jobs: history.submits.length,
    acknowledged: history.submits.filter(({ acknowledgedMs }) => acknowledgedMs !== null).length,
    succeeded,
    otherEnds: ended - succeeded,
    published: history.renders.length,
    executions: history.runs.filter(({ kind }) => kind === "start").length,
    reruns,
    rerunsAfterOk: afterOk,
    failedCalls: result.failedCalls,
    violations: Object.fromEntries(
      PROMISES.map((promise) => [promise, violations.filter((each) => each.promise === promise).length]),
    ) as Summary["violations"],
    worstDownMs: worstDowns(result),
    hubBackMs: spread(back("hub")),
    agentBackMs: spread(back("agent")),
    hubAnswersMs: spread(meter.answersMs),
    loadMean: meter.loads.reduce((sum, load) => sum + load, 0) / Math.max(1, meter.loads.length),
    loadMax: Math.max(0, ...meter.loads),
    drainMs: result.drainMs,
    growth: growthOf(meter.lives()),
  };
}

function worstDowns({ downs }: RunResult): Summary["worstDownMs"] {
  return [...new Set(downs.map(({ reach }) => reach))].map((reach) => {
    const own = downs.filter((span) => span.reach === reach);
    const took = own.map(({ goneMs, askedMs }) => (goneMs === null ? null : goneMs - askedMs));
    const worstMs = took.includes(null) ? null : Math.max(...took.map(Number));
    return { reach, count: own.length, worstMs, boundMs: own[0]?.boundMs ?? 0 };
  });
}

/** Median, 99th percentile and worst. */
function spread(values: readonly number[]): readonly (number | null)[] {
  return [0.5, 0.99, 1].map((ratio) => quantile(values, ratio));
}

export function drawReport(summary: Summary, result: RunResult, violations: readonly Violation[]): string {
  return [
    ...drawHead(summary, violations),
    ...drawTimes(summary),
    ...drawGrowth(summary.growth),
    ...drawFaults(result),
    "",
  ].join("\n");
}

function drawHead(summary: Summary, violations: readonly Violation[]): readonly string[] {
  const { options, machine, notes } = summary;
  const verdict =
    violations.length === 0 ? "every promise was kept" : `${violations.length} promises were broken`;
  return [
    `# Chaos: ${verdict}`,
    "",
    `Seed ${options.seed}, ${options.minutes} min of faults, 1 hub and ${options.agents} agents, timing scale ${options.scale}, on ${machine}.`,
    `Load average of the machine meanwhile: ${summary.loadMean.toFixed(1)}, at most ${summary.loadMax.toFixed(1)}.`,
    `Again: \`npm run chaos -- --minutes ${options.minutes} --seed ${options.seed} --agents ${options.agents} --jobs ${options.jobs} --scale ${options.scale}\``,
    ...notes.map((note) => `Left out: ${note}.`),
    "",
    "| what | figure |",
    "|---|---:|",
    `| faults | ${summary.faults} |`,
    `| jobs asked for, acknowledged | ${summary.jobs}, ${summary.acknowledged} |`,
    `| succeeded, ended otherwise | ${summary.succeeded}, ${summary.otherEnds} |`,
    `| outputs published | ${summary.published} |`,
    `| processes started for them | ${summary.executions} |`,
    `| of these again, after a loss | ${summary.reruns} |`,
    `| of these again, although the first had done its work before it was lost | ${summary.rerunsAfterOk} |`,
    `| calls that failed and were repeated | ${summary.failedCalls} |`,
    ...PROMISES.map(
      (promise) =>
        `| **${promise === "alive" ? "fell or did not heal" : promise}** | **${summary.violations[promise]}** |`,
    ),
    "",
    ...(violations.length === 0 ? [] : ["## Broken", "", ...violations.map(drawViolation), ""]),
  ];
}

function drawViolation({ promise, check, detail }: Violation): string {
  return `- ${promise} (${check}): ${detail}`;
}

function drawTimes(summary: Summary): readonly string[] {
  const row = (what: string, values: readonly (number | null)[]): string =>
    `| ${what} | ${values.map((value) => (value === null ? "–" : Math.round(value))).join(" | ")} |`;
  return [
    "## Times, in ms",
    "",
    "| what | median | 99 % | worst |",
    "|---|---:|---:|---:|",
    row("hub, from its start until it serves", summary.hubBackMs),
    row("agent, from its start until it is ready", summary.agentBackMs),
    row("an answer of the hub, while nothing was done to it", summary.hubAnswersMs),
    `| from the last fault until all was done | ${Math.round(summary.drainMs)} | | |`,
    "",
    `From \`down\` to the end of the last process; each bound includes ${SLACK_MS} ms for a busy machine.`,
    "",
    "| who heard it | times | worst | bound |",
    "|---|---:|---:|---:|",
    ...summary.worstDownMs.map(
      ({ reach, count, worstMs, boundMs }) =>
        `| ${reach} | ${count} | ${worstMs === null ? "never" : Math.round(worstMs)} | ${Math.round(boundMs)} |`,
    ),
    "",
  ];
}

function drawGrowth(growth: readonly Growth[]): readonly string[] {
  const figure = (value: number | null): string => (value === null ? "–" : value.toFixed(2));
  return [
    "## Memory and descriptors",
    "",
    "Slopes are of lives of more than 40 s, without their first 20 s.",
    "",
    "| process | measured, s | RSS, MiB/min | most, MiB | descriptors/min | most |",
    "|---|---:|---:|---:|---:|---:|",
    ...growth.map(
      (each) =>
        `| ${each.name} | ${each.seconds} | ${figure(each.rssMibPerMinute)} | ${each.rssMaxMib.toFixed(0)} | ${figure(each.descriptorsPerMinute)} | ${each.descriptorsMax} |`,
    ),
    "",
  ];
}

function drawFaults({ faults }: RunResult): readonly string[] {
  return [
    "## Faults",
    "",
    "| at, s | fault | on | what | healed after, s |",
    "|---:|---|---|---|---:|",
    ...[...faults]
      .sort((a, b) => a.number - b.number)
      .map(
        ({ atMs, kind, subjects, note, tookMs }) =>
          `| ${(atMs / 1000).toFixed(1)} | ${kind} | ${subjects.join(" ")} | ${note} | ${(tookMs / 1000).toFixed(1)} |`,
      ),
  ];
}
