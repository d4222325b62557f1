import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../shared/clock.ts";
import { cgroupFacts, lookAtCgroup, lookAtClock, lookAtOpenFiles } from "./box.ts";

/** A directory in the place of a cgroup file system. */
let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "doctor-cgroup-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function cgroup(name: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(root, name), { recursive: true });
  for (const [file, text] of Object.entries({ "cgroup.procs": "", ...files })) {
    writeFileSync(join(root, name, file), text);
  }
}

describe("cgroupFacts", () => {
  it("reads a v2 cgroup with its controllers and makes nothing in it", () => {
    cgroup("system.slice/agent", { "cgroup.controllers": "cpuset cpu io memory pids\n", "cgroup.kill": "" });
    const before = readdirSync(join(root, "system.slice/agent"));
    const facts = cgroupFacts({
      subject: "agent",
      mountinfo: `30 23 0:26 / ${root} rw - cgroup2 cgroup2 rw`,
      cgroup: "0::/system.slice/agent\n",
    });
    expect(facts).toEqual({
      ...{ subject: "agent", version: "v2", path: join(root, "system.slice/agent") },
      ...{ controllers: ["memory", "pids", "cpu"], isWritable: true, hasKill: true },
    });
    expect(readdirSync(join(root, "system.slice/agent"))).toEqual(before);
  });

  it("reads v1 hierarchies where v2 has no controllers", () => {
    cgroup("unified", { "cgroup.controllers": "" });
    cgroup("memory/job", {});
    cgroup("pids/job", {});
    const facts = cgroupFacts({
      subject: "shell",
      mountinfo: [
        `30 23 0:26 / ${root}/unified rw - cgroup2 cgroup2 rw`,
        `31 23 0:27 / ${root}/memory rw - cgroup cgroup rw,memory`,
        `32 23 0:28 / ${root}/pids rw - cgroup cgroup rw,pids`,
      ].join("\n"),
      cgroup: "0::/\n5:memory:/job\n4:pids:/job\n",
    });
    expect(facts).toMatchObject({
      version: "v1",
      controllers: ["memory", "pids"],
      isWritable: true,
      hasKill: false,
    });
  });

  it("says that there are none", () => {
    const facts = cgroupFacts({ subject: "shell", mountinfo: "", cgroup: "" });
    expect(facts).toMatchObject({ version: "none", path: null, isWritable: false });
  });
});

describe("this machine", () => {
  it("has limits, a clock and a cgroup answer of some kind", () => {
    expect(lookAtOpenFiles(null)).toMatchObject({ kind: "seen", value: { subject: "shell" } });
    expect(lookAtClock(systemClock.wallMs()).daemons).toBeInstanceOf(Array);
    expect(["v1", "v2", "none"]).toContain(lookAtCgroup(null).version);
  });
});
