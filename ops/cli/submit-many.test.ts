import pc from "picocolors";
import { expect, it } from "vitest";
import { readJobLines } from "../../shared/wire/job-lines.ts";
import type { HubClient } from "./client.ts";
import type { Output } from "./output.ts";
import { submitMany } from "./submit-many.ts";

const DEFAULTS = { runner: "sleep", priority: "batch", lane: "gpu", onHubLoss: "stop", params: {} } as const;

it("names a refused job by its line in the file, not by a key that nobody has written", async () => {
  const verdicts = [
    { jobId: "j_000001", isDuplicate: false, refusalCode: "", refusal: "", notes: [] },
    { jobId: "", isDuplicate: false, refusalCode: "refused", refusal: "no node has it", notes: [] },
  ];
  const hub = { call: async () => ({ verdicts }) } as unknown as HubClient;
  const said: string[] = [];
  const show = (value: object, draw: (safe: object) => readonly string[]): void =>
    void said.push(...draw(value));
  const out = { show, colours: pc.createColors(false) } as unknown as Output;
  const lines = readJobLines("{}\n\n{}\n", { kind: "task", inputs: [], ...DEFAULTS } as never);
  expect(await submitMany(hub, out, lines, " --root /r")).toBe(1);
  expect(said).toEqual([
    "1 queued, 0 existed already, 1 refused",
    "line 3: no node has it",
    "follow them: spiral jobs --root /r",
  ]);
});
