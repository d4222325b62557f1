import { describe, expect, it } from "vitest";
import { type HubWorld, helloOf, specOf, upWorld } from "../../../test/helpers/hub-world.ts";
import { cordon } from "../nodes/cordon.ts";
import { detach } from "../nodes/session.ts";
import { submitJob } from "../queue/queue.ts";
import { fleetCapacity } from "./capacity.ts";

const GIB = 1024 ** 3;
const BY = { actor: "ada", reason: "a new card" };

const capacityOf = (world: HubWorld) => fleetCapacity(world.core, world.now());

function cardsOf(node: string, usedBytes: readonly (number | null)[]) {
  const [card] = helloOf(node).gpus;
  if (card === undefined) throw new Error("the node has a card");
  return usedBytes.map((used, index) => ({ ...card, uuid: `GPU-${index}`, usedBytes: used }));
}

/** What an agent that is held down claims. */
const NOTHING = { kind: "claim", claimId: 1, gpuSlots: 0, cpuSlots: 0, headroom: [], warm: [] } as const;

describe("fleetCapacity", () => {
  it("adds up cards of ready nodes and says how much of them nobody can tell", () => {
    const world = upWorld();
    world.attach("beta");
    world.frame("alpha", { gpus: cardsOf("alpha", [10 * GIB]) });
    world.frame("beta", { gpus: cardsOf("beta", [0, null]) });
    expect(capacityOf(world)).toMatchObject({
      ...{ nodes: 2, cards: 3 },
      totalBytes: 3 * 96 * GIB,
      freeBytes: (86 + 96) * GIB,
      unknownBytes: 96 * GIB,
    });
  });

  it("tells what each gate leaves room for, in all and on the best card", () => {
    const world = upWorld();
    world.attach("beta");
    world.claim("alpha", 2, 3, 40 * GIB);
    world.claim("beta", 1, 1, 30 * GIB);
    expect(capacityOf(world)).toMatchObject({
      admissible: { interactive: 70 * GIB, batch: 70 * GIB },
      largest: { interactive: 40 * GIB, batch: 40 * GIB },
      slots: { gpu: { free: 3, taken: 0 }, cpu: { free: 4, taken: 0 } },
    });
  });

  it("takes off what was granted since the node said what it has", () => {
    const world = upWorld();
    world.do((tx) => submitJob(tx, "a", specOf({ vramBytes: 5 * GIB })));
    world.claim("alpha", 2, 3, 40 * GIB);
    const granted = { admissible: { batch: 35 * GIB }, slots: { gpu: { free: 1, taken: 1 } } };
    expect(capacityOf(world)).toMatchObject(granted);
    world.claim("alpha", 1, 3, 35 * GIB);
    expect(capacityOf(world)).toMatchObject(granted);
  });

  it("still knows the room of a node whose slots are all taken", () => {
    const world = upWorld();
    world.claim("alpha", 0, 0, 40 * GIB);
    expect(capacityOf(world)).toMatchObject({ admissible: { batch: 40 * GIB }, slots: { gpu: { free: 0 } } });
  });

  it("counts a node that takes no work in the total only", () => {
    const world = upWorld();
    world.claim("alpha");
    world.do((tx) => cordon(tx, { node: "alpha", isDrain: false, deadlineMs: null, ...BY }));
    expect(capacityOf(world)).toMatchObject({
      ...{ nodes: 1, totalBytes: 96 * GIB, closed: { nodes: 1, totalBytes: 96 * GIB } },
      ...{ admissible: { realtime: 0 }, largest: { realtime: 0 }, slots: { gpu: { free: 0 } } },
    });
  });

  it("tells a node that has told nothing from one that is full", () => {
    const world = upWorld();
    expect(capacityOf(world).untoldNodes).toBe(1);
    world.say("alpha", { ...NOTHING, maxTokenSeen: 0 });
    expect(capacityOf(world).untoldNodes).toBe(1);
    world.claim("alpha", 0, 0);
    expect(capacityOf(world).untoldNodes).toBe(0);
  });

  it("leaves out a card that its node has taken out of service", () => {
    const world = upWorld();
    world.claim("alpha");
    const report = { seq: 1, gpu: "GPU-0", reason: "hot", cure: null } as const;
    world.say("alpha", { kind: "standing", standing: "throttled", ...report });
    expect(capacityOf(world).admissible).toMatchObject({ interactive: 40 * GIB, background: 0, batch: 0 });
  });

  it("counts suspect and lost nodes apart, with the cards they had", () => {
    const world = upWorld();
    world.attach("beta");
    world.do((tx) => detach(tx, "beta", "session-beta", "gone"));
    const apart = { nodes: 1, totalBytes: 96 * GIB };
    const none = { nodes: 0, totalBytes: 0 };
    expect(capacityOf(world)).toMatchObject({
      ...{ nodes: 1, totalBytes: 96 * GIB },
      ...{ suspect: apart, lost: none },
    });
    world.nowMs += world.core.timing.regrantAfterMs;
    expect(capacityOf(world)).toMatchObject({ lost: { nodes: 2 }, suspect: none });
  });
});
