/** GPU frame: cards, gates, budgets and who holds VRAM, as `spiral gpu` shows them. Pure. */
import type { LocalStats } from "../../shared/wire/local-types.ts";
import type { NodeAnswers } from "../../shared/wire/node-answers.ts";
import { clipText, formatBytes, formatDuration, formatKnownBytes } from "./format.ts";
import { type Answered, answered, type NodeReply } from "./nodes.ts";
import type { Colours } from "./output.ts";
import { type Cell, formatTable } from "./table.ts";

type GpuStats = LocalStats["gpus"][number];
type Registry = NodeAnswers["eviction-registry"];
type Candidates = NodeAnswers["eviction-candidates"];

const CARD_WIDTH = 16;

/** A simulated card says so in its UUID; people are told in words as well, wherever it is shown. */
export function markCard(uuid: string, text = uuid): string {
  return uuid.startsWith("GPU-sim-") && !text.includes("simulated") ? `${text} (simulated)` : text;
}

function shortCard(uuid: string): string {
  return markCard(uuid, clipText(uuid, CARD_WIDTH));
}

export function paintLevel(level: GpuStats["level"], colours: Colours): (text: string) => string {
  return { normal: colours.green, warning: colours.yellow, high: colours.red, critical: colours.red }[level];
}

const CARD_COLUMNS = [
  { head: "NODE" },
  { head: "CARD" },
  { head: "NAME" },
  { head: "SOURCE" },
  { head: "USED", isFigure: true },
  { head: "USABLE", isFigure: true },
  { head: "PRESSURE", isFigure: true },
  { head: "PROMISED", isFigure: true },
  { head: "MEASURED", isFigure: true },
  { head: "FOREIGN", isFigure: true },
  { head: "AGE", isFigure: true },
];

/** One row a card; gates and budgets as well where there is only one. */
export function drawStats(replies: readonly NodeReply<LocalStats>[], colours: Colours): readonly string[] {
  const cards = answered(replies).flatMap((reply) => reply.answer.gpus.map((gpu) => ({ reply, gpu })));
  const bare = answered(replies).filter(({ answer }) => answer.gpus.length === 0);
  const rows = cards.map(({ reply, gpu }) => cardRow(reply, gpu, colours));
  const [only, another] = cards;
  return [
    ...(rows.length === 0 ? [] : formatTable(CARD_COLUMNS, rows, colours.dim)),
    ...bare.map(({ node }) => `${node}: no card has been read; this node admits no VRAM job`),
    ...drawProblems(replies, colours),
    ...(only === undefined || another !== undefined ? [] : drawCard(only.gpu, only.reply.answer, colours)),
  ];
}

function cardRow({ node, ageMs }: Answered<LocalStats>, gpu: GpuStats, colours: Colours): readonly Cell[] {
  return [
    node,
    clipText(gpu.uuid, CARD_WIDTH),
    gpu.name ?? "unknown",
    sourceOf(gpu, colours),
    formatBytes(gpu.usedBytes),
    formatBytes(gpu.usableBytes),
    { text: `${gpu.pressure.toFixed(2)} ${gpu.level}`, paint: paintLevel(gpu.level, colours) },
    formatBytes(gpu.reservedBytes),
    formatKnownBytes(gpu.measuredBytes),
    formatKnownBytes(gpu.foreignBytes),
    gpu.sampleAgeMs === null ? "never read" : formatDuration(gpu.sampleAgeMs + ageMs),
  ];
}

function sourceOf({ source }: GpuStats, colours: Colours): Cell {
  if (source === "simulated") return { text: source, paint: colours.yellow };
  return source ?? "nobody reads it";
}

function drawCard(gpu: GpuStats, stats: LocalStats, colours: Colours): readonly string[] {
  return [
    "",
    `${markCard(gpu.uuid)}, ${formatBytes(gpu.totalBytes)}`,
    "",
    ...drawGates(gpu, colours),
    "",
    ...drawBudgets(gpu.budgets, colours),
    ...gpu.overclaimed.map(
      ({ label, reservedBytes, measuredBytes }) =>
        `${colours.yellow("holds less than it says")}  ${label}: ${formatBytes(reservedBytes)} promised, ${formatBytes(measuredBytes)} measured`,
    ),
    ...drawOwners(stats, colours),
  ];
}

const GATE_COLUMNS = [
  { head: "GATE" },
  { head: "SHUT FROM", isFigure: true },
  { head: "ROOM", isFigure: true },
  { head: "HOLDERS", isFigure: true },
  { head: "REFUSED", isFigure: true },
  { head: "" },
];

function drawGates({ gates }: GpuStats, colours: Colours): readonly string[] {
  const rows = gates.map((row): readonly Cell[] => [
    row.priority,
    row.gate.toFixed(2),
    formatBytes(row.headroomBytes),
    String(row.live),
    String(row.refusals),
    gateNote(row, colours),
  ]);
  return formatTable(GATE_COLUMNS, rows, colours.dim);
}

function gateNote(
  { isStructurallyStarved, headroomBytes }: GpuStats["gates"][number],
  colours: Colours,
): Cell {
  if (isStructurallyStarved)
    return { text: "structurally starved: the residents alone keep it shut", paint: colours.red };
  return headroomBytes === 0 ? { text: "shut", paint: colours.yellow } : "";
}

const BUDGET_COLUMNS = [
  { head: "SUBSYSTEM" },
  { head: "BUDGET", isFigure: true },
  { head: "NOW", isFigure: true },
  { head: "HELD", isFigure: true },
  { head: "" },
];

export function drawBudgets(budgets: GpuStats["budgets"], colours: Colours): readonly string[] {
  const rows = budgets.map((row): readonly Cell[] => {
    const now = formatBytes(row.currentBytes);
    return [
      row.subsystem,
      formatBytes(row.baselineBytes),
      row.currentBytes === row.baselineBytes ? now : { text: now, paint: colours.yellow },
      formatBytes(row.heldBytes),
      row.heldBytes > row.currentBytes ? { text: "over budget", paint: colours.yellow } : "",
    ];
  });
  return formatTable(BUDGET_COLUMNS, rows, colours.dim);
}

/** What owners do and how well subsystems are served, where anybody has told. */
function drawOwners({ activities, qos }: LocalStats, { dim }: Colours): readonly string[] {
  const lines = [
    ...activities.map(
      ({ owner, kind, expiresMs }) =>
        `${dim("activity")}  ${owner}: ${kind}, for ${formatDuration(expiresMs)} more`,
    ),
    ...qos.map(
      ({ subsystem, kind, count, last, worst, ageMs }) =>
        `${dim("service")}   ${subsystem} ${kind}: last ${last}, worst ${worst} of ${count}, ${formatDuration(ageMs)} ago`,
    ),
  ];
  return lines.length === 0 ? [] : ["", ...lines];
}

const REGISTRY_COLUMNS = [
  { head: "NODE" },
  { head: "CARD" },
  { head: "LABEL" },
  { head: "PRIORITY" },
  { head: "SUBSYSTEM" },
  { head: "VRAM", isFigure: true },
  { head: "MEASURED", isFigure: true },
  { head: "HELD FOR", isFigure: true },
  { head: "IDLE", isFigure: true },
  { head: "SCORE", isFigure: true },
  { head: "PID", isFigure: true },
  { head: "AGE", isFigure: true },
];

/** Who may be evicted is told by a score, who may not by `kept`. */
export function drawRegistry(replies: readonly NodeReply<Registry>[], colours: Colours): readonly string[] {
  const rows = answered(replies).flatMap(({ node, ageMs, answer }) =>
    answer.consumers.map((row): readonly Cell[] => [
      node,
      shortCard(row.gpu),
      row.label,
      row.priority,
      row.subsystem,
      formatBytes(row.vramBytes),
      formatKnownBytes(row.measuredBytes),
      formatDuration(row.heldForMs),
      formatDuration(row.idleMs),
      row.isEvictable ? row.score.toFixed(2) : { text: "kept", paint: colours.dim },
      row.pid === null ? "" : String(row.pid),
      formatDuration(ageMs),
    ]),
  );
  const table = rows.length === 0 ? ["nobody holds VRAM"] : formatTable(REGISTRY_COLUMNS, rows, colours.dim);
  return [
    ...(answered(replies).length === 0 ? [] : table),
    ...drawLeftOut(replies, colours),
    ...drawProblems(replies, colours),
  ];
}

const CANDIDATE_COLUMNS = [
  { head: "NODE" },
  { head: "CARD" },
  { head: "LABEL" },
  { head: "PRIORITY" },
  { head: "SUBSYSTEM" },
  { head: "VRAM", isFigure: true },
  { head: "IDLE", isFigure: true },
  { head: "SCORE", isFigure: true },
  { head: "AGE", isFigure: true },
];

export function drawCandidates(
  replies: readonly NodeReply<Candidates>[],
  colours: Colours,
): readonly string[] {
  const rows = answered(replies).flatMap(({ node, ageMs, answer }) =>
    answer.candidates.map((row): readonly Cell[] => [
      node,
      shortCard(row.gpu),
      row.label,
      row.priority,
      row.subsystem,
      formatBytes(row.vramBytes),
      formatDuration(row.idleMs),
      row.score.toFixed(2),
      formatDuration(ageMs),
    ]),
  );
  const none = "nothing may be evicted";
  const table = rows.length === 0 ? [none] : formatTable(CANDIDATE_COLUMNS, rows, colours.dim);
  return [
    ...(answered(replies).length === 0 ? [] : table),
    ...drawLeftOut(replies, colours),
    ...drawProblems(replies, colours),
  ];
}

/** What an answer had no room for; the node itself shows all of it. */
function drawLeftOut(
  replies: readonly NodeReply<{ readonly leftOut: number }>[],
  { yellow }: Colours,
): readonly string[] {
  return answered(replies).flatMap(({ node, answer: { leftOut } }) =>
    leftOut === 0 ? [] : [yellow(`${node}: ${leftOut} more are not shown; ask on the box itself for all`)],
  );
}

/** The nodes that gave no answer, each with its reason. */
export function drawProblems(replies: readonly NodeReply<unknown>[], { red }: Colours): readonly string[] {
  return replies.flatMap(({ node, problem }) => {
    if (problem === null) return [];
    const isNamed = problem.message.startsWith(`${node} `) || problem.message.startsWith(`${node}:`);
    return [red(isNamed ? problem.message : `${node}: ${problem.message}`)];
  });
}
