/** Looks at what the kernel gives an agent: cgroup, limits and clock. The agent's own where one runs. */
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { readKernelFile } from "../../host/kernel-file.ts";
import { CONTROLLERS } from "../../process/resources/cgroup-places.ts";
import type { CgroupFacts, ClockFacts, OpenFiles } from "../checks/box.ts";
import { type Seen, seen, unseen } from "../seen.ts";

/** The agent's pid, or null for doctor's own process. */
export type Subject = number | null;

export interface CgroupTexts {
  readonly subject: CgroupFacts["subject"];
  /** /proc/self/mountinfo. */
  readonly mountinfo: string;
  /** /proc/PID/cgroup. */
  readonly cgroup: string;
}

export function lookAtCgroup(subject: Subject): CgroupFacts {
  return cgroupFacts({
    subject: subject === null ? "shell" : "agent",
    mountinfo: readKernelFile("/proc/self/mountinfo") ?? "",
    cgroup: readKernelFile(`/proc/${subject ?? "self"}/cgroup`) ?? "",
  });
}

/** Looks only: whether a cgroup may be made is judged by permissions, not by making one. */
export function cgroupFacts({ subject, mountinfo, cgroup }: CgroupTexts): CgroupFacts {
  const mounts = mountinfo.split("\n").flatMap((line) => parseMount(line) ?? []);
  const unified = placeOf(mounts, cgroup, null);
  const inUnified = unified === null ? [] : wordsOf(join(unified, "cgroup.controllers"));
  const v2 = CONTROLLERS.filter((name) => inUnified.includes(name));
  if (unified !== null && v2.length > 0) {
    return {
      ...{ subject, version: "v2", path: unified, controllers: v2, isWritable: mayWrite(unified) },
      hasKill: existsSync(join(unified, "cgroup.kill")),
    };
  }
  const v1 = CONTROLLERS.flatMap((name) => {
    const path = placeOf(mounts, cgroup, name);
    return path === null ? [] : [{ name, path }];
  });
  const writable = v1.filter(({ path }) => mayWrite(path));
  const shown = writable.length > 0 ? writable : v1;
  return {
    subject,
    version: v1.length > 0 ? "v1" : "none",
    path: shown[0]?.path ?? null,
    controllers: shown.map(({ name }) => name),
    isWritable: writable.length > 0,
    hasKill: unified !== null && mayWrite(unified) && existsSync(join(unified, "cgroup.kill")),
  };
}

interface Mount {
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** One line of mountinfo: id parent device root point options … - type source superoptions. */
function parseMount(line: string): Mount | null {
  const [head = "", tail = ""] = line.split(" - ");
  const [, , , root, point] = head.split(" ");
  const [type, , options] = tail.split(" ");
  if (root === undefined || point === undefined || type === undefined) return null;
  return { root, point, type, options: (options ?? "").split(",") };
}

/** The directory of a process's cgroup; null asks for the v2 hierarchy. */
function placeOf(mounts: readonly Mount[], cgroup: string, controller: string | null): string | null {
  const mount = mounts.find(({ type, options }) =>
    controller === null ? type === "cgroup2" : type === "cgroup" && options.includes(controller),
  );
  const line = cgroup
    .split("\n")
    .find((each) =>
      controller === null ? each.startsWith("0::") : each.split(":")[1]?.split(",").includes(controller),
    );
  if (mount === undefined || line === undefined) return null;
  const inside = relative(mount.root, line.split(":").slice(2).join(":"));
  return inside.startsWith("..") ? mount.point : join(mount.point, inside);
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    accessSync(join(path, "cgroup.procs"), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function wordsOf(path: string): readonly string[] {
  return (readKernelFile(path) ?? "").split(/\s+/).filter((word) => word !== "");
}

export function lookAtOpenFiles(subject: Subject): Seen<OpenFiles> {
  const limits = readKernelFile(`/proc/${subject ?? "self"}/limits`);
  const [, soft, hard] = /^Max open files +(\d+) +(\d+)/m.exec(limits ?? "") ?? [];
  if (soft === undefined || hard === undefined) return unseen("/proc does not say");
  return seen({ subject: subject === null ? "shell" : "agent", soft: Number(soft), hard: Number(hard) });
}

/** Null where no agent runs. */
export function lookAtOomScore(subject: Subject): number | null {
  const text = subject === null ? null : readKernelFile(`/proc/${subject}/oom_score_adj`);
  return text === null ? null : Number(text);
}

const TIME_DAEMONS = ["systemd-timesyn", "chronyd", "ntpd", "ntpd-rs", "ptp4l", "phc2sys"];
const INITS = ["systemd", "init", "openrc-init", "runit", "s6-svscan"];

export function lookAtClock(wallMs: number): ClockFacts {
  const running = new Set(commandNames());
  const rtcSeconds = Number.parseInt(readKernelFile("/sys/class/rtc/rtc0/since_epoch") ?? "", 10);
  return {
    wallMs,
    daemons: TIME_DAEMONS.filter((name) => running.has(name)),
    isMarkedSynchronised: existsSync("/run/systemd/timesync/synchronized"),
    rtcOffsetMs: Number.isNaN(rtcSeconds) ? null : rtcSeconds * 1000 - wallMs,
    hasInit: INITS.includes((readKernelFile("/proc/1/comm") ?? "").trim()),
  };
}

function commandNames(): readonly string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => readKernelFile(`/proc/${pid}/comm`)?.trim() ?? []);
}
