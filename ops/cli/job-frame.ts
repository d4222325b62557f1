/** Job frame: jobs as people read them, one a line or one on its own. Pure. */
import { clipText, formatBytes, formatDuration, formatShare, formatTime } from "./format.ts";
import type { Colours } from "./output.ts";
import { type Cell, formatTable } from "./table.ts";
import type { Job } from "./views.ts";

const COLUMNS = [
  { head: "JOB" },
  { head: "STATE" },
  { head: "RUNNER" },
  { head: "PRIORITY", spare: 1 },
  { head: "LANE", spare: 4 },
  { head: "VRAM", isFigure: true, spare: 3 },
  { head: "NODE" },
  { head: "ATTEMPTS", isFigure: true, spare: 5 },
  { head: "STARTS", isFigure: true, spare: 6 },
  { head: "CAMPAIGN", spare: 2 },
  { head: "DETAIL", spare: 7 },
];
const DETAIL_WIDTH = 48;

export function drawJobs(jobs: readonly Job[], colours: Colours, room: number): readonly string[] {
  const rows = jobs.map((job): readonly Cell[] => [
    job.jobId,
    { text: stateOf(job), paint: paintOf(job.state, colours) },
    job.runner,
    job.priority,
    job.lane,
    job.vramBytes === 0 ? "-" : formatBytes(job.vramBytes),
    job.node ?? "-",
    `${job.attempts}/${job.maxAttempts}`,
    startsOf(job) ?? "-",
    job.campaign ?? "-",
    clipText(job.lastDetail ?? "", DETAIL_WIDTH),
  ]);
  return formatTable(COLUMNS, rows, colours.dim, room);
}

export function drawJob(job: Job, colours: Colours): readonly string[] {
  const rows: readonly (readonly [string, string | null])[] = [
    ["runner", `${job.runner}, ${job.priority}, ${job.lane} lane`],
    ["kind", job.kind],
    ["starts", startsOf(job)],
    ["last exit", job.lastExit],
    ["vram", job.vramBytes === 0 ? null : formatBytes(job.vramBytes)],
    ["campaign", job.campaign],
    ["producer", job.producer],
    ["node", job.node === null ? null : `${job.node}, token ${job.token ?? "-"}`],
    ["attempts", `${job.attempts} burned of ${job.maxAttempts}`],
    ["ends", endsOf(job)],
    ["after", job.after.join(", ") || null],
    ["uses", job.uses],
    ["submitted", formatTime(job.submittedWallMs)],
    ["ended", endOf(job)],
    ["published", job.isPublished ? `renders/${job.jobId}` : null],
    ["detail", job.lastDetail],
    ["params", JSON.stringify(job.params ?? {})],
    ["result", job.result === null ? null : JSON.stringify(job.result)],
  ];
  return [
    `${colours.bold(job.jobId)}  ${paintOf(job.state, colours)(stateOf(job))}`,
    ...rows.flatMap(([name, text]) => (text === null ? [] : drawFact(name, text, colours))),
  ];
}

const NAME_WIDTH = 11;

/** Further lines of a text stand below its first. */
function drawFact(name: string, text: string, { dim }: Colours): readonly string[] {
  const [first = "", ...rest] = text.split("\n");
  return [`${dim(name.padEnd(NAME_WIDTH))}${first}`, ...rest.map((line) => " ".repeat(NAME_WIDTH) + line)];
}

/** How its attempts ended that did not succeed. */
function endsOf({ ends }: Job): string | null {
  const rows = Object.entries(ends).map(([outcome, times]) => `${times} ${outcome}`);
  return rows.length === 0 ? null : rows.join(", ");
}

/** Restarts that count, of how many that are tolerated. */
export function startsOf({ starts }: Job): string | null {
  return starts === null ? null : `${starts.used} of ${starts.max}`;
}

export function stateOf(job: Job): string {
  if (job.isRestarting) return "restarting";
  if (job.kind === "service") return job.state;
  return job.state === "running" ? `running ${formatShare(job.progressRatio)}` : job.state;
}

function endOf({ submittedWallMs, endedWallMs }: Job): string | null {
  if (endedWallMs === null) return null;
  return `${formatTime(endedWallMs)}, ${formatDuration(endedWallMs - submittedWallMs)} after it was submitted`;
}

export function paintOf(state: string, colours: Colours): (text: string) => string {
  switch (state) {
    case "succeeded":
      return colours.green;
    case "failed":
    case "quarantined":
      return colours.red;
    case "cancelled":
    case "pending":
      return colours.dim;
    default:
      return colours.cyan;
  }
}
