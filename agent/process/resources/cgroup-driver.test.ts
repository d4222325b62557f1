import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../../shared/invariant.ts";
import { createCgroupDriver } from "./cgroup-driver.ts";
import { type CgroupPlaces, type Controller, findPlaces } from "./cgroup-places.ts";
import { DEFAULT_LIMITS, type ResourceLimits } from "./limits.ts";
import { describeDriver, type ResourceDriver, sweepDriver } from "./resource-driver.ts";

/** A directory that looks like a cgroup file system: names and texts are real, nothing acts on them. */
let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cgroup-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const LIMITS: ResourceLimits = {
  ...DEFAULT_LIMITS,
  memoryBytes: 1024 ** 3,
  tasks: 64,
  cpuCores: 1.5,
  cpuWeight: 50,
};

function directory(...names: readonly string[]): string {
  const path = join(root, ...names);
  mkdirSync(path, { recursive: true });
  return path;
}

function file(path: string, text: string): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text);
}

function text(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

function driver(places: CgroupPlaces): ResourceDriver {
  return must(createCgroupDriver(places), "the places hold something");
}

function v2(...controllers: readonly Controller[]): CgroupPlaces {
  return { unified: { path: directory("v2"), controllers: new Set(controllers) }, legacy: new Map() };
}

function hybrid(): CgroupPlaces {
  const legacy = new Map<Controller, string>([
    ["memory", directory("memory")],
    ["pids", directory("pids")],
    ["cpu", directory("cpu")],
  ]);
  return { unified: { path: directory("v2"), controllers: new Set() }, legacy };
}

describe("create on v2", () => {
  it("writes memory, tasks and processor into one leaf", () => {
    for (const name of ["memory.swap.max", "memory.oom.group"]) file(`v2/7/${name}`, "");
    const leaf = driver(v2("memory", "pids", "cpu")).create(7, LIMITS);
    expect(leaf.directories).toEqual([join(root, "v2/7")]);
    expect(text("v2/7/memory.max")).toBe("1073741824");
    expect(text("v2/7/memory.swap.max")).toBe("0");
    expect(text("v2/7/memory.oom.group")).toBe("1");
    expect(text("v2/7/pids.max")).toBe("64");
    expect(text("v2/7/cpu.weight")).toBe("50");
    expect(text("v2/7/cpu.max")).toBe("150000 100000");
  });

  it("writes `max` where there is no bound and leaves out what an old kernel lacks", () => {
    driver(v2("memory", "cpu")).create(7, DEFAULT_LIMITS);
    expect(text("v2/7/memory.max")).toBe("max");
    expect(text("v2/7/cpu.max")).toBe("max 100000");
    expect(readdirSync(join(root, "v2/7")).sort()).toEqual(["cpu.max", "cpu.weight", "memory.max"]);
  });

  it("refuses when the kernel does not take a limit", () => {
    mkdirSync(join(root, "v2/7/pids.max"), { recursive: true });
    expect(() => driver(v2("pids")).create(7, LIMITS)).toThrow("no cgroup for attempt 7");
  });

  it("kills by one write, and does not make a leaf in order to kill it", () => {
    const made = driver(v2("pids"));
    made.create(7, LIMITS).kill();
    made.open(8).kill();
    expect(text("v2/7/cgroup.kill")).toBe("1");
    expect(readdirSync(join(root, "v2"))).toEqual(["7"]);
  });
});

describe("create beside v1", () => {
  it("writes each controller into its own hierarchy and keeps the bare v2 leaf for the kill", () => {
    file("memory/7/memory.memsw.limit_in_bytes", "");
    const leaf = driver(hybrid()).create(7, LIMITS);
    expect(leaf.directories).toEqual(["v2/7", "memory/7", "pids/7", "cpu/7"].map((each) => join(root, each)));
    expect(text("memory/7/memory.limit_in_bytes")).toBe("1073741824");
    expect(text("memory/7/memory.memsw.limit_in_bytes")).toBe("1073741824");
    expect(text("pids/7/pids.max")).toBe("64");
    expect(text("cpu/7/cpu.shares")).toBe("512");
    expect(text("cpu/7/cpu.cfs_quota_us")).toBe("150000");
    leaf.kill();
    expect(text("v2/7/cgroup.kill")).toBe("1");
  });
});

describe("a leaf", () => {
  it("lists its processes, those of cgroups below it too, and nobody it cannot name", () => {
    file("v2/7/cgroup.procs", "12\n0\n13\n");
    file("v2/7/inner/cgroup.procs", "14\n");
    expect(driver(v2("pids")).open(7).members()).toEqual([14, 12, 13]);
  });

  it("is unknown, not empty, where it is not there", () => {
    expect(driver(v2("pids")).open(7).members()).toBeNull();
    expect(sweepDriver.open(7).members()).toBeNull();
  });

  it.each<{ name: string; places: () => CgroupPlaces; files: Record<string, string>; reading: object }>([
    {
      name: "v2",
      places: () => v2("memory"),
      files: { "v2/7/memory.events": "low 0\nmax 9\noom 2\noom_kill 3\n", "v2/7/memory.peak": "4096\n" },
      reading: { oomKills: 3, peakMemoryBytes: 4096 },
    },
    {
      name: "v1",
      places: hybrid,
      files: {
        "memory/7/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
        "memory/7/memory.max_usage_in_bytes": "8192\n",
      },
      reading: { oomKills: 1, peakMemoryBytes: 8192 },
    },
    {
      name: "v2 without the memory controller",
      places: () => v2("pids"),
      files: { "v2/7/memory.events": "oom_kill 3\n" },
      reading: { oomKills: null, peakMemoryBytes: null },
    },
    {
      name: "an old v1 that does not count kills",
      places: hybrid,
      files: { "memory/7/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\n" },
      reading: { oomKills: null, peakMemoryBytes: null },
    },
  ])("reads what the kernel counted on $name", ({ places, files, reading }) => {
    for (const [path, content] of Object.entries(files)) file(path, content);
    expect(driver(places()).open(7).read()).toEqual(reading);
  });
});

describe("describeDriver", () => {
  it.each([
    {
      of: () => driver(v2("memory", "pids", "cpu")),
      line: "cgroup-v2: memory kernel, tasks kernel, cpu kernel, kill kernel",
    },
    { of: () => driver(v2()), line: "cgroup-v2: memory watch, tasks watch, cpu nice, kill kernel" },
    { of: () => driver(hybrid()), line: "cgroup-v1: memory kernel, tasks kernel, cpu kernel, kill kernel" },
    {
      of: () => driver({ unified: null, legacy: new Map([["pids", directory("pids")]]) }),
      line: "cgroup-v1: memory watch, tasks kernel, cpu nice, kill members",
    },
    { of: () => sweepDriver, line: "sweep: memory watch, tasks watch, cpu nice, kill sweep" },
  ])("says $line", ({ of, line }) => {
    expect(describeDriver(of())).toBe(line);
  });
});

describe("findPlaces", () => {
  const mount = (point: string, type: string, options: string, from = "/"): string =>
    `31 23 0:28 ${from} ${join(root, point)} rw,relatime shared:4 - ${type} ${type} rw,${options}`;

  it("finds the agent's own cgroup in each hierarchy and makes a place below it", () => {
    file("mem/box/spiral/cgroup.procs", "");
    file("cpu/spiral/cgroup.procs", "");
    const mountinfo = `${mount("mem", "cgroup", "memory")}\n${mount("cpu", "cgroup", "cpu,cpuacct")}\n`;
    const selfCgroup = "4:memory:/box\n2:cpu,cpuacct:/\n1:name=systemd:/\n";
    const { unified, legacy } = findPlaces("spiral", { mountinfo, selfCgroup, pid: 1 });
    expect(unified).toBeNull();
    expect([...legacy]).toEqual([
      ["memory", join(root, "mem/box/spiral")],
      ["cpu", join(root, "cpu/spiral")],
    ]);
  });

  it("takes the mount itself when a namespace hides where the agent is", () => {
    file("mem/spiral/cgroup.procs", "");
    const mountinfo = mount("mem", "cgroup", "memory", "/docker/abc");
    const { legacy } = findPlaces("spiral", { mountinfo, selfCgroup: "4:memory:/other\n", pid: 1 });
    expect(legacy.get("memory")).toBe(join(root, "mem/spiral"));
  });

  it("hands down on v2 what the parent has, at the parent and at its own place", () => {
    file("v2/unit/cgroup.controllers", "cpu io memory pids\n");
    file("v2/unit/spiral/cgroup.controllers", "memory pids\n");
    for (const name of ["cgroup.procs", "cgroup.kill"]) file(`v2/unit/spiral/${name}`, "");
    file("v2/unit/spiral-agent/cgroup.procs", "1\n");
    const kernel = { mountinfo: mount("v2", "cgroup2", ""), selfCgroup: "0::/unit/spiral-agent\n", pid: 1 };
    const { unified } = findPlaces("spiral", kernel);
    expect(unified).toEqual({ path: join(root, "v2/unit/spiral"), controllers: new Set(["memory", "pids"]) });
    expect(text("v2/unit/cgroup.subtree_control")).toBe("+memory +pids +cpu");
    expect(text("v2/unit/spiral/cgroup.subtree_control")).toBe("+memory +pids");
  });

  it("moves the agent aside when it is alone in a cgroup that refuses, and nobody else ever", () => {
    for (const [unit, processes] of [
      ["alone", "42\n"],
      ["shared", "42\n43\n"],
    ] as const) {
      file(`${unit}/cgroup.controllers`, "memory\n");
      file(`${unit}/cgroup.procs`, processes);
      mkdirSync(join(root, unit, "cgroup.subtree_control"));
      for (const name of ["cgroup.procs", "cgroup.kill"]) file(`${unit}/spiral/${name}`, "");
      file(`${unit}/spiral-agent/cgroup.procs`, "");
      const kernel = { mountinfo: mount(unit, "cgroup2", ""), selfCgroup: "0::/\n", pid: 42 };
      expect(findPlaces("spiral", kernel).unified?.controllers).toEqual(new Set());
    }
    expect(text("alone/spiral-agent/cgroup.procs")).toBe("42");
    expect(text("alone/spiral-agent/memory.max")).toBe(String(2 * 1024 ** 3));
    expect(text("alone/spiral-agent/pids.max")).toBe("2048");
    expect(existsSync(join(root, "shared/spiral-agent/memory.max"))).toBe(false);
    expect(text("shared/spiral-agent/cgroup.procs")).toBe("");
  });

  it("finds nothing, and fails at nothing, where no cgroups are mounted or none may be made", () => {
    const empty = { mountinfo: "", selfCgroup: "", pid: 1 };
    expect(findPlaces("spiral", empty)).toEqual({ unified: null, legacy: new Map() });
    const kernel = { mountinfo: mount("none", "cgroup", "memory"), selfCgroup: "4:memory:/\n", pid: 1 };
    expect(createCgroupDriver(findPlaces("spiral", kernel))).toBeNull();
  });
});
