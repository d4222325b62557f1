/** `spiral events`: the journal as people and programs read it, one event a line. */
import type { Command } from "commander";
import { isJsonObject } from "../../../shared/json.ts";
import { clipText, formatTime } from "../format.ts";
import type { Colours } from "../output.ts";
import { parseCount } from "../quantity.ts";
import { type Context, verb } from "../verb.ts";
import { type FleetEvent, readEvent, readStatus } from "../views.ts";

interface EventsFlags {
  readonly since?: number;
  readonly follow?: boolean;
  readonly limit?: number;
}

/** Without `--since`, so many of the latest. */
const LATEST = 50;
const KIND_WIDTH = 18;
const VALUE_WIDTH = 60;

export function addEvents(program: Command): void {
  program
    .command("events")
    .description("what happened, one event a line")
    .option("--since <seq>", `after this sequence number; 0 is all (default: the last ${LATEST})`, parseCount)
    .option("--limit <n>", "at most so many; without --since the newest", parseCount)
    .option("-f, --follow", "go on as they happen, until Ctrl-C")
    .action(verb<EventsFlags>(printEvents));
}

async function printEvents(
  { out, hub, interrupted }: Context,
  { since, follow = false, limit = 0 }: EventsFlags,
): Promise<number> {
  const client = hub();
  const latest = async (): Promise<number> => readStatus(await client.call("GetStatus", {})).journalSeq;
  const sinceSeq = since ?? beginOf(await latest(), limit);
  for await (const event of client.stream("Events", { sinceSeq, follow, limit }, interrupted()))
    out.show(readEvent(event), (safe) => [drawEvent(safe, out.colours, out.isTerminal ? out.columns : null)]);
  return 0;
}

/** The sequence number after which the newest `limit` events begin, or the usual number of them when it is 0. */
export function beginOf(journalSeq: number, limit: number): number {
  return Math.max(0, journalSeq - (limit || LATEST));
}

/** One line, whatever an event holds. */
export function drawEvent(
  { seq, wallMs, kind, body }: FleetEvent,
  colours: Colours,
  columns: number | null,
): string {
  const head = `${String(seq).padStart(6)}  ${formatTime(wallMs)}  `;
  const facts = Object.entries(body).map(([name, value]) => sentenceOf(value) ?? `${name}=${plain(value)}`);
  const room = columns === null ? Number.POSITIVE_INFINITY : columns - head.length - KIND_WIDTH - 1;
  return `${colours.dim(head)}${kind.padEnd(KIND_WIDTH)} ${clipText(facts.join(" "), room)}`;
}

/** What a node decided comes with its inputs and a sentence: the sentence is for people. */
function sentenceOf(value: unknown): string | null {
  if (!isJsonObject(value) || typeof value["sentence"] !== "string") return null;
  return value["sentence"].replace(/[\n\t]/g, " ");
}

/** A whole document in an event is for `--json`; here its beginning will do. */
function plain(value: unknown): string {
  const isWord = typeof value === "string" && /^[^\s="]+$/.test(value);
  return isWord ? value : clipText(JSON.stringify(value), VALUE_WIDTH);
}
