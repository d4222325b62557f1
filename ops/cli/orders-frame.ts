/** Orders frame: what people and the calendar have ordered beside the rules, one line each; nothing where nothing is. Pure. */
import { boundWords } from "../../shared/model/bound-words.ts";
import { formatDuration } from "./format.ts";
import type { Colours } from "./output.ts";
import type { Override, Status, Window } from "./views.ts";

/** Overrides that are named; `spiral override list` has the others. */
const NAMED = 2;

type Orders = Pick<Status, "overrides" | "windows">;

export function drawOrders(
  { overrides, windows }: Orders,
  { yellow }: Colours,
  again: string,
): readonly string[] {
  const newest = overrides.slice(-NAMED).map(describeOverride);
  const list = `${overrides.length} in force (${newest.join("; ")}${moreThan(overrides.length)})`;
  const closed = windows.map(describeWindow).join("; ");
  return [
    ...(overrides.length === 0 ? [] : [`${yellow("overrides")}   ${list}: spiral override list${again}`]),
    ...(windows.length === 0 ? [] : [`${yellow("windows")}     closed now: ${closed}`]),
  ];
}

function moreThan(count: number): string {
  return count > NAMED ? `; and ${count - NAMED} more` : "";
}

function describeOverride({ id, effect, subject, name, value, reason, forMs }: Override): string {
  const what = [effect, boundWords(value), subject, name].filter((word) => word !== "").join(" ");
  return `${id} ${what}, ${reason}, ${formatDuration(forMs)} left`;
}

/** `backup (node alpha, 22:00 to 02:30 UTC+02:00)`. */
function describeWindow({ name, fromMinute, toMinute, utcOffsetMinutes, ...about }: Window): string {
  const nodes = about.nodes.map((node) => `node ${node}`);
  const what = [...nodes, ...about.priorities].join(", ") || "all work";
  return `${name} (${what}, ${clock(fromMinute)} to ${clock(toMinute)} UTC${offset(utcOffsetMinutes)})`;
}

function offset(minutes: number): string {
  return minutes === 0 ? "" : `${minutes < 0 ? "-" : "+"}${clock(Math.abs(minutes))}`;
}

function clock(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
