/** A real fleet on this machine: hub and agents as processes in a fresh root, and an operator that calls them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials, Metadata } from "@grpc/grpc-js";
import type { ControlDocument } from "../../shared/model/campaign.ts";
import { createTiming, type Timing } from "../../shared/model/timing.ts";
import { packageRoot } from "../../shared/package-root.ts";
import { operatorChannelOptions } from "../../shared/wire/channel-options.ts";
import { wireServices } from "../../shared/wire/load.ts";
import type { OperatorAnswer, OperatorCall, OperatorUnaryMethod } from "../../shared/wire/operator-types.ts";
import { operatorSecretPath, PRINCIPAL_KEY, readSecret, SECRET_KEY } from "../../shared/wire/secret.ts";

export interface JournalEvent {
  readonly seq: number;
  readonly kind: string;
  readonly wallMs: number;
  readonly [field: string]: unknown;
}

function launcher(name: string): string {
  return join(packageRoot(), "bin", name);
}

export class Fleet {
  readonly root: string;
  readonly timing: Timing;
  /** What processes find in their environment from now on, beside what this one has. */
  environment: Readonly<Record<string, string>> = {};
  readonly #processes = new Map<string, ChildProcess>();
  readonly #logs = new Map<string, string>();

  constructor(scale = 0.1, root = mkdtempSync(join(tmpdir(), "spiral-fleet-"))) {
    this.root = root;
    this.timing = createTiming(scale);
  }

  /** Starts the hub and waits until it serves. */
  async startHub(program = launcher("spiral-hub.mjs")): Promise<void> {
    this.#spawn("hub", program, ["serve", "--root", this.root, "--port", "0"]);
    await this.until("the hub serves", () => this.#logs.get("hub")?.includes('"event":"hub.started"'));
  }

  /** Starts one of several hubs over one journal, on the port it had, and waits until it leads or stands by. */
  async startReplica(name: string, journal: string, ...flags: string[]): Promise<void> {
    const port = this.servesAt(name)?.split(":")[1] ?? "0";
    this.#spawn(name, launcher("spiral-hub.mjs"), [
      ...["serve", "--root", this.root, "--port", port, "--journal", journal, ...flags],
    ]);
    await this.until(`${name} leads or stands by`, () => this.servesAt(name) !== null);
  }

  /** Where a replica listens, as it has logged it; null while it has not. */
  servesAt(name: string): string | null {
    const log = this.output(name);
    const port = /"event":"hub.started".*"port":(\d+)/.exec(log)?.[1];
    return port === undefined ? (/"serves":"([^"]+)"/.exec(log)?.[1] ?? null) : `127.0.0.1:${port}`;
  }

  /** Starts an agent and waits until the hub calls it ready and fresh. */
  async startAgent(node: string, ...flags: string[]): Promise<void> {
    const args = ["serve", "--root", this.root, "--node", node, "--gpu", "simulated", ...flags];
    this.#spawn(node, launcher("spiral-agent.mjs"), args);
    await this.until(`${node} is ready`, async () => {
      const { nodes } = await this.call("ListNodes", {});
      return nodes.some((view) => view.node === node && view.state === "ready" && view.isTelemetryFresh);
    });
  }

  process(name: string): ChildProcess {
    const child = this.#processes.get(name);
    if (child === undefined) throw new Error(`${name} was never started`);
    return child;
  }

  output(name: string): string {
    return this.#logs.get(name) ?? "";
  }

  /** Sends a signal and waits for the end of the process. */
  async kill(name: string, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.process(name);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  writeDocuments(control: ControlDocument, dimensions: readonly object[]): void {
    writeFileSync(join(this.root, "control.json"), JSON.stringify(control));
    writeFileSync(join(this.root, "calibration.json"), JSON.stringify({ dimensions }));
  }

  /** One call of the operator, to the hub that the root names. */
  async call<Method extends OperatorUnaryMethod>(
    method: Method,
    request: OperatorCall<Method>,
  ): Promise<OperatorAnswer<Method>> {
    const { host, port } = JSON.parse(readFileSync(join(this.root, "hub/endpoint.json"), "utf8"));
    return this.callAt(`${host}:${port}`, method, request);
  }

  /** One call of the operator, to the hub at `host:port`. */
  callAt<Method extends OperatorUnaryMethod>(
    address: string,
    method: Method,
    request: OperatorCall<Method>,
  ): Promise<OperatorAnswer<Method>> {
    const { Operator } = wireServices();
    const client = new Operator(address, credentials.createInsecure(), operatorChannelOptions(this.timing));
    const metadata = new Metadata();
    metadata.set(PRINCIPAL_KEY, "operator");
    metadata.set(SECRET_KEY, readSecret(operatorSecretPath(this.root)));
    const deadline = Date.now() + 10_000;
    return new Promise<OperatorAnswer<Method>>((resolve, reject) => {
      const done = (error: Error | null, answer?: unknown): void => {
        if (error === null) resolve(answer as OperatorAnswer<Method>);
        else reject(error);
      };
      const invoke = client[method] as unknown as (...args: unknown[]) => void;
      invoke.call(client, request, metadata, { deadline }, done);
    }).finally(() => client.close());
  }

  /** Submits a job that sleeps, on the CPU unless `changes` say otherwise; its id. */
  async submitSleep(
    key: string,
    seconds: number,
    changes: Partial<OperatorCall<"Submit">> = {},
  ): Promise<string> {
    const { jobId } = await this.call("Submit", {
      key,
      producer: "test",
      runner: "sleep",
      paramsJson: JSON.stringify({ seconds }),
      priority: "PRIORITY_BATCH",
      lane: "LANE_CPU",
      subsystem: "rendering",
      onHubLoss: "ON_HUB_LOSS_STOP",
      ...changes,
    });
    return jobId;
  }

  /** Waits on something that will become true; says what when it does not. */
  async until(what: string, isTrue: () => unknown | Promise<unknown>, timeoutMs = 60_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const result = await Promise.resolve()
        .then(isTrue)
        .catch(() => false);
      if (result) return;
      if (Date.now() > deadline) throw new Error(`gave up waiting until ${what}\n${this.#tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The journal as people read it. */
  events(): JournalEvent[] {
    const path = join(this.root, "spiral.jsonl");
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  renders(): string[] {
    return readdirSync(join(this.root, "renders")).sort();
  }

  /** Brings a fresh fleet up, guardrails and all. */
  async goUp(): Promise<void> {
    await this.call("SetDesired", { state: "DESIRED_STATE_DOWN", isEnable: true, reason: "test" });
    await this.call("SetDesired", { state: "DESIRED_STATE_UP", reason: "test" });
  }

  /** Ends every process and removes the root. */
  async stop(): Promise<void> {
    await this.end();
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Ends every process. */
  async end(): Promise<void> {
    for (const name of [...this.#processes.keys()].reverse()) {
      const child = this.process(name);
      child.kill("SIGCONT");
      await this.kill(name, "SIGTERM");
    }
  }

  #spawn(name: string, program: string, args: readonly string[]): void {
    mkdirSync(this.root, { recursive: true });
    const scale = ["--timing-scale", String(this.timing.scale)];
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith("SPIRAL_"));
    const child = spawn(process.execPath, [program, ...args, ...scale], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...Object.fromEntries(own), ...this.environment },
    });
    this.#processes.set(name, child);
    this.#logs.set(name, "");
    const keep = (chunk: Buffer): void => {
      this.#logs.set(name, (this.output(name) + chunk.toString()).slice(-200_000));
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
  }

  #tail(): string {
    return [...this.#logs].map(([name, text]) => `--- ${name}\n${text.slice(-1_500)}`).join("\n");
  }
}
