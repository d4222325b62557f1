/** System frame: what a box has left and who uses it, and how full it is. Pure. */
import type { PressureEvent, SystemResources } from "../../shared/wire/local-types.ts";
import type { NodeAnswers } from "../../shared/wire/node-answers.ts";
import { formatBar, formatDuration, formatKnownBytes, formatTime } from "./format.ts";
import { drawProblems, markCard, paintLevel } from "./gpu-frame.ts";
import { answered, type NodeReply } from "./nodes.ts";
import type { Colours } from "./output.ts";
import { watchedOf } from "./pressure-watch.ts";
import { type Cell, formatTable } from "./table.ts";

const HOST_COLUMNS = [
  { head: "NODE" },
  { head: "CPU", isFigure: true },
  { head: "CORES", isFigure: true },
  { head: "MEMORY USED", isFigure: true },
  { head: "OF", isFigure: true },
  { head: "AVAILABLE", isFigure: true },
  { head: "SWAP USED", isFigure: true },
  { head: "STALL", isFigure: true },
  { head: "AGE", isFigure: true },
];

export function drawResources(
  replies: readonly NodeReply<SystemResources>[],
  colours: Colours,
): readonly string[] {
  const told = answered(replies);
  const rows = told.map(({ node, ageMs, answer }): readonly Cell[] => [
    node,
    known(answer.cpuRatio, (ratio) => `${Math.round(ratio * 100)} %`),
    String(answer.cpuCores),
    formatKnownBytes(memoryUsed(answer)),
    formatKnownBytes(answer.memoryTotalBytes),
    formatKnownBytes(answer.memoryAvailableBytes),
    answer.swapTotalBytes === 0 ? "no swap" : formatKnownBytes(answer.swapUsedBytes),
    known(answer.memoryStallPercent, (percent) => `${percent.toFixed(1)} %`),
    formatDuration(ageMs),
  ]);
  return [
    ...(rows.length === 0 ? [] : formatTable(HOST_COLUMNS, rows, colours.dim)),
    ...drawProblems(replies, colours),
    ...drawProcesses(replies, colours),
  ];
}

function memoryUsed({ memoryTotalBytes, memoryAvailableBytes }: SystemResources): number | null {
  if (memoryTotalBytes === null || memoryAvailableBytes === null) return null;
  return memoryTotalBytes - memoryAvailableBytes;
}

const PROCESS_COLUMNS = [
  { head: "NODE" },
  { head: "PID", isFigure: true },
  { head: "PROCESS" },
  { head: "VRAM", isFigure: true },
  { head: "MEMORY", isFigure: true },
  { head: "CPU TIME", isFigure: true },
];

function drawProcesses(replies: readonly NodeReply<SystemResources>[], { dim }: Colours): readonly string[] {
  const rows = answered(replies).flatMap(({ node, answer }) =>
    answer.processes.map((row): readonly Cell[] => [
      node,
      String(row.pid),
      row.name === "" ? "(has ended)" : row.name,
      formatKnownBytes(row.vramBytes),
      formatKnownBytes(row.rssBytes),
      formatDuration(row.cpuMs),
    ]),
  );
  return rows.length === 0 ? [] : ["", ...formatTable(PROCESS_COLUMNS, rows, dim)];
}

const PRESSURE_COLUMNS = [
  { head: "NODE" },
  { head: "WHAT" },
  { head: "PRESSURE" },
  { head: "", isFigure: true },
  { head: "LEVEL" },
  { head: "CARD" },
  { head: "AGE", isFigure: true },
];
const BAR_WIDTH = 20;

export function drawPressures(
  replies: readonly NodeReply<NodeAnswers["pressure"]>[],
  colours: Colours,
): readonly string[] {
  const told = answered(replies);
  const rows = told.flatMap(({ node, ageMs, answer }) =>
    answer.pressures.map((event) => [node, ...pressureCells(event, colours), formatDuration(ageMs)]),
  );
  const bare = told.filter(({ answer }) => answer.pressures.length === 0);
  return [
    ...(rows.length === 0 ? [] : formatTable(PRESSURE_COLUMNS, rows, colours.dim)),
    ...bare.map(({ node }) => `${node} tells no pressure yet`),
    ...drawProblems(replies, colours),
  ];
}

function pressureCells(event: PressureEvent, colours: Colours): readonly Cell[] {
  const paint = paintLevel(event.level, colours);
  return [
    watchedOf(event),
    { text: formatBar(event.ratio, BAR_WIDTH), paint },
    event.ratio.toFixed(2),
    { text: event.level, paint },
    cardOf(event),
  ];
}

/** One event of a watched node. */
export interface SeenEvent extends Omit<PressureEvent, "kind"> {
  readonly wallMs: number;
  readonly node: string;
}

const NAME_WIDTH = 24;

/** One line; the figure of a poll is quieter than a crossing. */
export function drawEvent(event: SeenEvent, colours: Colours): string {
  const { wallMs, node, name, ratio } = event;
  const isUpdate = name.endsWith(":update");
  const paint = isUpdate ? colours.dim : paintLevel(event.level, colours);
  const figure = `${formatBar(ratio, BAR_WIDTH)} ${ratio.toFixed(2)}`;
  const card = cardOf(event);
  const head = `${colours.dim(formatTime(wallMs))}  ${node}  `;
  return `${head}${paint(`${name.padEnd(NAME_WIDTH)} ${figure}`)}${card === "" ? "" : `  ${card}`}`;
}

function cardOf({ gpu }: Pick<PressureEvent, "gpu">): string {
  return gpu === null ? "" : markCard(gpu);
}

function known(figure: number | null, format: (figure: number) => string): string {
  return figure === null ? "unknown" : format(figure);
}
