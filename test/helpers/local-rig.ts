/**
 * Local rig: a real local gate over real ledgers on a real socket, with clients of this process and clients
 * that are processes of their own. Time alone is the test's: `advance` moves the clock of books and leases.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { credentials } from "@grpc/grpc-js";
import { build } from "esbuild";
import type { LocalDesk } from "../../agent/local/desk.ts";
import type { DoorPolicy } from "../../agent/local/door.ts";
import { LOCAL_GATE_TIMES, type LocalGate, startLocalGate } from "../../agent/local/gate.ts";
import { createLedgerDesk, type LedgerDeskOptions } from "../../agent/local/ledger-desk.ts";
import { createResources } from "../../agent/local/resources.ts";
import { systemProcesses } from "../../agent/process/proc.ts";
import { connectLocal, type LocalClient } from "../../shared/local-client/client.ts";
import { createLog, type LogLevel } from "../../shared/log.ts";
import { delay } from "../../shared/loop.ts";
import { packageRoot } from "../../shared/package-root.ts";
import { applySample, createLedger, type Ledger } from "../../shared/policy/ledger.ts";
import { LOCAL_CLIENT_OPTIONS, localGateService } from "../../shared/wire/local-service.ts";
import type { BudgetRow } from "../../shared/wire/local-types.ts";

/** Of these 950 are usable: the gates open below 902.5, 760, 570 and 475. */
export const CARD_BYTES = 1000;
export const GPU = "GPU-0";
export const { graceMs: GRACE_MS } = LOCAL_GATE_TIMES;

export interface LocalRig {
  readonly socketPath: string;
  readonly ledger: Ledger;
  readonly logged: readonly string[];
  readonly budgetsSet: readonly { readonly gpu: string; readonly budgets: readonly BudgetRow[] }[];
  gate(): LocalGate;
  /** The agent ends, and another starts with empty books. */
  restart(): Promise<void>;
  client(): LocalClient;
  /** The service without the client library. */
  raw(): InstanceType<ReturnType<typeof localGateService>>;
  advance(ms: number): void;
  stop(): Promise<void>;
}

export interface LocalRigOptions {
  readonly policy?: DoorPolicy;
  readonly totalBytes?: number;
  /** "debug" when left out: every decision. */
  readonly logLevel?: LogLevel;
}

export async function createLocalRig(options: LocalRigOptions = {}): Promise<LocalRig> {
  const directory = mkdtempSync(join(tmpdir(), "local-"));
  const socketPath = join(directory, "agent.sock");
  const logged: string[] = [];
  const budgetsSet: { gpu: string; budgets: readonly BudgetRow[] }[] = [];
  const clients: { close(): unknown }[] = [];
  let now = 1_000_000;
  const cards = new Map([[GPU, openLedger(options.totalBytes ?? CARD_BYTES, now)]]);
  const nowMs = (): number => now;
  const desk = openDesk(cards, nowMs, (gpu, budgets) => budgetsSet.push({ gpu, budgets }));
  const start = (): Promise<LocalGate> =>
    startLocalGate({
      socketPath,
      groupId: null,
      policy: options.policy ?? { uids: [], gids: [] },
      desk,
      processes: systemProcesses,
      nowMs,
      log: createLog({
        level: options.logLevel ?? "debug",
        destination: { write: (line) => logged.push(line) },
      }),
      graceMs: GRACE_MS,
      tickMs: 10,
    });
  let gate = await start();
  const keep = <Client extends { close(): unknown }>(client: Client): Client => {
    clients.push(client);
    return client;
  };
  return {
    socketPath,
    get ledger() {
      return cards.get(GPU) as Ledger;
    },
    logged,
    budgetsSet,
    gate: () => gate,
    restart: async () => {
      await gate.stop();
      cards.set(GPU, openLedger(options.totalBytes ?? CARD_BYTES, now));
      gate = await start();
    },
    client: () => keep(connectLocal(socketPath)),
    raw: () => {
      const LocalGateClient = localGateService();
      return keep(
        new LocalGateClient(`unix:${socketPath}`, credentials.createInsecure(), LOCAL_CLIENT_OPTIONS),
      );
    },
    advance: (ms) => {
      now += ms;
    },
    stop: async () => {
      for (const client of clients) await client.close();
      await gate.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function openDesk(
  cards: ReadonlyMap<string, Ledger>,
  nowMs: () => number,
  onBudgetSet: LedgerDeskOptions["onBudgetSet"],
): LocalDesk {
  return createLedgerDesk({
    cards: () => cards,
    isGpuExpected: () => true,
    identityOf: () => ({ name: "a card", source: "nvml" }),
    nowMs,
    resources: createResources({
      host: () => ({
        cpuRatio: 0.25,
        memoryTotalBytes: 4096,
        memoryAvailableBytes: 1024,
        swapTotalBytes: 0,
        swapUsedBytes: 0,
        memoryStallPercent: null,
      }),
      processes: systemProcesses,
      vramByPid: () => new Map([[process.pid, 77]]),
      nowMs,
    }),
    onBudgetSet,
  });
}

function openLedger(totalBytes: number, nowMs: number): Ledger {
  const budgets = { inference: totalBytes * 0.75, tts: totalBytes * 0.1, rendering: totalBytes * 0.1 };
  const ledger = createLedger(totalBytes, budgets);
  applySample(ledger, { usedBytes: 0, byConsumer: new Map(), validForMs: 3_600_000 }, nowMs);
  return ledger;
}

/** Looks again every few milliseconds until it holds; the test's own timeout ends what never does. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(5);
}

/** A client that is a process of its own and does what it is told, line by line. */
export interface ChildClient {
  readonly process: ChildProcess;
  /** Calls a method of the client library; rejects with the error's code and message. */
  call<Answer>(method: keyof LocalClient, ...args: readonly unknown[]): Promise<Answer>;
}

/** Bundles a program of the tests, given by its path below `test/`; the path of the result. */
export async function buildChild(source: string): Promise<string> {
  const name = `${basename(source, ".ts")}-${process.pid}.mjs`;
  const outfile = join(packageRoot(), "node_modules", ".cache", "local-test", name);
  await build({
    entryPoints: [join(packageRoot(), "test", source)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
  });
  return outfile;
}

/** `uid`: becomes this user before it connects; needs root. */
export function startChildClient(program: string, socketPath: string, uid?: number): ChildClient {
  const args = [program, socketPath, ...(uid === undefined ? [] : [String(uid)])];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting: { resolve(answer: unknown): void; reject(error: Error): void }[] = [];
  child.on("exit", () => {
    for (const { reject } of waiting.splice(0)) reject(new Error("the client has ended"));
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { answer, error } = JSON.parse(line);
    const call = waiting.shift();
    if (error === undefined) call?.resolve(answer);
    else call?.reject(new Error(error));
  });
  return {
    process: child,
    call: <Answer>(method: string, ...parameters: readonly unknown[]) =>
      new Promise<Answer>((resolve, reject) => {
        waiting.push({ resolve: resolve as (answer: unknown) => void, reject });
        child.stdin.write(`${JSON.stringify({ method, parameters })}\n`);
      }),
  };
}
