import { describe, expect, it } from "vitest";
import { type HubWorld, submit, upWorld } from "../../../test/helpers/hub-world.ts";
import { tick } from "../hub.ts";
import { decodeHubState, encodeHubState } from "../snapshot.ts";
import { whyJob } from "../why/why.ts";
import { clearOverride, type OverrideRequest, setOverride } from "./override.ts";

const BY = { actor: "ada", reason: "a deadline" };

type Asked = Pick<OverrideRequest, "effect" | "subject" | "name" | "value">;

function set(world: HubWorld, asked: Asked): { id: string } | { refusal: string } {
  return world.do((tx) => setOverride(tx, { until: "", forMs: 60_000, ...BY, ...asked }));
}

const granted = (world: HubWorld) => world.grants("alpha").map(({ jobId }) => jobId);

describe("an ordered priority", () => {
  it("moves a waiting job before others and through the gate of that priority", () => {
    const world = upWorld();
    const [first, second] = [submit(world, "a"), submit(world, "b")];
    expect(
      set(world, { effect: "priority", subject: "job", name: second, value: "interactive" }),
    ).toHaveProperty("id");
    world.claim("alpha", 2);
    expect(granted(world)).toEqual([second, first]);
    expect(world.grants("alpha")[0]?.priority).toBe("interactive");
  });

  it("ends with its time, and the job stands where it was submitted", () => {
    const world = upWorld();
    submit(world, "a");
    const second = submit(world, "b");
    set(world, { effect: "priority", subject: "job", name: second, value: "background" });
    world.pass(61_000);
    expect(world.core.state.jobs.get(second)?.ordered).toEqual({});
    world.attach("alpha");
    world.claim("alpha", 2);
    expect(granted(world).at(-1)).toBe(second);
  });

  it("may change in the moment in which what the job comes after has ended badly", () => {
    const world = upWorld();
    const first = submit(world, "a");
    const second = submit(world, "b", { after: [first] });
    world.do((tx) => tx.emit({ kind: "job.cancelled", jobId: first, ...BY }));
    set(world, { effect: "priority", subject: "job", name: second, value: "background" });
    world.do(tick);
    expect(world.core.state.jobs.get(second)?.state).toBe("cancelled");
  });

  it("is that of the newer of two orders, and of the older again when that one is cleared", () => {
    const world = upWorld();
    const jobId = submit(world, "a");
    const order = (value: string) => set(world, { effect: "priority", subject: "job", name: jobId, value });
    order("background");
    const newer = order("interactive");
    const now = () => world.core.state.jobs.get(jobId)?.ordered?.priority;
    expect(now()).toBe("interactive");
    world.do((tx) => clearOverride(tx, "id" in newer ? newer.id : "", BY));
    expect(now()).toBe("background");
    expect(decodeHubState(encodeHubState(world.core.state)).jobs.get(jobId)?.ordered).toEqual({
      priority: "background",
    });
  });

  it("says of itself in why", () => {
    const world = upWorld();
    const jobId = submit(world, "a");
    set(world, { effect: "priority", subject: "job", name: jobId, value: "interactive" });
    const { evidence } = whyJob(world.core, [...world.core.state.jobs.values()][0] ?? never(), world.now());
    expect(evidence.at(-1)).toMatchObject({
      name: "override o_1",
      value: expect.stringContaining("priority interactive for job"),
    });
  });
});

describe("an ordered node", () => {
  it("keeps a job off every other one", () => {
    const world = upWorld();
    world.attach("beta");
    const jobId = submit(world, "a");
    set(world, { effect: "pin", subject: "job", name: jobId, value: "beta" });
    world.claim("alpha");
    expect(granted(world)).toEqual([]);
    world.claim("beta");
    expect(world.grants("beta").map((grant) => grant.jobId)).toEqual([jobId]);
  });
});

describe("an ordered budget", () => {
  it("bounds what an owner holds, and lets go when it ends", () => {
    const world = upWorld();
    for (const key of ["a", "b"]) submit(world, key, { producer: "zoe" });
    const bound = set(world, { effect: "budget", subject: "owner", name: "zoe", value: "slots:1" });
    world.claim("alpha", 4);
    expect(granted(world)).toHaveLength(1);
    world.claim("alpha", 3);
    expect(granted(world)).toHaveLength(1);
    world.do((tx) => clearOverride(tx, "id" in bound ? bound.id : "", BY));
    world.claim("alpha", 3);
    expect(granted(world)).toHaveLength(2);
  });

  it("replaces the bound of control.json, which still bounds the rest", () => {
    const world = upWorld();
    const { control } = world.core.state;
    if (control === null) throw new Error("there is a control document");
    const owners = { zoe: { weight: 10, maxSlots: 1, maxVramMib: 2_048 } };
    world.do((tx) => tx.emit({ kind: "control.loaded", document: { ...control, owners } }));
    set(world, { effect: "budget", subject: "owner", name: "zoe", value: "slots:4" });
    for (const key of ["a", "b", "c"]) submit(world, key, { producer: "zoe" });
    world.claim("alpha", 4);
    expect(granted(world)).toHaveLength(2);
  });
});

describe("an order that cannot be given", () => {
  const CASES: readonly (readonly [string, Asked, string])[] = [
    ["to realtime", { effect: "priority", subject: "job", name: "j_000001", value: "realtime" }, "realtime"],
    [
      "of a job that is not there",
      { effect: "pin", subject: "job", name: "j_000009", value: "beta" },
      "no job",
    ],
    [
      "of the priority of a node",
      { effect: "priority", subject: "node", name: "alpha", value: "batch" },
      "job",
    ],
    [
      "of a budget without a figure",
      { effect: "budget", subject: "owner", name: "zoe", value: "much" },
      "4slots or 32GiB",
    ],
    [
      "of a budget of a job",
      { effect: "budget", subject: "job", name: "j_000001", value: "slots:1" },
      "owner",
    ],
    [
      "of a budget of no slots",
      { effect: "budget", subject: "owner", name: "zoe", value: "slots:0" },
      "set hold owner",
    ],
    ["of a hold with a value", { effect: "hold", subject: "fleet", name: "", value: "batch" }, "no value"],
  ];

  it.each(CASES)("is refused %s", (_name, asked, word) => {
    const world = upWorld();
    submit(world, "a");
    expect(set(world, asked)).toEqual({ refusal: expect.stringContaining(word) });
    expect(world.core.state.overrides.size).toBe(0);
  });

  it("is refused of a job that has ended", () => {
    const world = upWorld();
    const jobId = submit(world, "a");
    world.claim("alpha");
    world.complete("alpha", { token: world.grants("alpha")[0]?.token ?? 0 });
    const asked = { effect: "pin", subject: "job", name: jobId, value: "beta" } as const;
    expect(set(world, asked)).toEqual({ refusal: `${jobId} is succeeded` });
  });
});

function never(): never {
  throw new Error("there is a job");
}

describe("a deferral", () => {
  const defer = (world: HubWorld, until: string) =>
    world.do((tx) =>
      setOverride(tx, { effect: "defer", subject: "fleet", name: "", forMs: 60_000, until, ...BY }),
    );

  it.each([
    ["a moment that has passed", "at:1"],
    ["a pressure that is low", "gpu_pressure_below_0.5"],
  ])("is refused where its condition holds already: %s", (_what, until) => {
    const world = upWorld();
    world.frame("alpha", { gpuPressure: 0.1 });
    expect(defer(world, until)).toEqual({
      refusal: "--until: the condition holds already; nothing is deferred",
    });
    expect(world.core.state.overrides.size).toBe(0);
  });

  it("is set where it does not", () => {
    const world = upWorld();
    world.frame("alpha", { gpuPressure: 0.9 });
    expect(defer(world, "gpu_pressure_below_0.5")).toEqual({ id: "o_1" });
  });
});
