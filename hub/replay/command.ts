/** `spiral-hub replay`: what another policy would have made of what has happened. Reads only. */
import { join, resolve } from "node:path";
import { FleetError } from "../../shared/errors.ts";
import { PRIORITIES, type Priority } from "../../shared/model/priority.ts";
import { GATE_POLICIES, type GateTable } from "../../shared/policy/gate.ts";
import { PLACEMENT_STRATEGIES } from "../../shared/policy/placement.ts";
import { safeText } from "../../shared/safe-text.ts";
import { type ReplayPolicy, recordedPolicy } from "../core/replay/policy.ts";
import type { ReplayReport } from "../core/replay/replay.ts";
import { replayFile } from "./source.ts";

export interface ReplayFlags {
  readonly from?: string;
  readonly timingScale?: string;
  readonly placement?: string;
  readonly governor?: string;
  readonly gates?: string;
  readonly gatePolicy?: string;
  readonly regrantAfter?: string;
  readonly maxAttempts?: string;
  readonly holeFast?: string;
  readonly tolerance?: string;
  readonly json?: boolean;
  readonly limit?: string;
}

/** Prints the differences; resolves with whether there was none. */
export async function runReplay(root: string, flags: ReplayFlags, print: (text: string) => void) {
  const path = resolve(flags.from ?? join(root, "hub", "journal.db"));
  const report = await replayFile(path, readPolicy(flags));
  if (flags.json === true) print(`${JSON.stringify(report)}\n`);
  else for (const line of drawReport(report, readNumber("limit", flags.limit) ?? 50)) print(`${line}\n`);
  return report;
}

/** The recorded policy with what the flags change. Throws FleetError `invalid` naming the flag. */
export function readPolicy(flags: ReplayFlags): ReplayPolicy {
  const base = recordedPolicy(readNumber("timing-scale", flags.timingScale) ?? 1);
  return {
    placement: readWord("placement", flags.placement, PLACEMENT_STRATEGIES) ?? base.placement,
    governor: readWord("governor", flags.governor, ["mechanical", "off"] as const) ?? base.governor,
    gates: readGates(flags.gates, base.gates),
    gatePolicy: readWord("gate-policy", flags.gatePolicy, GATE_POLICIES),
    regrantAfterMs: readNumber("regrant-after", flags.regrantAfter) ?? base.regrantAfterMs,
    maxAttempts: readNumber("max-attempts", flags.maxAttempts),
    holeFastMs: readNumber("hole-fast", flags.holeFast) ?? base.holeFastMs,
    tolerance: readNumber("tolerance", flags.tolerance),
  };
}

function readNumber(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new FleetError("invalid", `--${flag}: must be a number above 0, got "${text}"`);
}

function readWord<Word extends string>(
  flag: string,
  text: string | undefined,
  words: readonly Word[],
): Word | null {
  if (text === undefined) return null;
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  throw new FleetError("invalid", `--${flag}: must be ${words.join(", ")}, got "${text}"`);
}

/** `batch=0.6,background=0.7`: the others stay. */
function readGates(text: string | undefined, base: GateTable): GateTable {
  const gates: Record<Priority, number> = { ...base };
  for (const part of text === undefined ? [] : text.split(",")) {
    const [name = "", figure] = part.split("=");
    const priority = readWord("gates", name.trim(), PRIORITIES);
    const gate = readNumber("gates", figure ?? "");
    if (priority === null || gate === null || gate > 1)
      throw new FleetError("invalid", `--gates: a gate is a pressure up to 1, got "${part}"`);
    gates[priority] = gate;
  }
  return gates;
}

const WIDTHS = [8, 20, 11, 24, 28] as const;

function drawReport(report: ReplayReport, limit: number): readonly string[] {
  const { differences, differing, judged, notJudged, events, firstSeq, lastSeq } = report;
  const row = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => clip(safeText(cell), WIDTHS[at] ?? 80))
      .join("  ")
      .trimEnd();
  const table = differences
    .slice(0, limit)
    .map(({ seq, wallMs, decision, subject, was, wouldBe, why }) =>
      row([String(seq), timeOf(wallMs), decision, subject, `${was} → ${wouldBe}`, why]),
    );
  const total = Object.values(differing).reduce((sum, count) => sum + count, 0);
  const hidden = total - table.length;
  return [
    ...(table.length === 0
      ? []
      : [row(["SEQ", "TIME", "DECISION", "ABOUT", "WAS → WOULD BE", "WHY"]), ...table]),
    ...(hidden > 0 ? [`… and ${hidden} more: --limit, --json`] : []),
    `${events} events (${firstSeq}–${lastSeq}), ${words(judged)} judged; ${total} differ${total > 0 ? `: ${words(differing)}` : ""}`,
    ...Object.entries(notJudged).map(([what, count]) => `not judged: ${count} × ${what} is not recorded`),
  ];
}

function words(table: Readonly<Record<string, number>>): string {
  return (
    Object.entries(table)
      .map(([name, count]) => `${count} ${name}`)
      .join(", ") || "nothing"
  );
}

/** Local time, sortable. */
function timeOf(wallMs: number): string {
  return new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" }).format(wallMs);
}

function clip(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;
}
