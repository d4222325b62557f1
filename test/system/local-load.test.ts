/** A thousand workloads on one agent: no gate is passed, nothing is leaked, and nothing goes below zero. */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLoop } from "../../shared/loop.ts";
import { PRIORITIES } from "../../shared/model/priority.ts";
import { usageOf } from "../../shared/policy/ledger.ts";
import { buildChild, createLocalRig, type LocalRig, until } from "../helpers/local-rig.ts";
import type { LoadCounts } from "./local-load.fixture.ts";

const PROCESSES = 4;
const CLIENTS_EACH = 250;
const FOR_MS = 30_000;

let program = "";
let rig: LocalRig;
beforeAll(async () => {
  program = await buildChild("system/local-load.fixture.ts");
  rig = await createLocalRig({ totalBytes: 96 * 1024 ** 3, logLevel: "silent" });
});
afterAll(async () => {
  await rig.stop();
  rmSync(program);
});

describe("1,000 clients that reserve and release for 30 s", () => {
  it("leave no reservation behind and never pass a gate", async () => {
    const children = Array.from({ length: PROCESSES }, (_, seed) => {
      const args = [program, rig.socketPath, String(CLIENTS_EACH), String(FOR_MS), String(seed)];
      const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
      return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
    });
    for (const { lines } of children) expect((await lines.next()).value).toBe("connected");
    const seen = { least: 0, highestPressure: 0 };
    const watch = createLoop({
      everyMs: 1,
      run: () => {
        const { reservedBytes, usedBytes, usableBytes } = usageOf(rig.ledger);
        const { liveByPriority, heldBytes } = rig.ledger.tally;
        seen.least = Math.min(seen.least, reservedBytes, heldBytes, ...Object.values(liveByPriority));
        seen.highestPressure = Math.max(seen.highestPressure, usedBytes / usableBytes);
      },
      onError: (error) => expect.unreachable(String(error)),
    });
    for (const { child } of children) child.stdin.write("go\n");
    const counts: LoadCounts[] = [];
    for (const { lines } of children) counts.push(JSON.parse((await lines.next()).value ?? "{}"));
    const total = (name: keyof LoadCounts): number => counts.reduce((sum, each) => sum + each[name], 0);
    await until(() => usageOf(rig.ledger).reservedBytes === 0);
    await watch.stop();
    expect(total("granted")).toBeGreaterThan(PROCESSES * CLIENTS_EACH);
    expect(total("refused")).toBeGreaterThan(0);
    expect(total("left")).toBeGreaterThan(0);
    expect([total("aboveGate"), total("notFreed"), total("failed")]).toEqual([0, 0, 0]);
    expect(seen.least).toBe(0);
    expect(seen.highestPressure).toBeLessThan(rig.ledger.config.gates.realtime);
    expect(PRIORITIES.map((priority) => rig.ledger.tally.liveByPriority[priority])).toEqual([0, 0, 0, 0]);
    expect([rig.ledger.consumers.size, rig.gate().holders().size]).toEqual([0, 0]);
  });
});
