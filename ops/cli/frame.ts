/** Frame: the fleet as a block of lines, the same for `status`, `monitor` and whoever asks. Pure. */
import { drawCapacity } from "./capacity-frame.ts";
import { foldLine } from "./fit.ts";
import {
  clipText,
  formatBytes,
  formatDistance,
  formatDuration,
  formatMoment,
  formatShare,
} from "./format.ts";
import { paintOf, startsOf, stateOf } from "./job-frame.ts";
import { drawOrders } from "./orders-frame.ts";
import type { Colours } from "./output.ts";
import { type Cell, formatTable } from "./table.ts";
import type { Campaign, Job, Node, Replica, Status } from "./views.ts";

export interface FrameStyle {
  readonly colours: Colours;
  /** Flags that a next command must repeat to reach the same hub. */
  readonly again: string;
  /** Columns that a line may take. */
  readonly room: number;
}

/** How a part of the frame is drawn. */
type PartStyle = Pick<FrameStyle, "colours" | "room">;

/** None of the lines is wider than the room that there is. */
export function drawStatus(status: Status, style: FrameStyle): readonly string[] {
  return linesOf(status, style).flatMap((line) => foldLine(line, style.room));
}

function linesOf(status: Status, style: FrameStyle): readonly string[] {
  return [
    ...drawHead(status, style.colours),
    "",
    ...drawGuardrails(status, style.colours),
    ...drawWarnings(status, style.colours),
    ...drawOrders(status, style.colours, style.again),
    "",
    ...drawReplicas(status.replicas, style),
    ...(status.capacity === null ? [] : drawCapacity(status.capacity, status, style.colours)),
    ...drawNodes(status.nodes, style),
    "",
    ...drawServices(status.services, style),
    ...drawCampaigns(status.campaigns, style),
    "",
    `${style.colours.dim("next")}  ${nextCommand(status, style.again)}`,
  ];
}

function drawHead(status: Status, { bold, dim, ...colours }: Colours): readonly string[] {
  const paint = { up: colours.green, paused: colours.yellow, down: colours.red, disabled: colours.red };
  const state = bold(paint[status.desired](status.desired.toUpperCase()));
  const reason = status.desiredReason === null ? "" : `: ${status.desiredReason}`;
  const by = status.desiredActor === null ? "" : `  by ${status.desiredActor}${reason}`;
  const { pending, running, succeeded, failed, cancelled, quarantined, published, insights } = status;
  const bad = failed + quarantined;
  const ended = `${succeeded} succeeded, ${cancelled} cancelled, ${failed} failed, ${quarantined} quarantined`;
  return [
    `${state}${by}`,
    ...(status.ownerPrompt === null ? [] : [dim(`“${status.ownerPrompt}”`)]),
    dim(`hub ${status.version}, epoch ${status.epoch}, journal ${status.journalSeq}, root ${status.root}`),
    "",
    `${dim("queue")}       ${pending} pending, ${running} running`,
    `${dim("ended")}       ${bad > 0 ? colours.yellow(ended) : ended}`,
    `${dim("published")}   ${published} renders, ${insights} insights`,
  ];
}

function drawGuardrails({ guardrails, waived }: Status, colours: Colours): readonly string[] {
  const label = colours.dim("guardrails");
  const red = guardrails.filter((rail) => !rail.isGreen);
  if (red.length === 0) return [`${label}  ${colours.green(`all ${guardrails.length} green`)}`];
  const rows = red.map(({ name, detail }): readonly Cell[] => {
    const isWaived = waived.includes(name);
    return [
      { text: isWaived ? "waived" : "RED", paint: isWaived ? colours.yellow : colours.red },
      name,
      detail,
    ];
  });
  const [, ...lines] = formatTable([{ head: "" }, { head: "" }, { head: "" }], rows, String);
  return [`${label}  ${guardrails.length - red.length} of ${guardrails.length} green`, ...lines.map(indent)];
}

/** A warning may have several lines, such as one for each mistake in a document. */
export function drawWarnings(
  { warnings, undurableEvents }: Pick<Status, "warnings" | "undurableEvents">,
  colours: Colours,
): readonly string[] {
  const lines = warnings.flatMap((text) =>
    text
      .split("\n")
      .map((line, index) => `${index === 0 ? colours.yellow("warning") : "       "}     ${line}`),
  );
  return [...lines, ...drawUndurable(undurableEvents, colours)];
}

/** That an answer rests on what may yet be forgotten; no line where it does not. */
export function drawUndurable(events: number, colours: Colours): readonly string[] {
  if (events === 0) return [];
  const what = `${events} events are not durable, because the journal of the hub has no room`;
  return [
    `${colours.yellow("warning")}     ${what}: if the hub ends before it has, what they changed is forgotten`,
  ];
}

const REPLICA_COLUMNS = [
  { head: "HUB" },
  { head: "STATE" },
  { head: "SINCE", spare: 2 },
  { head: "PROCESS", spare: 1 },
];

/** A standby is announced every 2 s. */
const SILENT_MS = 10_000;

/** Nothing where the hub is alone. */
export function drawReplicas(replicas: readonly Replica[], { colours, room }: PartStyle): readonly string[] {
  if (replicas.length === 0) return [];
  const rows = replicas.map(
    ({ address, holder, isLeader, sinceWallMs, silentMs, problem }): readonly Cell[] => {
      const since = formatMoment(sinceWallMs);
      if (isLeader) return [address, { text: "leads", paint: colours.green }, since, holder];
      const isWell = silentMs <= SILENT_MS && problem === null;
      const text = silentMs > SILENT_MS ? `silent for ${formatDuration(silentMs)}` : (problem ?? "stands by");
      return [address, { text, paint: isWell ? String : colours.red }, since, holder];
    },
  );
  return [...formatTable(REPLICA_COLUMNS, rows, colours.dim, room), ""];
}

const NODE_COLUMNS = [
  { head: "NODE" },
  { head: "STATE" },
  { head: "VRAM", isFigure: true },
  { head: "PRESSURE", isFigure: true },
  { head: "CPU", isFigure: true, spare: 1 },
  { head: "MEMORY", isFigure: true, spare: 2 },
  { head: "RUNNING", isFigure: true },
  { head: "GPU", spare: 3 },
];

export function drawNodes(nodes: readonly Node[], { colours, room }: PartStyle): readonly string[] {
  if (nodes.length === 0) return ["no node has attached: start an agent with `spiral agent NAME`"];
  const rows = nodes.map((node): readonly Cell[] => [
    node.node,
    {
      text: nodeState(node),
      paint: paintOfNode(node, colours),
    },
    vramOf(node),
    `${node.gpuPressure.toFixed(2)} ${node.gpuLevel}`,
    formatShare(node.cpuRatio),
    formatShare(node.memoryRatio),
    String(node.running),
    cardsOf(node),
  ]);
  return [
    ...formatTable(NODE_COLUMNS, rows, colours.dim, room),
    ...nodes.flatMap((node) => drawAiling(node, colours)),
  ];
}

/** One line for each card, or node, that is not well. */
function drawAiling({ node, ailing }: Node, { red, yellow, dim }: Colours): readonly string[] {
  return ailing.map(({ gpu, standing, reason, cure }) => {
    const paint = standing === "throttled" ? yellow : red;
    const name = gpu === null ? node : `${node} ${gpu}`;
    return `${paint(standing)}  ${name}: ${reason}${cure === null ? "" : dim(`; ${cure}`)}`;
  });
}

function nodeState(node: Node): string {
  if (node.state !== "ready") return `${node.state}, silent ${formatDuration(node.silentMs)}`;
  if (node.isLatchedDown) return "ready, latched down";
  if (node.cordon !== null) return node.cordon.isDrain ? "ready, draining" : "ready, cordoned";
  if (node.ailing.some(({ gpu }) => gpu === null)) return "ready, quarantined";
  if (!node.isTelemetryFresh) return "ready, stale";
  return node.orderedOff === null ? "ready" : `ready, ${ORDERED_OFF[node.orderedOff] ?? node.orderedOff}`;
}

/** A rule by which people or the calendar keep work off a node, as its state; a newer hub may know others. */
const ORDERED_OFF: Readonly<Record<string, string>> = {
  override: "held",
  window: "window",
  deferral: "deferred",
};

function paintOfNode(node: Node, { green, yellow, red }: Colours): (text: string) => string {
  if (node.state !== "ready" || node.isLatchedDown) return red;
  return node.orderedOff === null ? green : yellow;
}

function vramOf({ gpus, state }: Node): string {
  if (gpus.length === 0) return state === "ready" ? "no GPU" : "unknown";
  const total = gpus.reduce((sum, gpu) => sum + gpu.totalBytes, 0);
  const isKnown = gpus.every((gpu) => gpu.usedBytes !== null);
  const used = gpus.reduce((sum, gpu) => sum + (gpu.usedBytes ?? 0), 0);
  return `${isKnown ? formatBytes(used) : "unknown"} of ${formatBytes(total)}`;
}

/** A simulated card is named as such, whatever it is called. */
function cardsOf({ gpus }: Node): string {
  const names = gpus.map(({ name, source }) =>
    source === "simulated" && !name.includes("simulated") ? `${name} (simulated)` : name,
  );
  return [...new Set(names)].join(", ");
}

const SERVICE_COLUMNS = [
  { head: "SERVICE" },
  { head: "RUNNER" },
  { head: "STATE" },
  { head: "NODE" },
  { head: "LANE", spare: 2 },
  { head: "STARTS", isFigure: true },
  { head: "ATTEMPTS", isFigure: true, spare: 1 },
  { head: "LAST EXIT", spare: 3 },
];
const EXIT_WIDTH = 48;

export function drawServices(services: readonly Job[], { colours, room }: PartStyle): readonly string[] {
  if (services.length === 0) return [];
  const rows = services.map((job): readonly Cell[] => [
    job.jobId,
    job.runner,
    { text: stateOf(job), paint: paintOf(job.state, colours) },
    job.node ?? "-",
    job.lane,
    startsOf(job) ?? "-",
    `${job.attempts}/${job.maxAttempts}`,
    clipText(job.lastExit ?? "-", EXIT_WIDTH),
  ]);
  return [...formatTable(SERVICE_COLUMNS, rows, colours.dim, room), ""];
}

const CAMPAIGN_COLUMNS = [
  { head: "CAMPAIGN" },
  { head: "STATE" },
  { head: "CYCLE", isFigure: true },
  { head: "RENDERS", isFigure: true, spare: 1 },
  { head: "DISTANCE", isFigure: true },
  { head: "TARGET", isFigure: true },
  { head: "BEST", isFigure: true, spare: 2 },
  { head: "GPU-SECONDS", isFigure: true, spare: 3 },
];

export function drawCampaigns(
  campaigns: readonly Campaign[],
  { colours, room }: PartStyle,
): readonly string[] {
  if (campaigns.length === 0) return ["no campaign was ever armed"];
  const paint = (state: string): ((text: string) => string) =>
    state === "converged" ? colours.green : state === "stopped" ? colours.red : colours.cyan;
  const rows = campaigns.map((campaign): readonly Cell[] => [
    campaign.campaign,
    { text: campaignState(campaign), paint: paint(campaign.state) },
    `${campaign.cycle}/${campaign.maxCycles}`,
    `${campaign.renders}/${campaign.maxRenders}`,
    `${formatDistance(campaign.firstDistance)} → ${formatDistance(campaign.lastDistance)}`,
    `≤ ${campaign.tolerance}`,
    formatDistance(campaign.bestDistance),
    campaign.gpuSeconds.toFixed(0),
  ]);
  return formatTable(CAMPAIGN_COLUMNS, rows, colours.dim, room);
}

function campaignState({ state, rule }: Campaign): string {
  return rule === null ? state : `${state} (${rule})`;
}

/** The command that brings this fleet one step on. */
export function nextCommand(status: Status, again: string): string {
  const { desired, nodes, campaigns, guardrails } = status;
  if (!nodes.some((node) => node.state === "ready")) return `spiral agent NAME${again}`;
  if (desired === "disabled")
    return guardrails.every((rail) => rail.isGreen)
      ? `spiral enable${again}`
      : `mend what is red, then spiral enable${again}`;
  if (desired !== "up") return `spiral up${again}`;
  const [latest] = campaigns.slice(-1);
  if (latest === undefined) return firstCampaign(status, again);
  const isOver = latest.state === "converged" || latest.state === "stopped";
  return isOver
    ? `spiral why campaign ${latest.campaign}${again}`
    : `spiral converge ${latest.campaign}${again}`;
}

/** Before any was armed. */
function firstCampaign({ definedCampaigns: [first, ...others] }: Status, again: string): string {
  if (first === undefined) return `define a campaign in control.json, then spiral converge NAME${again}`;
  const more = others.length === 0 ? "" : `, or ${others.join(", ")}`;
  return `spiral converge ${first}${again}${more}`;
}

function indent(line: string): string {
  return `  ${line}`;
}
