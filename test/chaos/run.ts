/** Run: a fleet, its load and its faults, from the first process to the history of what was seen. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "../../shared/clock.ts";
import { describeError } from "../../shared/errors.ts";
import { delay } from "../../shared/loop.ts";
import { createRng } from "../../shared/rng.ts";
import { endsOf, ofKind } from "./checks/journal.ts";
import { type DownReport, Downs } from "./downs.ts";
import { performFault, type Scene } from "./faults.ts";
import { readJournal, readRenders, readRuns } from "./gather.ts";
import type { History, Violation } from "./history.ts";
import { startLoad } from "./load.ts";
import { type Meter, startMeter } from "./meter.ts";
import type { Options } from "./options.ts";
import { kill } from "./processes.ts";
import { drawFault, type Plan } from "./schedule.ts";
import { catchStacks } from "./stacks.ts";
import { CABLED, type World } from "./world.ts";

export interface FaultRecord {
  readonly number: number;
  readonly kind: string;
  readonly subjects: readonly string[];
  /** Since the load began. */
  readonly atMs: number;
  readonly tookMs: number;
  readonly note: string;
}

export interface RunResult {
  readonly history: History;
  readonly downs: readonly DownReport[];
  readonly faults: readonly FaultRecord[];
  readonly recoveries: Scene["recoveries"];
  readonly meter: Meter;
  readonly failedCalls: number;
  readonly drainMs: number;
  /** What broke without having to do with the history: a process that ended by itself, a journal that is not whole. */
  readonly accidents: readonly Violation[];
}

const WATCH_MS = 500;
const DRAIN_LIMIT_MS = 180_000;
const END_LIMIT_MS = 30_000;
const FAULTS_AT_ONCE = 4;

type Say = (line: string) => void;

export async function runChaos(
  world: World,
  options: Options,
  stopping: AbortSignal,
  say: Say,
): Promise<RunResult> {
  const busy = new Set<string>();
  const accidents: Violation[] = [];
  const isDisturbed = (): boolean => [...busy].some((subject) => world.nodes.includes(subject));
  const downs = new Downs(world, isDisturbed);
  const scene: Scene = { world, downs, killedTokens: new Set(), recoveries: [] };
  const meter = startMeter(
    world,
    () => busy.has("hub"),
    async (name, pid, rssMib) => {
      const stacks = await endWithStacks(world, name, pid);
      accidents.push(
        fell("memory", `${name} had taken ${Math.round(rssMib)} MiB and was ended: see ${stacks}`),
      );
    },
  );
  const startMs = systemClock.bootMs();
  const load = startLoad(world, options, stopping);
  const faults =
    options.kinds.length === 0
      ? []
      : await torment({ scene, options, busy, stopping, say, startMs, accidents });
  say("healing");
  await load.done;
  const drainedMs = systemClock.bootMs();
  await drain(world, load.submits.length, stopping, say);
  const drainMs = systemClock.bootMs() - drainedMs;
  const totals = await readTotals(world);
  await meter.stop();
  accidents.push(...(await endWell(world)));
  accidents.push(...(await fsck(world)));
  const history: History = {
    submits: load.submits,
    runs: readRuns(world.side),
    journal: readJournal(world.root),
    renders: readRenders(world.root),
    downs: downs.spans,
    killedTokens: scene.killedTokens,
    totals,
  };
  const { recoveries } = scene;
  return {
    history,
    downs: downs.spans,
    faults,
    recoveries,
    meter,
    failedCalls: load.failures(),
    drainMs,
    accidents,
  };
}

interface Torment {
  readonly scene: Scene;
  readonly options: Options;
  readonly busy: Set<string>;
  readonly stopping: AbortSignal;
  readonly say: Say;
  readonly startMs: number;
  readonly accidents: Violation[];
}

/** Faults until the time is over; several at once, but never two on one subject. */
async function torment(torment: Torment): Promise<readonly FaultRecord[]> {
  const { scene, options, busy, stopping, startMs, accidents } = torment;
  const { world } = scene;
  const rng = createRng(options.seed);
  const stage = {
    majority: Math.floor(world.nodes.length / 2) + 1,
    leaseTtlMs: world.timing.leaseTtlMs,
    cabled: CABLED,
    kinds: options.kinds.filter(
      (kind) =>
        (kind !== "unplug" || world.cable !== null) &&
        (kind !== "hub-disk-full" || world.disk.missing === null),
    ),
  };
  const endMs = startMs + options.minutes * 60_000;
  const records: FaultRecord[] = [];
  const running = new Set<Promise<void>>();
  const isOver = (): boolean => stopping.aborted || systemClock.bootMs() >= endMs;
  let number = 0;
  while (!isOver()) {
    const free = world.nodes.filter((node) => !busy.has(node));
    const plan = drawFault(rng, { ...stage, nodes: free.length > 0 ? free : world.nodes });
    while (
      !isOver() &&
      (plan.subjects.some((subject) => busy.has(subject)) || running.size >= FAULTS_AT_ONCE)
    ) {
      noteFallen(world, busy, accidents);
      await delay(WATCH_MS);
    }
    if (isOver()) break;
    for (const subject of plan.subjects) busy.add(subject);
    const done = perform(torment, plan, ++number, records).finally(() => {
      for (const subject of plan.subjects) busy.delete(subject);
      running.delete(done);
    });
    running.add(done);
    await delay(plan.gapMs, stopping);
    noteFallen(world, busy, accidents);
  }
  await Promise.all(running);
  return records;
}

async function perform(
  { scene, say, startMs, accidents, options }: Torment,
  plan: Plan,
  number: number,
  records: FaultRecord[],
): Promise<void> {
  const fromMs = systemClock.bootMs();
  const { kind, subjects } = plan;
  let note: string;
  try {
    note = await performFault(scene, plan);
  } catch (error) {
    note = `not healed: ${describeError(error)}`;
    accidents.push({
      promise: "alive",
      check: "healing",
      detail: `fault ${number}, ${kind}: ${describeError(error)}`,
    });
  }
  const tookMs = systemClock.bootMs() - fromMs;
  records.push({ number, kind, subjects, atMs: fromMs - startMs, tookMs, note });
  const clock = `${((systemClock.bootMs() - startMs) / 60_000).toFixed(1)} of ${options.minutes} min`;
  say(`${clock}  fault ${number}: ${kind} on ${subjects.join(", ")}: ${note}`);
}

/** A process that nobody ended has ended: that is no fault of ours. It is started again, as systemd would. */
function noteFallen(world: World, busy: ReadonlySet<string>, accidents: Violation[]): void {
  for (const name of world.crew.fallen()) {
    if (busy.has(name)) continue;
    accidents.push({
      promise: "alive",
      check: "fallen",
      detail: `${name} has ended by itself: see logs/${name}.log`,
    });
    if (name === "hub") world.startHub();
    else world.startAgent(name);
  }
}

/** Until every job has ended and every output is in its place; a run that cannot drain shows in the checks. */
async function drain(world: World, expected: number, stopping: AbortSignal, say: Say): Promise<void> {
  const limitMs = systemClock.bootMs() + DRAIN_LIMIT_MS;
  for (;;) {
    const journal = readJournal(world.root);
    const ended = endsOf(journal).length;
    const promised = ofKind(journal, "job.succeeded").filter(
      (line) => line["manifestSha256"] !== null,
    ).length;
    const published = ofKind(journal, "job.published").length;
    say(
      `draining: ${ended} of ${expected} jobs have ended, ${published} of ${promised} outputs are published`,
    );
    if (ended >= expected && published >= promised) return;
    if (stopping.aborted || systemClock.bootMs() > limitMs) return;
    await delay(2_000, stopping);
  }
}

async function readTotals(world: World): Promise<Readonly<Record<string, number>>> {
  const { succeeded, failed, cancelled, quarantined, published } = await world.ask((client) =>
    client.call("GetStatus", {}),
  );
  return { succeeded, failed, cancelled, quarantined, published };
}

/** In order, as an operator would: the journal's readable files are whole when the hub has said goodbye. */
async function endWell(world: World): Promise<readonly Violation[]> {
  const stuck: Violation[] = [];
  const end = async (name: string): Promise<void> => {
    const isOver = new AbortController();
    const pid = world.crew.pid(name);
    const ended = world.crew.end(name, "SIGTERM").finally(() => isOver.abort());
    await Promise.race([ended, delay(END_LIMIT_MS, isOver.signal)]);
    if (isOver.signal.aborted || pid === null) return;
    const stacks = await endWithStacks(world, name, pid);
    stuck.push(fell("ending", `${name} was still there ${END_LIMIT_MS} ms after TERM: see ${stacks}`));
    await ended;
  };
  await Promise.all(world.nodes.map(end));
  await end("hub");
  return stuck;
}

/** Ends what runs away, once it is written down where it is. @returns the file that says so */
async function endWithStacks({ crew }: World, name: string, pid: number): Promise<string> {
  const log = crew.log(name);
  const path = `${log}.stacks-${pid}`;
  writeFileSync(path, await catchStacks(pid, log));
  kill(pid);
  return path;
}

function fell(check: string, detail: string): Violation {
  return { promise: "alive", check, detail };
}

async function fsck(world: World): Promise<readonly Violation[]> {
  const argv = [join(world.programs, "hub.mjs"), "fsck", "--root", world.root];
  try {
    await promisify(execFile)(process.execPath, argv);
    return [];
  } catch (error) {
    return [{ promise: "alive", check: "fsck", detail: `the journal is not whole: ${describeError(error)}` }];
  }
}
