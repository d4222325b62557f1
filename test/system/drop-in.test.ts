/** Files dropped into `queue/` of a real hub, also while it is killed: each becomes its jobs once. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fleet } from "../helpers/fleet.ts";

const FILES = 60;
const KILLS = 6;

let fleet: Fleet;
beforeAll(async () => {
  fleet = new Fleet(0.1);
  await fleet.startHub();
});
afterAll(() => fleet.stop());

const inQueue = (...path: string[]): string => join(fleet.root, "queue", ...path);

/** As the documentation says: written under another name, then renamed. */
function drop(name: string, content: object): void {
  mkdirSync(inQueue(), { recursive: true, mode: 0o700 });
  writeFileSync(inQueue(`${name}.tmp`), JSON.stringify(content));
  renameSync(inQueue(`${name}.tmp`), inQueue(name));
}

describe("the drop-in folder of a running hub", () => {
  it("runs what is dropped, says which job it is, and puts a bad file aside with the reason", async () => {
    await fleet.startAgent("alpha");
    await fleet
      .goUp()
      .catch(() => fleet.call("SetDesired", { state: "DESIRED_STATE_UP", isForced: true, reason: "test" }));
    drop("nap.json", { runner: "sleep", params: { seconds: 0.05 }, lane: "cpu" });
    drop("bad.json", { runner: "sleep", lane: "fast" });
    drop("nobody.json", { runner: "sleepp", lane: "cpu" });
    await fleet.until("the job is done", async () => {
      const { jobs } = JSON.parse(readFileSync(inQueue("accepted", "nap.json.jobs.json"), "utf8"));
      return (await fleet.call("GetJob", { jobId: jobs[0].jobId })).state === "succeeded";
    });
    await fleet.until("both bad files are aside", () => existsSync(inQueue("rejected", "nobody.json")));
    const reason = (name: string): string =>
      JSON.parse(readFileSync(inQueue("rejected", `${name}.reason.json`), "utf8")).reason;
    expect(reason("bad.json")).toContain("lane");
    expect(reason("nobody.json")).toContain('no attached node has a runner "sleepp"');
    const { warnings } = await fleet.call("GetStatus", {});
    expect(warnings.join()).toContain("queue/: files in rejected/: 2");
  });

  it("makes each job once, however often the hub is killed meanwhile", async () => {
    const before = fleet.events().filter(({ kind }) => kind === "job.submitted").length;
    for (let i = 0; i < FILES; i++)
      drop(`load-${i}.json`, [{ runner: "sleep", params: { n: i }, lane: "cpu", delayMs: 3_600_000 }]);
    for (let i = 0; i < KILLS; i++) {
      await new Promise((resolve) => setTimeout(resolve, 900 + Math.random() * 800));
      await fleet.kill("hub");
      await fleet.startHub();
    }
    await fleet.until("all files are put away", () => {
      return readdirSync(inQueue()).length === 3 && readdirSync(inQueue("taken")).length === 0;
    });
    const submitted = fleet.events().filter(({ kind }) => kind === "job.submitted");
    expect(submitted.length - before).toBe(FILES);
    expect(new Set(submitted.map(({ key }) => key)).size).toBe(submitted.length);
    expect(readdirSync(inQueue("rejected"))).toHaveLength(4);
  });
});
