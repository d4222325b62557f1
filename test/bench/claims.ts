/** Claims: what the hub grants and takes back in a span, each span with a fresh hub over the same long queue. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../shared/package-root.ts";
import type { ClaimAnswer } from "./load.ts";
import { cpuMs, type Load, type Rig } from "./rig.ts";

export const ROUND_MS = 2_000;
/** Longer than a peer's: each span begins with a new process, while those of the peers live through all rounds. */
const WARM_MS = 2_000;
/** Nobody drains as many in one round. */
export const MANY_JOBS = 80_000;

export interface ClaimRound {
  readonly hub: ClaimAnswer;
  /** Null where nothing counts them. */
  readonly syncsPerRecord: number | null;
  readonly hubCpuUsPerJob: number;
}

export interface ClaimLayout {
  readonly connections: number;
  readonly slots: number;
  readonly isCompleting: boolean;
}

export class ClaimBed {
  readonly #rig: Rig;
  readonly #template: string;
  readonly #load: Load;
  readonly #rawAddress: string;

  private constructor(rig: Rig, template: string, load: Load, rawAddress: string) {
    this.#rig = rig;
    this.#template = template;
    this.#load = load;
    this.#rawAddress = rawAddress;
  }

  static async open(rig: Rig): Promise<ClaimBed> {
    const template = rig.root();
    rig.seed({ root: template, jobs: MANY_JOBS, attempts: 0, isCrash: false });
    return new ClaimBed(rig, template, await rig.load(), (await rig.rawServer()).address);
  }

  async claim({ connections, slots, isCompleting }: ClaimLayout): Promise<ClaimRound> {
    const root = this.#rig.root(this.#template);
    const syncs = countSyncs(root);
    const hub = await this.#rig.hub(root, syncs.env);
    await this.#load.ask("attach", { root, address: hub.address, count: connections });
    const options = { active: connections, slots, isCompleting } as const;
    await this.#load.ask("claims", { ...options, ms: WARM_MS });
    const before = { seq: await hub.journalSeq(), cpu: cpuMs(hub.pid), syncs: syncs.read() };
    const answer = await this.#load.ask("claims", { ...options, ms: ROUND_MS });
    const records = (await hub.journalSeq()) - before.seq;
    const counted = syncs.read();
    const spentMs = cpuMs(hub.pid) - before.cpu;
    await this.#load.ask("detach", undefined);
    await hub.kill("SIGKILL");
    rmSync(root, { recursive: true, force: true });
    return {
      hub: answer,
      syncsPerRecord: counted === null || before.syncs === null ? null : (counted - before.syncs) / records,
      hubCpuUsPerJob: (1000 * spentMs) / answer.jobs,
    };
  }

  /** Round trips a second of the transport alone, with messages as long as a claim. */
  async rawPing(connections: number): Promise<number> {
    const { claim } = await this.#load.ask("sizes", undefined);
    const ping = { address: this.#rawAddress, connections, bytes: claim, ms: ROUND_MS };
    return (await this.#load.ask("rawPing", ping)).perSecond;
  }
}

interface SyncCounter {
  readonly env: Readonly<Record<string, string>>;
  read(): number | null;
}

/** Counts the syncs of a process that is started with `env`; reads null where nothing can be compiled. */
function countSyncs(root: string): SyncCounter {
  const library = join(root, "count-syncs.so");
  const counter = join(root, "syncs");
  const source = join(packageRoot(), "test/bench/count-syncs.c");
  try {
    execFileSync("gcc", ["-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], { stdio: "ignore" });
  } catch {
    return { env: {}, read: () => null };
  }
  return {
    env: { LD_PRELOAD: library, COUNT_SYNCS_FILE: counter },
    read: () => (existsSync(counter) ? Number(readFileSync(counter).readBigUInt64LE()) : null),
  };
}
