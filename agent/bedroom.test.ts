import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { must } from "../shared/invariant.ts";
import { createLog } from "../shared/log.ts";
import { AgentWorld, CARD, GIB } from "../test/helpers/agent-world.ts";
import { type Bedroom, openBedroom } from "./bedroom.ts";
import { type DeclaredConsumer, GOVERNANCE } from "./core/governance.ts";
import { fellAsleep, wantAwake } from "./core/sleepers.ts";
import { createCudaCheckpointEvictor } from "./evict/cuda-checkpoint.ts";
import type { Evictor } from "./evict/evictor.ts";
import { systemProcesses } from "./process/proc.ts";
import { openSleepers } from "./store/sleepers.ts";

const ID = "node/lora";

const LORA: DeclaredConsumer = {
  claim: {
    id: ID,
    label: "lora",
    subsystem: "rendering",
    priority: "background",
    bytes: 10 * GIB,
    evictable: true,
    resident: false,
    reloadMs: 0,
  },
  gpu: null,
  owner: null,
  pid: null,
  processName: null,
  idleMs: 60_000,
};

let folder: string;
let child: ChildProcess;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bedroom-"));
  child = spawn("sleep", ["600"]);
  const program = `#!/bin/sh
state=$(cat ${folder}/state 2>/dev/null || echo running)
case "$*" in
  *--get-state*) echo "$state"; exit 0 ;;
  *"--action lock"*) echo locked > ${folder}/state ;;
  *"--action checkpoint"*) cp ${folder}/sleepers.json ${folder}/known; echo checkpointed > ${folder}/state ;;
  *"--action restore"*) [ "$state" = checkpointed ] || exit 1; echo locked > ${folder}/state ;;
  *"--action unlock"*) echo running > ${folder}/state ;;
esac
`;
  writeFileSync(join(folder, "cuda-checkpoint"), program);
  chmodSync(join(folder, "cuda-checkpoint"), 0o755);
});

afterEach(() => {
  child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Agent {
  readonly world: AgentWorld;
  readonly bedroom: Bedroom;
  readonly evictor: Evictor;
}

/** An agent of this boot, with whatever an earlier one wrote down. */
function startAgent(holders: readonly number[], bootId = "boot"): Agent {
  const world = new AgentWorld({ governance: { ...GOVERNANCE, declared: [LORA] } });
  const evictor: Evictor = createCudaCheckpointEvictor(ID, {
    program: join(folder, "cuda-checkpoint"),
    lockMs: 1_000,
    pids: () => bedroom.pidsOf(ID),
  });
  const bedroom = openBedroom({
    core: world.core,
    act: (decide) => world.do(decide),
    log: createLog({ level: "error", destination: { write: () => {} } }),
    store: openSleepers(folder, bootId),
    processes: systemProcesses,
    evictorOf: () => evictor,
    holdersOf: () => holders,
  });
  world.sample(holders.length === 0 ? 0 : 10 * GIB, null);
  return { world, bedroom, evictor };
}

const state = (): string => readFileSync(join(folder, "state"), "utf8").trim();
const held = ({ world }: Agent): number | undefined =>
  world.core.state.cards.get(CARD)?.consumers.get(ID)?.bytes;

/** The record on the disk is empty: nothing is being written any more. */
const isForgotten = (): Promise<void> =>
  vi.waitFor(() =>
    expect(JSON.parse(readFileSync(join(folder, "sleepers.json"), "utf8")).sleepers).toEqual([]),
  );

async function park({ world, bedroom, evictor }: Agent): Promise<void> {
  await bedroom.rememberSleep(evictor).evict("park", 1, AbortSignal.timeout(5_000));
  world.do((tx) => fellAsleep(tx, ID, true));
}

describe("a parked process", () => {
  it("is on the disk before it is parked, and is found and resumed by the next agent", async () => {
    await park(startAgent([must(child.pid, "it runs")]));
    expect(state()).toBe("checkpointed");
    expect(JSON.parse(readFileSync(join(folder, "known"), "utf8"))).toMatchObject({
      sleepers: [{ id: ID, rung: "park", bytes: 10 * GIB, processes: [{ pid: child.pid }] }],
    });
    // Nothing of it is to be seen on the card any more.
    const next = startAgent([]);
    expect(held(next)).toBe(0);
    expect(next.bedroom.pidsOf(ID)).toEqual([child.pid]);
    next.world.do((tx) => wantAwake(tx, ID));
    next.world.pass(200);
    const [wake] = next.world.of("wake");
    next.bedroom.wake(must(wake, "it is to be woken").id, "park");
    await vi.waitFor(() => expect(next.world.core.state.sleepers.size).toBe(0));
    expect([state(), held(next)]).toEqual(["running", 10 * GIB]);
    await isForgotten();
  });

  it("is forgotten after a boot, and a record that makes no sense is passed over", async () => {
    await park(startAgent([must(child.pid, "it runs")]));
    expect(startAgent([], "another boot").world.core.state.sleepers.size).toBe(0);
    writeFileSync(join(folder, "sleepers.json"), '{"bootId":"boot","sleepers":[{"id":7},3]}');
    expect(startAgent([]).world.core.state.sleepers.size).toBe(0);
  });

  it("that has gone is not asked for by its pid", async () => {
    await park(startAgent([must(child.pid, "it runs")]));
    const next = startAgent([]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    expect(next.bedroom.pidsOf(ID)).toEqual([]);
    next.bedroom.wake(ID, "park");
    await vi.waitFor(() => expect(next.world.core.state.sleepers.size).toBe(0));
    expect([state(), held(next)]).toEqual(["checkpointed", 0]);
    await isForgotten();
  });
});
