/** Preemption on a real fleet: a full card, something more important, and what had to leave runs again. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Fleet } from "../helpers/fleet.ts";

let fleet: Fleet;
afterEach(() => fleet.stop());

const GIB = 1024 ** 3;

/** The first start of a mark stays; every later one ends well at once. */
const STAYING = '[ -e "$1" ] && exit 0; touch "$1"; exec sleep 600';
/** This one leaves only when it is killed, at the end of its grace. */
const STUBBORN = `trap "" TERM; ${STAYING}`;

type Runner = "staying" | "stubborn";

async function goUp(scale = 0.1): Promise<void> {
  fleet = new Fleet(scale);
  defineRunner("staying", STAYING);
  defineRunner("stubborn", STUBBORN);
  await fleet.startHub();
  await fleet.startAgent("alpha", "--gpu-slots", "3");
  await fleet.call("SetDesired", { state: "DESIRED_STATE_UP", isForced: true, reason: "test" });
}

function defineRunner(name: Runner, script: string): void {
  const runners = join(fleet.root, "agents", "alpha", "runners");
  mkdirSync(runners, { recursive: true });
  const argv = ["sh", "-c", script, name, "{params.mark}"];
  const params = { mark: { type: "string" } };
  const runner = { name, argv, params, nice: 0, envAllow: ["PATH"] };
  writeFileSync(join(runners, `${name}.json`), JSON.stringify(runner));
}

async function submit(
  name: string,
  priority: "PRIORITY_BATCH" | "PRIORITY_INTERACTIVE",
  gib: number,
  runner: Runner = "staying",
) {
  const { jobId } = await fleet.call("Submit", {
    ...{ key: name, producer: "test", kind: "JOB_KIND_TASK", runner, priority },
    ...{ lane: "LANE_GPU", vramBytes: gib * GIB, subsystem: "rendering", onHubLoss: "ON_HUB_LOSS_STOP" },
    paramsJson: JSON.stringify({ mark: join(fleet.root, name) }),
  });
  return jobId;
}

const stateOf = async (jobId: string) => (await fleet.call("GetJob", { jobId })).state;
const whyOf = (jobId: string) => fleet.call("Why", { kind: "job", name: jobId });

describe("a card that is full of batch work", () => {
  it("is given to more important work, and the batch work succeeds later", async () => {
    await goUp();
    // The gates of a card of 96 GiB are at 45.6 and 73 GiB: one of them has to leave.
    const low = await submit("low", "PRIORITY_BATCH", 40);
    await fleet.until("the card is full", async () => (await stateOf(low)) === "running");
    const high = await submit("high", "PRIORITY_INTERACTIVE", 60);
    await fleet.until("the high one runs", async () => (await stateOf(high)) === "running");

    const { ends, attempts } = await fleet.call("GetJob", { jobId: low });
    expect({ ends, attempts }).toEqual({ ends: { preempted: 1 }, attempts: 0 });
    const why = await whyOf(low);
    expect(why).toMatchObject({ rule: "preempted", verdict: `${low} waits` });
    expect(why.evidence.find(({ name }) => name === "preempted")?.value).toContain(`for ${high} on alpha`);
    const stopped = fleet.events().filter(({ kind }) => kind === "job.preempted");
    expect(stopped).toMatchObject([{ jobId: low, claimant: high, actor: "hub", node: "alpha" }]);

    await fleet.call("CancelJob", { jobId: high, reason: "done with it" });
    await fleet.until("the low one has succeeded", async () => (await stateOf(low)) === "succeeded");
    expect(await fleet.call("GetJob", { jobId: low })).toMatchObject({ attempts: 0, ends: { preempted: 1 } });
  });

  it("is given to it also by a hub that starts after the last one was killed while that work was leaving", async () => {
    // The stubborn one takes 5 s to leave, which a hub can be started in.
    await goUp(0.5);
    const slow = await submit("slow", "PRIORITY_BATCH", 20, "stubborn");
    const quick = await submit("quick", "PRIORITY_BATCH", 20);
    for (const jobId of [slow, quick])
      await fleet.until(`${jobId} runs`, async () => (await stateOf(jobId)) === "running");
    // Neither of the gates lets it in beside the one or the other.
    const high = await submit("high", "PRIORITY_INTERACTIVE", 60);
    const other = await submit("other", "PRIORITY_BATCH", 20);
    const of = (kind: string) => fleet.events().filter((event) => event.kind === kind);
    await fleet.until("the quick one has left", () => of("attempt.ended").length > 0);
    await fleet.kill("hub");
    await fleet.startHub();
    await fleet.until("the high one runs", async () => (await stateOf(high)) === "running");

    const leased = of("job.leased").map(({ jobId }) => jobId);
    expect(leased).toEqual([slow, quick, high]);
    const ended = of("attempt.ended").map(({ jobId, outcome }) => `${jobId} ${outcome}`);
    expect(ended).toEqual([`${quick} preempted`, `${slow} preempted`]);
    expect(of("hub.started")).toHaveLength(2);
    expect(of("hold.ended")).toEqual([]);
    for (const jobId of [quick, slow, other]) expect(await stateOf(jobId)).toBe("pending");
  });
});
