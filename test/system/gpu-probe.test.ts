/** The probe of an agent that is killed: a real agent over a stand-in of the driver's library. */
import { once } from "node:events";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { end, type Running, removeRoot, scratchRoot, start, until } from "../helpers/cli-rig.ts";
import { compileStub } from "../helpers/gpu-rig.ts";

const CARD = ["count=1", "0.uuid=GPU-a", "0.name=A", "0.total=1000", "0.free=1000"];
const SIGTERM_BIT = 1n << 14n;

let root = "";
let agent: Running;
let probe = 0;
beforeEach(async () => {
  root = await scratchRoot();
  driverSays(CARD);
  const environment = {
    SPIRAL_NVML_LIBRARY: await compileStub(root),
    NVML_STUB_STATE: join(root, "driver"),
  };
  const words = ["serve", "--root", root, "--node", "alpha", "--hub", "127.0.0.1:1", "--gpu", "nvml"];
  agent = await start("agent", words, environment);
  probe = await until(() => {
    const [pid] = childrenOf(agent.process.pid).filter((each) => commandOf(each).includes("gpu-probe"));
    expect(pid).toBeDefined();
    return Number(pid);
  });
});
afterEach(async () => {
  // Whatever hangs in the driver ends with its state.
  rmSync(join(root, "driver"), { force: true });
  await end(agent);
  await removeRoot(root);
});

function driverSays(lines: readonly string[]): void {
  writeFileSync(join(root, "driver.next"), `${lines.join("\n")}\n`);
  renameSync(join(root, "driver.next"), join(root, "driver"));
}

function childrenOf(pid: number | undefined): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

/** Empty when there is no such process, or one that has ended and waits to be reaped. */
function commandOf(pid: number): string {
  return textOf(`/proc/${pid}/cmdline`);
}

/** The stand-in ignores SIGTERM from the moment that it is asked something and hangs. */
function isInDriver(): boolean {
  const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(textOf(`/proc/${probe}/status`))?.[1] ?? "0";
  return (BigInt(`0x${ignored}`) & SIGTERM_BIT) !== 0n;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

async function killAgent(): Promise<void> {
  const gone = once(agent.process, "exit");
  agent.process.kill("SIGKILL");
  await gone;
}

describe("the probe of an agent that is killed", () => {
  it("ends with it", async () => {
    await killAgent();
    await until(() => expect(commandOf(probe)).toBe(""));
  });

  it("ends as soon as the driver lets go of it, where it hangs there", async () => {
    driverSays([...CARD, "hang=1", "deaf=1"]);
    await until(() => expect(isInDriver()).toBe(true));
    await killAgent();
    expect(commandOf(probe)).toContain("gpu-probe");
    driverSays(CARD);
    await until(() => expect(commandOf(probe)).toBe(""));
  });
});
