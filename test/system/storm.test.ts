/**
 * Hundreds of agents that dial a real hub at once, beside as many connections that say nothing: those who are there
 * go on as if nothing happened, an operator gets through, and in the end everybody is attached. A machine that is busy with
 * other things lets them come so slowly that nobody has to be turned away; what the gate promises holds all the same.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLink } from "../../agent/link/link.ts";
import { ATTACH_LIMITS } from "../../hub/service/attach-gate.ts";
import { systemClock } from "../../shared/clock.ts";
import { describeError } from "../../shared/errors.ts";
import { createLog } from "../../shared/log.ts";
import { createLoop } from "../../shared/loop.ts";
import { createHubBook } from "../../shared/model/hub-book.ts";
import { createRng } from "../../shared/rng.ts";
import { agentSecretPath, ensureSecret } from "../../shared/wire/secret.ts";
import { Fleet } from "../helpers/fleet.ts";
import { buildChild, until } from "../helpers/local-rig.ts";
import { bareHello } from "../helpers/messages.ts";
import { starvedMs } from "../helpers/starved.ts";

/** More than a burst, so that the gate has to turn some away. */
const AGENTS = ATTACH_LIMITS.burst + 200;
/** Idle agents have the burst without its reserve, and what a second brings: sooner they cannot all be in. */
const SOONEST_MS =
  ((AGENTS - (ATTACH_LIMITS.burst - ATTACH_LIMITS.reserve)) / ATTACH_LIMITS.perSecond) * 1_000;
const SOCKETS = 300;
/** Half of what lies between two renewals, of time in which hub and agent had a processor. */
const LATE_MS = 5_000;

let fleet: Fleet;
let program = "";
let storm: ChildProcess | null = null;
beforeAll(async () => {
  program = await buildChild("system/storm.fixture.ts");
  fleet = new Fleet(1);
  await fleet.startHub();
});
afterAll(async () => {
  storm?.kill("SIGKILL");
  await fleet.stop();
  rmSync(program);
});

/** Time that passes while hub and test have a processor. */
function busyMs(): number {
  return systemClock.bootMs() - starvedMs([process.pid, fleet.process("hub").pid ?? 0]);
}

/** An attached agent that renews all the time; `worstMs` is the longest that an answer has taken. */
async function renewer(address: string) {
  const seen = { worstMs: 0, answers: 0, downs: 0 };
  const sentMs = new Map<number, number>();
  let seq = 0;
  let welcomed = (): void => {};
  const ready = new Promise<void>((resolve) => {
    welcomed = resolve;
  });
  const link = createLink({
    book: createHubBook([address]),
    principal: "agent/renewer",
    secret: ensureSecret(agentSecretPath(fleet.root, "renewer")),
    timing: fleet.timing,
    clock: systemClock,
    rng: createRng("renewer"),
    log: createLog({ level: "silent", destination: process.stderr }),
    hello: () => ({ ...bareHello("renewer"), generation: 1 }),
    onWelcome: welcomed,
    onMessage: (message) => {
      if (message.kind !== "renewed") return;
      seen.answers++;
      seen.worstMs = Math.max(seen.worstMs, busyMs() - (sentMs.get(message.seq) ?? 0));
      sentMs.delete(message.seq);
    },
    onDown: () => {
      seen.downs++;
    },
  });
  await ready;
  const loop = createLoop({
    everyMs: 50,
    run: () => {
      sentMs.set(++seq, busyMs());
      link.send({ kind: "renew", seq, tokens: [] });
      link.send({ kind: "heartbeat", seq });
    },
    onError: () => {},
  });
  const stop = async (): Promise<void> => {
    await loop.stop();
    await until(() => sentMs.size === 0 || seen.downs > 0);
    await link.stop();
  };
  return { seen, stop };
}

describe("a storm of connections", () => {
  it("delays no renewal, keeps no operator out, and attaches everybody, no faster than it may", async () => {
    const { host, port } = JSON.parse(readFileSync(join(fleet.root, "hub/endpoint.json"), "utf8"));
    const { seen, stop } = await renewer(`${host}:${port}`);
    const args = [program, fleet.root, "storm", String(AGENTS), String(SOCKETS), `${host}:${port}`];
    storm = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const isUp = storm.stdout === null ? null : once(storm.stdout, "data");
    const before = seen.answers;
    const calls: string[] = [];
    const asking = createLoop({
      everyMs: 200,
      run: () => fleet.call("GetStatus", {}).then(() => void calls.push("answered")),
      onError: (error) => calls.push(describeError(error)),
    });
    const [told] = (await isUp) ?? [];
    await asking.stop();
    await stop();
    const { tookMs } = JSON.parse(String(told));
    expect(tookMs).toBeGreaterThanOrEqual(SOONEST_MS);
    expect(seen.downs).toBe(1);
    expect(seen.answers).toBeGreaterThan(before);
    expect(seen.worstMs).toBeLessThan(LATE_MS);
    expect(new Set(calls)).toEqual(new Set(["answered"]));
    const { nodes } = await fleet.call("ListNodes", {});
    expect(nodes.filter(({ node }) => node.startsWith("storm-"))).toHaveLength(AGENTS);
    expect(fleet.output("hub")).not.toContain("call.failed");
  });
});
