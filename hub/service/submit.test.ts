import { describe, expect, it } from "vitest";
import { MemoryDisk, openMemoryJournal } from "../../shared/journal/memory-journal.ts";
import { MESSAGE_LIMITS } from "../../shared/model/messages.ts";
import { createTiming } from "../../shared/model/timing.ts";
import { wireServices } from "../../shared/wire/load.ts";
import { encodeSubmit } from "../../shared/wire/operator-codec.ts";
import type { OperatorRequest } from "../../shared/wire/operator-types.ts";
import { specOf } from "../../test/helpers/hub-world.ts";
import type { HubEvent } from "../core/event.ts";
import type { HubState } from "../core/state.ts";
import { createEngine } from "../engine.ts";
import { hubJournal } from "../store/definition.ts";
import { submitBatch } from "./submit.ts";

const { projections: _, ...definition } = hubJournal;

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
  return { engine, control: opened.control };
}

type Jobs = Parameters<typeof submitBatch>[1]["jobs"];

/** Over the wire and back, as a client's message arrives. */
function received(jobs: readonly Partial<Jobs[number]>[]): OperatorRequest<"SubmitBatch"> {
  const { requestSerialize, requestDeserialize } = wireServices().Operator.service.SubmitBatch;
  return requestDeserialize(requestSerialize({ jobs: [...jobs] }));
}

const job = (key: string, edit: object = {}) => encodeSubmit({ key, spec: specOf(edit) }) as Jobs[number];

describe("submitBatch", () => {
  it("answers each job on its own, in order, and keeps out only the bad ones", async () => {
    const { engine, control } = open();
    const jobs = [
      job("a"),
      { ...job("b"), paramsJson: "{" },
      job("a"),
      job("a", { maxAttempts: 2 }),
      { ...job("c"), key: "" },
      job("d"),
    ];
    const reply = submitBatch(engine, received(jobs));
    control.sync();
    expect((await reply).verdicts).toMatchObject([
      { jobId: "j_000001", isDuplicate: false, notes: [] },
      { refusalCode: "invalid", refusal: expect.stringContaining("paramsJson") },
      { jobId: "j_000001", isDuplicate: true },
      { refusalCode: "alreadyExists", refusal: expect.stringContaining("maxAttempts") },
      { refusalCode: "invalid", refusal: expect.stringContaining("key") },
      { jobId: "j_000002", isDuplicate: false },
    ]);
    expect(engine.core.state.jobs.size).toBe(2);
  });

  it("notes of a job that it names a node which has never attached", async () => {
    const { engine, control } = open();
    const reply = submitBatch(engine, received([job("a", { node: "nosuch" })]));
    control.sync();
    expect((await reply).verdicts).toMatchObject([
      { jobId: "j_000001", notes: ['no node "nosuch" has ever attached: see `spiral nodes`'] },
    ]);
  });

  it("waits once, until all of it is durable", async () => {
    const { engine, control } = open();
    let isAnswered = false;
    const reply = submitBatch(engine, received(["a", "b", "c"].map((key) => job(key)))).then((answer) => {
      isAnswered = true;
      return answer;
    });
    await new Promise(setImmediate);
    expect(isAnswered).toBe(false);
    control.sync();
    expect((await reply).verdicts).toHaveLength(3);
  });

  it("refuses more jobs than a batch may hold before it looks at any", async () => {
    const { engine } = open();
    const jobs = Array.from({ length: MESSAGE_LIMITS.submitItems + 1 }, (_each, index) => job(`k${index}`));
    await expect(submitBatch(engine, received(jobs))).rejects.toMatchObject({ code: "invalid" });
    expect(engine.core.state.jobs.size).toBe(0);
  });
});
