/** Queue: P2: claims and completions a second beside the queues of others, and submits a second. */
import { ClaimBed, type ClaimRound, MANY_JOBS, ROUND_MS } from "./claims.ts";
import { openPeers, type Peer, type PeerName } from "./peers.ts";
import { absoluteResult, figuresOf, type Result, ratioResult, short } from "./result.ts";
import type { Rig } from "./rig.ts";

const CONNECTIONS = 50;
/** Each side has as many workers, each with a connection of its own. */
const CREWS = [8, CONNECTIONS] as const;
/** Jobs a second that Slurm 22.05 did on loopback, measured once elsewhere. */
const SLURM_JOBS_PER_SECOND = 13;
const ENQUEUE_MS = 1_000;
const PEER_WARM_MS = 1_000;
/** Jobs of one message, as many as the batched claims and completions take. */
const BATCH = 16;

type Kind = "single" | "batched";
type Crew = (typeof CREWS)[number];

const SLOTS: Readonly<Record<Kind, number>> = { single: 1, batched: BATCH };
const KINDS: Readonly<Record<Kind, string>> = { single: "one a message", batched: `${BATCH} a message` };

interface Bar {
  readonly peer: PeerName;
  readonly ours: Kind;
  readonly atLeast: number;
  /** With so many the bar judges; with others the figure is only told. */
  readonly crews: readonly Crew[];
}

const BARS: readonly Bar[] = [
  { ours: "batched", peer: "graphile tuned", atLeast: 1, crews: CREWS },
  { ours: "single", peer: "BullMQ always", atLeast: 1.5, crews: CREWS },
  { ours: "single", peer: "BullMQ everysec", atLeast: 1, crews: [CONNECTIONS] },
  { ours: "single", peer: "graphile default", atLeast: 3, crews: CREWS },
];

/** What one number of workers did, a figure a round on each side. */
interface Bout {
  readonly crew: Crew;
  readonly ours: Readonly<Record<Kind, ClaimRound[]>>;
  readonly peers: ReadonlyMap<PeerName, number[]>;
}

export async function p2(rig: Rig): Promise<readonly Result[]> {
  const peers = await openPeers(rig, { pending: MANY_JOBS, warmMs: PEER_WARM_MS, ms: ROUND_MS });
  const bed = await ClaimBed.open(rig);
  const pings: number[] = [];
  const bouts = CREWS.map(
    (crew): Bout => ({
      crew,
      ours: { single: [], batched: [] },
      peers: new Map(peers.map(({ name }) => [name, []])),
    }),
  );
  for (let round = 0; round < rig.rounds; round++) {
    for (const bout of bouts) await playRound(bout, bed, peers);
    pings.push(await bed.rawPing(CONNECTIONS));
  }
  return [
    ...bouts.flatMap((bout) => [jobsResult("batched", bout, pings), jobsResult("single", bout, pings)]),
    ...BARS.flatMap((bar) => bouts.map((bout) => peerResult(bar, bout, peers))),
    ...hubResults(bouts),
    ...(await enqueue(rig)),
  ];
}

/** Ours and theirs in turns. */
async function playRound({ crew, ours, peers: rates }: Bout, bed: ClaimBed, peers: readonly Peer[]) {
  for (const kind of ["single", "batched"] as const) {
    ours[kind].push(await bed.claim({ connections: crew, slots: SLOTS[kind], isCompleting: true }));
    const opponents = BARS.filter((bar) => bar.ours === kind).map((bar) => bar.peer);
    for (const peer of peers.filter(({ name }) => opponents.includes(name))) {
      rates.get(peer.name)?.push(await peer.drain(crew));
    }
  }
}

function jobsResult(kind: Kind, { crew, ours }: Bout, pings: readonly number[]): Result {
  const rates = ours[kind].map((row) => row.hub.jobsPerSecond);
  const rate = figuresOf(rates);
  const cpu = figuresOf(ours[kind].map((row) => row.hubCpuUsPerJob));
  const result = absoluteResult({
    id: `P2 ${kind}`,
    what: `durable claim + complete, ${KINDS[kind]}, ${crew} connections, plaintext loopback`,
    value: `${short(rate.median)} jobs/s`,
    figures: rate,
    bar: "its peers, below",
    isMet: null,
    notes: `hub ${short(cpu.median)} µs CPU per job`,
  });
  if (crew !== CONNECTIONS) return result;
  const ratio = figuresOf(rates.map((value, round) => value / (pings[round] ?? Number.NaN)));
  return { ...result, ratio: ratio.median, notes: `${result.notes}; ratio to the raw ping` };
}

function peerResult(bar: Bar, { crew, ours, peers: rates }: Bout, peers: readonly Peer[]): Result {
  const own = ours[bar.ours].map((row) => row.hub.jobsPerSecond);
  const theirs = rates.get(bar.peer) ?? [];
  const figures = figuresOf(
    own.map((value, round) => value / (theirs[round] ?? Number.NaN)).filter(Number.isFinite),
  );
  const because = peers.find(({ name }) => name === bar.peer)?.because ?? "";
  const still = theirs.filter((rate) => rate === 0).length;
  const isJudging = bar.crews.includes(crew);
  const judged = {
    id: `P2 ${bar.ours} ÷ ${bar.peer}`,
    what: `claim + complete, ${KINDS[bar.ours]} ÷ ${bar.peer}, ${crew} workers and connections on both sides`,
    bar: isJudging ? `≥ ${bar.atLeast.toFixed(1)}` : `none (≥ ${bar.atLeast.toFixed(1)} with ${bar.crews})`,
    notes: still === 0 ? because : `${because} the peer did nothing in ${still} rounds, left out`.trim(),
  };
  if (figures.rounds === 0)
    return absoluteResult({ ...judged, value: "no figure of the peer", figures, isMet: null });
  const value = `${short(figuresOf(own).median)} ÷ ${short(figuresOf(theirs.filter(Number.isFinite)).median)} jobs/s`;
  return ratioResult({ ...judged, value, figures, isMet: isJudging ? figures.median >= bar.atLeast : null });
}

function hubResults(bouts: readonly Bout[]): readonly Result[] {
  const rows = (crew: Crew, kinds: readonly Kind[]): readonly ClaimRound[] =>
    bouts.filter((bout) => bout.crew === crew).flatMap(({ ours }) => kinds.flatMap((kind) => ours[kind]));
  const slurm = figuresOf(
    rows(CONNECTIONS, ["single"]).map(({ hub }) => hub.jobsPerSecond / SLURM_JOBS_PER_SECOND),
  );
  const syncs = CREWS.map((crew) =>
    figuresOf(
      rows(crew, ["single", "batched"]).flatMap(({ syncsPerRecord }) =>
        syncsPerRecord === null ? [] : [syncsPerRecord],
      ),
    ),
  );
  return [
    ratioResult({
      id: "P2 slurm",
      what: `one a message, ${CONNECTIONS} connections ÷ Slurm 22.05 on loopback (${SLURM_JOBS_PER_SECOND} jobs/s, not in this run)`,
      value: `× ${short(slurm.median)}`,
      figures: slurm,
      bar: "≥ 200",
      isMet: slurm.median >= 200,
    }),
    ...syncs.map((figures, index) =>
      absoluteResult({
        id: "P2 syncs",
        what: `fsync and fdatasync calls of the hub per durable record, ${CREWS[index]} connections, batched and single rounds`,
        value: short(figures.median),
        figures,
        bar: "≤ 0.25",
        isMet: figures.rounds === 0 ? null : figures.median <= 0.25,
        notes: figures.rounds === 0 ? "no C compiler to build the counter with" : "counted by LD_PRELOAD",
      }),
    ),
  ];
}

/** Each round: a fresh hub, submits one a call, batched ones, raw unary. */
async function enqueue(rig: Rig): Promise<readonly Result[]> {
  const load = await rig.load();
  const raw = await rig.rawServer();
  const { submit } = await load.ask("sizes", undefined);
  const singleRates: number[] = [];
  const batchedRates: number[] = [];
  const rawRates: number[] = [];
  for (let round = 0; round < rig.rounds; round++) {
    const root = rig.root();
    rig.seed({ root, jobs: 0, attempts: 0, isCrash: false });
    const hub = await rig.hub(root);
    const options = { root, address: hub.address, connections: CONNECTIONS, ms: ENQUEUE_MS };
    await load.ask("submit", options);
    singleRates.push((await load.ask("submit", options)).perSecond);
    batchedRates.push((await load.ask("submit", { ...options, batch: BATCH })).perSecond);
    await hub.kill("SIGKILL");
    const call = { address: raw.address, connections: CONNECTIONS, bytes: submit, ms: ROUND_MS };
    rawRates.push((await load.ask("rawCall", call)).perSecond);
  }
  const single = figuresOf(singleRates);
  const batched = figuresOf(batchedRates);
  const ratio = figuresOf(singleRates.map((value, round) => value / (rawRates[round] ?? Number.NaN)));
  const ceiling = `${short(figuresOf(rawRates).median)}/s`;
  return [
    absoluteResult({
      id: "P2 enqueue",
      what: `durable submits, ${BATCH} a call (SubmitBatch), ${CONNECTIONS} connections, plaintext loopback`,
      value: `${short(batched.median)}/s, raw unary calls ${ceiling}`,
      figures: batched,
      bar: "≥ 10,000/s",
      isMet: batched.median >= 10_000,
    }),
    {
      ...absoluteResult({
        id: "P2 enqueue",
        what: "the same, one a call; ratio to raw unary",
        value: `${short(single.median)}/s ÷ ${ceiling}`,
        figures: single,
        bar: "none",
        isMet: null,
      }),
      ratio: ratio.median,
    },
  ];
}
