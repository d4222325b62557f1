/** CLI rig: the real `spiral` and the real programs as processes, over roots in the temporary directory. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { entry } from "./bundle.ts";

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ran>;
}

const PATIENCE_MS = 30_000;

export function scratchRoot(): Promise<string> {
  return mkdtemp(join(tmpdir(), "spiral-cli-"));
}

/** Starts one of the programs; SPIRAL_* of the tests' own environment does not reach it. */
export async function start(
  name: "cli" | "hub" | "agent",
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  who: { readonly uid?: number; readonly gid?: number } = {},
): Promise<Running> {
  const own = Object.entries(process.env).filter(([key]) => !key.startsWith("SPIRAL_"));
  const child = spawn(process.execPath, [await entry(name), ...argv], {
    env: { ...Object.fromEntries(own), ...environment },
    stdio: ["pipe", "pipe", "pipe"],
    ...who,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Ran>((resolve) => {
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { process: child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** A process of somebody who owns no root: tests may run as the superuser, whom no file mode keeps out. */
const STRANGER_UID = 65_534;

/** Runs `spiral` to its end as one who may not enter `root`. */
export async function asStranger(root: string, argv: readonly string[]): Promise<Ran> {
  const isSuperuser = process.getuid?.() === 0;
  await chmod(root, isSuperuser ? 0o700 : 0);
  try {
    const who = isSuperuser ? { uid: STRANGER_UID, gid: STRANGER_UID } : {};
    return await (await start("cli", argv, {}, who)).ended;
  } finally {
    await chmod(root, 0o700);
  }
}

/** Runs `spiral` to its end with `input` as its standard input. */
export async function spiral(argv: readonly string[], input = ""): Promise<Ran> {
  const running = await start("cli", argv);
  // A verb that refuses its arguments does not read on.
  running.process.stdin?.on("error", () => {});
  running.process.stdin?.end(input);
  return running.ended;
}

/** The one JSON object that a verb printed; fails when it did not exit well or printed more. */
export async function spiralJson(argv: readonly string[]): Promise<Record<string, unknown>> {
  const ran = await spiral([...argv, "--json"]);
  expect(ran).toMatchObject({ code: 0 });
  expect(ran.stdout.trim().split("\n")).toHaveLength(1);
  return JSON.parse(ran.stdout);
}

/** A hub that serves `root`; resolves when it says so. */
export async function startHub(root: string): Promise<Running> {
  const hub = await start("hub", ["serve", "--root", root, "--port", "0"]);
  await until(() => expect(hub.stdout() + hub.stderr()).toContain('"hub.started"'));
  return hub;
}

/** An agent of `root` with a simulated card; resolves when the hub has fresh telemetry of it. */
export async function startAgent(root: string, node: string): Promise<Running> {
  const agent = await start("agent", ["serve", "--root", root, "--node", node, "--gpu", "simulated"]);
  await until(async () => {
    const { nodes } = await spiralJson(["nodes", "--root", root]);
    expect(nodes).toContainEqual(expect.objectContaining({ node, state: "ready", isTelemetryFresh: true }));
  });
  return agent;
}

/** Ends what a test started, and waits for it. */
export async function end(running: Running | undefined): Promise<void> {
  if (running === undefined) return;
  running.process.kill("SIGTERM");
  await running.ended;
}

export function removeRoot(root: string): Promise<void> {
  return rm(root, { recursive: true, force: true, maxRetries: 5 });
}

export function until<Value>(look: () => Value | Promise<Value>): Promise<Value> {
  return vi.waitFor(look, { timeout: PATIENCE_MS, interval: 100 });
}
