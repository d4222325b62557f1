import { describe, expect, it } from "vitest";
import { MemoryDisk, openMemoryJournal } from "../../shared/journal/memory-journal.ts";
import { createTiming } from "../../shared/model/timing.ts";
import type { OperatorRequest } from "../../shared/wire/operator-types.ts";
import { specOf } from "../../test/helpers/hub-world.ts";
import type { HubEvent } from "../core/event.ts";
import { submitJob } from "../core/queue/queue.ts";
import type { HubState } from "../core/state.ts";
import { createEngine } from "../engine.ts";
import { hubJournal } from "../store/definition.ts";
import { overrideHandlers } from "./overrides.ts";
import type { Principal } from "./ports.ts";

const { projections: _, ...definition } = hubJournal;
const ADA = { id: "ada", role: "operator", via: "loopback-secret" } as Principal;

function open() {
  const opened = openMemoryJournal<HubState, HubEvent>({
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
  engine.act((tx) => submitJob(tx, "a", specOf()));
  return async (request: object) => {
    const base = { id: "", name: "", until: "", value: "", by: "", reason: "x", forMs: 60_000 };
    const asked = {
      ...base,
      sinceWallMs: 0,
      notes: [],
      ...request,
    } as unknown as OperatorRequest<"SetOverride">;
    const answer = overrideHandlers(engine).SetOverride(ADA, asked);
    opened.control.sync();
    return answer;
  };
}

describe("the answer to an override", () => {
  it.each([
    ["a hold of a node", { effect: "hold", subject: "node", name: "ghost" }],
    ["a pin", { effect: "pin", subject: "job", name: "j_000001", value: "ghost" }],
  ])("notes a node that has never attached: %s", async (_what, request) => {
    expect(await open()(request)).toMatchObject({
      id: "o_1",
      notes: ['no node "ghost" has ever attached: see `spiral nodes`'],
    });
  });

  it.each([
    ["of a node that has", { effect: "hold", subject: "node", name: "alpha" }],
    ["that names none", { effect: "hold", subject: "fleet" }],
  ])("notes nothing %s", async (_what, request) => {
    expect(await open()(request)).toMatchObject({ id: "o_1", notes: [] });
  });
});
