/** Agent: P5: what one real agent costs its box, attached to a hub and idle. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../shared/package-root.ts";
import { absoluteResult, type Figures, figuresOf, type Result, short } from "./result.ts";
import { childPids, cpuMs, type Rig, rssBytes, sleep, until } from "./rig.ts";

const WATCH_MS = 10_000;
const WARM_MS = 15_000;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

interface Variant {
  readonly name: string;
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface Watched extends Variant {
  readonly pid: number;
  readonly rssMib: number[];
  readonly probeMib: number[];
  readonly cpuPercent: number[];
  readonly probeCpuPercent: number[];
}

/** All variants stand side by side and are watched over the same spans. */
export async function p5(rig: Rig): Promise<readonly Result[]> {
  const root = rig.root();
  rig.seed({ root, jobs: 0, attempts: 0, isCrash: false });
  const hub = await rig.hub(root);
  const variants = [{ name: "simulated", flags: ["--gpu", "simulated"], env: {} }, ...stubVariants(root)];
  const watched = variants.map((variant): Watched => {
    const args = ["serve", "--root", root, "--node", variant.name, ...variant.flags];
    const { pid = 0 } = rig.spawn("agent.mjs", args, variant.env);
    return { ...variant, pid, rssMib: [], probeMib: [], cpuPercent: [], probeCpuPercent: [] };
  });
  await until(async () => (await hub.attached()) === watched.length);
  await sleep(WARM_MS);
  for (let round = 0; round < rig.rounds; round++) {
    const before = watched.map(cpuOf);
    await sleep(WATCH_MS);
    watched.forEach((agent, index) => {
      const now = cpuOf(agent);
      const was = before[index] ?? now;
      agent.cpuPercent.push((100 * (now.own - was.own)) / WATCH_MS);
      agent.probeCpuPercent.push((100 * (now.probes - was.probes)) / WATCH_MS);
      agent.rssMib.push(rssBytes(agent.pid) / MIB);
      agent.probeMib.push(childPids(agent.pid).reduce((sum, pid) => sum + rssBytes(pid), 0) / MIB);
    });
  }
  return watched.flatMap(resultsOf);
}

function cpuOf({ pid }: Watched): { readonly own: number; readonly probes: number } {
  return { own: cpuMs(pid), probes: childPids(pid).reduce((sum, child) => sum + cpuMs(child), 0) };
}

function resultsOf(agent: Watched): readonly Result[] {
  const rss = figuresOf(agent.rssMib);
  const cpu = figuresOf(agent.cpuPercent);
  const bar = agent.name === "nvml-full" ? 1.5 : 0.5;
  const polling = agent.name === "nvml-full" ? "polling at 500 ms" : "at normal polling";
  const apart = (figures: Figures, unit: string): string =>
    figures.median === 0 ? "no probe child" : `its probe child apart: ${short(figures.median)} ${unit}`;
  return [
    absoluteResult({
      id: "P5 memory",
      what: `RSS of an idle agent, ${agent.name}, ${polling}`,
      value: `${short(rss.median)} MiB`,
      figures: rss,
      bar: "≤ 90 MiB",
      isMet: rss.median <= 90,
      notes: apart(figuresOf(agent.probeMib), "MiB"),
    }),
    absoluteResult({
      id: "P5 cpu",
      what: `CPU of an idle agent, ${agent.name}, ${polling}, telemetry at 1 Hz`,
      value: `${short(cpu.median)} % of a core`,
      figures: cpu,
      bar: `≤ ${bar} %`,
      isMet: cpu.median <= bar,
      notes: apart(figuresOf(agent.probeCpuPercent), "%"),
    }),
  ];
}

/** NVML as the tests stand in for it, once at rest and once full, which makes the agent poll at 500 ms. */
function stubVariants(root: string): readonly Variant[] {
  const library = join(root, "libnvidia-ml.so.1");
  const source = join(packageRoot(), "test/fixtures/nvml-stub/nvml-stub.c");
  try {
    execFileSync("gcc", ["-shared", "-fPIC", "-o", library, source], { stdio: "ignore" });
  } catch {
    return [];
  }
  const variant = (name: string, usedGib: number): Variant => {
    const state = join(root, `${name}.state`);
    mkdirSync(root, { recursive: true });
    const card = [
      "count=1",
      "0.uuid=GPU-bench",
      "0.name=NVIDIA GH200",
      `0.total=${96 * GIB}`,
      `0.used=${usedGib * GIB}`,
      `0.free=${(96 - usedGib) * GIB}`,
      "0.reserved=0",
      "0.gpu=10",
      "0.temperature=40",
      "0.power=120000",
    ];
    writeFileSync(state, `${card.join("\n")}\n`);
    return {
      name,
      flags: ["--gpu", "nvml"],
      env: { SPIRAL_NVML_LIBRARY: library, NVML_STUB_STATE: state },
    };
  };
  return [variant("nvml", 10), variant("nvml-full", 95)];
}
