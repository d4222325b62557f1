/**
 * World: one hub and its agents as processes, each agent behind a wire of its own. It knows how to start, end and heal
 * each of them; when and which is for the faults to say.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectHub, type HubClient } from "../../ops/cli/client.ts";
import { readSettings } from "../../ops/cli/settings.ts";
import { systemClock } from "../../shared/clock.ts";
import { delay } from "../../shared/loop.ts";
import { createTiming, type Timing } from "../../shared/model/timing.ts";
import { packageRoot } from "../../shared/package-root.ts";
import { Crew } from "./crew.ts";
import { mountSmallDisk, type SmallDisk } from "./disk.ts";
import { type Namespace, openNamespace } from "./namespace.ts";
import type { Options } from "./options.ts";
import { endJobProcesses, jobProcesses } from "./processes.ts";
import { openWire, type Wire } from "./proxy.ts";

/** Only this agent's calendar is bent, and only this one is behind a cable that can be unplugged. */
export const SKEWED = "node-2";
export const CABLED = "node-1";

/** Any port: it listens only when it is asked for its stack. */
const NODE = [process.execPath, "--inspect-port=0"];
const SLOTS = "4";
const BASE_MIB = 64;
const JOBS_PER_MIB = 60;
const LOOK_MS = 100;
const PATIENCE_MS = 90_000;

export class World {
  /** Holds everything of the run. */
  readonly place: string;
  readonly root: string;
  readonly side: string;
  readonly timing: Timing;
  readonly nodes: readonly string[];
  readonly crew: Crew;
  readonly wires = new Map<string, Wire>();
  readonly disk: SmallDisk;
  readonly cable: Namespace | null;
  /** What this machine does not allow, for the report. */
  readonly notes: readonly string[];
  /** Where the built programs lie. */
  readonly programs: string;

  constructor({ agents, scale, jobs }: Options, programs: string) {
    this.programs = programs;
    this.place = mkdtempSync(join(tmpdir(), "spiral-chaos-"));
    this.root = join(this.place, "root");
    this.side = join(this.place, "side");
    this.timing = createTiming(scale);
    this.nodes = Array.from({ length: agents }, (_, index) => `node-${index + 1}`);
    this.crew = new Crew(join(this.place, "logs"));
    this.disk = mountSmallDisk(
      this.root,
      join(this.place, "agents"),
      BASE_MIB + Math.ceil(jobs / JOBS_PER_MIB),
    );
    const cable = openNamespace(`chaos${process.pid}`.slice(-12), process.pid % 250);
    this.cable = "missing" in cable ? null : cable;
    this.notes = [
      ...(this.disk.missing === null ? [] : [`no full disk: ${this.disk.missing}`]),
      ...("missing" in cable ? [`no network namespace: ${cable.missing}`] : []),
    ];
    mkdirSync(join(this.side, "locks"), { recursive: true });
    copyFileSync(join(packageRoot(), "test/chaos/job.sh"), join(this.side, "job.sh"));
  }

  get skewFile(): string {
    return join(this.place, "skew-ms");
  }

  get slowFile(): string {
    return join(this.place, "slow-ms");
  }

  async open(): Promise<void> {
    this.startHub();
    await this.until("the hub serves", () => this.isServing());
    for (const node of this.nodes) await this.#prepare(node);
    for (const node of this.nodes) this.startAgent(node);
    await this.until(
      "every agent is ready",
      async () => (await this.readyNodes()).length === this.nodes.length,
    );
    await this.up();
  }

  startHub(): void {
    const argv = [
      ...NODE,
      ...["--import", join(packageRoot(), "test/chaos/preload/slow-disk.mjs")],
      ...[join(this.programs, "hub.mjs"), "serve", "--root", this.root, "--port", "0"],
      ...["--timing-scale", String(this.timing.scale)],
    ];
    this.crew.start({ name: "hub", argv, environment: { CHAOS_SLOW_FILE: this.slowFile } });
  }

  startAgent(node: string): void {
    const skew = ["--import", join(packageRoot(), "test/chaos/preload/skew.mjs")];
    const argv = [
      ...(node === CABLED ? (this.cable?.prefix ?? []) : []),
      ...NODE,
      ...(node === SKEWED ? skew : []),
      ...[join(this.programs, "agent.mjs"), "serve", "--root", this.root, "--node", node],
      ...["--gpu", "simulated", "--gpu-slots", SLOTS, "--cpu-slots", SLOTS],
      ...["--hub", this.wires.get(node)?.address ?? "", "--timing-scale", String(this.timing.scale)],
    ];
    const environment = { CHAOS_SKEW_FILE: this.skewFile };
    this.crew.start({ name: node, argv, environment: node === SKEWED ? environment : {} });
  }

  /** A client for one errand; the hub may have another port than last time. */
  async ask<Answer>(errand: (client: HubClient) => Promise<Answer>): Promise<Answer> {
    const client = this.connect();
    try {
      return await errand(client);
    } finally {
      client.close();
    }
  }

  connect(): HubClient {
    return connectHub(readSettings({ root: this.root }, {}));
  }

  /** The nodes that the hub calls ready and fresh. */
  async readyNodes(): Promise<readonly string[]> {
    const { nodes } = await this.ask((client) => client.call("ListNodes", {}, 2_000));
    return nodes.flatMap(({ node, state, isTelemetryFresh }) =>
      state === "ready" && isTelemetryFresh ? [node] : [],
    );
  }

  async isServing(): Promise<boolean> {
    await this.ask((client) => client.call("GetStatus", {}, 2_000));
    return true;
  }

  async up(): Promise<void> {
    const request = { state: "DESIRED_STATE_UP", isForced: true, reason: "chaos goes on" } as const;
    await this.ask((client) => client.call("SetDesired", request));
  }

  /** Waits on something that will become true. @throws when it does not. */
  async until(what: string, isTrue: () => boolean | Promise<boolean>, limitMs = PATIENCE_MS): Promise<void> {
    const endMs = systemClock.bootMs() + limitMs;
    for (;;) {
      try {
        if (await isTrue()) return;
      } catch {
        // A hub that is away answers nothing; asked again.
      }
      if (systemClock.bootMs() > endMs) throw new Error(`gave up waiting until ${what}`);
      await delay(LOOK_MS);
    }
  }

  /** Ends every process and gives back what was mounted; files are left as they are. */
  async close(): Promise<void> {
    await this.crew.endAll();
    while (jobProcesses(this.root).length > 0) {
      endJobProcesses(this.root);
      await delay(LOOK_MS);
    }
    await Promise.all([...this.wires.values()].map((wire) => wire.stop()));
    this.cable?.remove();
  }

  /** Removes the root; what has been written beside it stays only when it is asked for. */
  remove(): void {
    this.disk.unmount();
    rmSync(this.place, { recursive: true, force: true, maxRetries: 5 });
  }

  async #prepare(node: string): Promise<void> {
    const runners = join(this.root, "agents", node, "runners");
    mkdirSync(runners, { recursive: true, mode: 0o700 });
    const params = {
      key: { type: "string" },
      seconds: { type: "number", min: 0 },
      output: { type: "string" },
    };
    const argv = [
      "/bin/sh",
      join(this.side, "job.sh"),
      this.side,
      "{params.key}",
      "{params.seconds}",
      "{params.output}",
    ];
    writeFileSync(
      join(runners, "chaos.json"),
      JSON.stringify({ name: "chaos", argv, params, envAllow: ["PATH"] }),
    );
    const host = node === CABLED ? (this.cable?.host ?? "127.0.0.1") : "127.0.0.1";
    this.wires.set(node, await openWire(host, () => this.#hubPort()));
  }

  #hubPort(): number | null {
    const path = join(this.root, "hub/endpoint.json");
    return existsSync(path) ? Number(JSON.parse(readFileSync(path, "utf8")).port) : null;
  }
}
