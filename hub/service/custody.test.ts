import { describe, expect, it } from "vitest";
import { MemoryDisk, openMemoryJournal } from "../../shared/journal/memory-journal.ts";
import { createTiming } from "../../shared/model/timing.ts";
import type { OperatorRequest } from "../../shared/wire/operator-types.ts";
import type { HubEvent } from "../core/event.ts";
import type { HubState } from "../core/state.ts";
import { createEngine } from "../engine.ts";
import { hubJournal } from "../store/definition.ts";
import { custodyHandlers } from "./custody.ts";
import type { Principal } from "./ports.ts";

const { projections: _, ...definition } = hubJournal;
const ANNA = { id: "anna", role: "operator", via: "loopback-secret" } as Principal;
const ALPHA = { node: "alpha", reason: "dust", isDrain: false, isDryRun: false };

function open() {
  const { control, ...opened } = openMemoryJournal<HubState, HubEvent>({
    definition,
    disk: new MemoryDisk(),
    sync: "manual",
  });
  const engine = createEngine({
    ...opened,
    clock: { bootMs: () => 5_000, wallMs: () => 1_700_000_000_000 },
    timing: createTiming(),
    perform: () => {},
    onFatal: (error) => {
      throw error;
    },
  });
  engine.core.soft.lastSeenBootMs.set("alpha", 5_000);
  const { Cordon, Uncordon } = custodyHandlers(engine);
  return {
    control,
    cordon: async () => Cordon(ANNA, ALPHA as OperatorRequest<"Cordon">),
    uncordon: async () => Uncordon(ANNA, ALPHA as OperatorRequest<"Uncordon">),
  };
}

describe("the answer to an order", () => {
  it("tells what the order did, and not what came after and is not durable", async () => {
    const { control, cordon, uncordon } = open();
    const first = cordon();
    control.sync();
    const later = uncordon();
    expect(await first).toMatchObject({ isCordoned: true, isChanged: true });
    control.sync();
    expect(await later).toMatchObject({ isCordoned: false });
  });

  it("waits for the order of before that left it nothing to change", async () => {
    const { control, cordon } = open();
    let answers = 0;
    const both = [cordon(), cordon()].map(async (answer) => {
      const { isChanged } = await answer;
      answers++;
      return isChanged;
    });
    await new Promise(setImmediate);
    expect(answers).toBe(0);
    control.sync();
    expect(await Promise.all(both)).toEqual([true, false]);
  });
});
