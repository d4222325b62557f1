/** Idle: P4, and the cost of telemetry: what agents cost the hub that only stay attached. */
import { absoluteResult, figuresOf, type Result, short } from "./result.ts";
import { cpuMs, type Rig, rssBytes, sleep } from "./rig.ts";

const FLEETS = [200, 1_000] as const;
const SETTLE_MS = 4_000;
const WATCH_MS = 5_000;
const KIB = 1024;
const MIB = 1024 ** 2;

/** Each round: a fresh hub, its memory alone, with 200 and with 1,000 agents that beat and report at 1 Hz. */
export async function p4(rig: Rig): Promise<readonly Result[]> {
  const perAgent = new Map<number, number[]>(FLEETS.map((count) => [count, []]));
  const wholeMib: number[] = [];
  const cpuShare: number[] = [];
  for (let round = 0; round < rig.rounds; round++) {
    const root = rig.root();
    rig.seed({ root, jobs: 0, attempts: 0, isCrash: false });
    const hub = await rig.hub(root);
    const load = await rig.load();
    await sleep(SETTLE_MS);
    const aloneBytes = rssBytes(hub.pid);
    for (const count of FLEETS) {
      await load.ask("attach", { root, address: hub.address, count });
      await load.ask("offer", undefined);
      await sleep(SETTLE_MS);
      perAgent.get(count)?.push((rssBytes(hub.pid) - aloneBytes) / count / KIB);
    }
    const beforeMs = cpuMs(hub.pid);
    await sleep(WATCH_MS);
    cpuShare.push((100 * (cpuMs(hub.pid) - beforeMs)) / WATCH_MS);
    wholeMib.push(rssBytes(hub.pid) / MIB);
    await load.ask("detach", undefined);
    await hub.kill("SIGKILL");
    load.child.kill("SIGKILL");
  }
  const whole = figuresOf(wholeMib);
  const cpu = figuresOf(cpuShare);
  return [
    ...FLEETS.map((count) => {
      const figures = figuresOf(perAgent.get(count) ?? []);
      return absoluteResult({
        id: "P4",
        what: `hub RSS per idle agent, ${count.toLocaleString("en")} attached, one plaintext connection each`,
        value: `${short(figures.median)} KiB`,
        figures,
        bar: "≤ 150 KB",
        isMet: figures.median * KIB <= 150_000,
        notes: "RSS with them less RSS without, garbage included",
      });
    }),
    absoluteResult({
      id: "P4 whole",
      what: "hub RSS with 1,000 agents, V8, SQLite and the worker thread included",
      value: `${short(whole.median)} MiB`,
      figures: whole,
      bar: "≤ 300 MiB",
      isMet: whole.median <= 300,
    }),
    absoluteResult({
      id: "P3 idle",
      what: "hub CPU with 1,000 agents that report at 1 Hz, heartbeats and echoes included",
      value: `${short(cpu.median)} % of a core`,
      figures: cpu,
      bar: "≤ 6 %",
      isMet: cpu.median <= 6,
    }),
  ];
}
