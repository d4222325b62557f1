/** An agent whose event loop never comes round again: it is ended, its jobs are not, and the next one has them. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, it, vi } from "vitest";
import { Fleet } from "../helpers/fleet.ts";

let fleet: Fleet;
afterEach(() => fleet.stop());

/** Loaded by Node before the agent: the signal lets it loop. */
const LOOPER = `data:text/javascript,${encodeURIComponent('process.on("SIGUSR2", () => { for (;;); })')}`;

const SECONDS = 41.75;
const JOB = {
  producer: "test",
  key: "loop",
  runner: "sleep",
  paramsJson: JSON.stringify({ seconds: SECONDS }),
  priority: "PRIORITY_BATCH",
  lane: "LANE_CPU",
  vramBytes: 0,
  subsystem: "rendering",
  onHubLoss: "ON_HUB_LOSS_STOP",
} as const;

function sleepers(): string[] {
  const rows = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" }).split("\n");
  // Not the shims, whose arguments end with the same words.
  return rows.filter((row) => row.trim().split(" ").slice(1).join(" ") === `sleep ${SECONDS}`);
}

it("is ended by the kernel, and the next agent takes its job over", async () => {
  // At full scale, so that the lease outlives the loop on a slow machine.
  fleet = new Fleet(1);
  await fleet.startHub();
  vi.stubEnv("NODE_OPTIONS", `--import=${LOOPER}`);
  await fleet.startAgent("alpha");
  vi.unstubAllEnvs();
  await fleet.call("SetDesired", { state: "DESIRED_STATE_UP", isForced: true, reason: "test" });
  const { jobId } = await fleet.call("Submit", JOB);
  await fleet.until("it runs", () => sleepers().length === 1);
  const running = sleepers();
  const looping = fleet.process("alpha");
  const ended = once(looping, "exit");
  looping.kill("SIGUSR2");
  expect(await ended).toEqual([null, "SIGVTALRM"]);
  expect(sleepers()).toEqual(running);
  await fleet.startAgent("alpha");
  expect(sleepers()).toEqual(running);
  await fleet.call("CancelJob", { jobId });
  await fleet.until("nothing of it is left", () => sleepers().length === 0);
  expect(fleet.events().filter(({ kind }) => kind === "job.leased")).toHaveLength(1);
});
