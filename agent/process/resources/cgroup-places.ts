/**
 * Cgroup places: where on this box, and for which controllers, this agent may make cgroups. Found by trying,
 * because no file says it: a hierarchy may be mounted read-only, delegated in part, or belong to a session
 * whose other processes an agent has no right to move. What cannot be had is left out; nothing here fails.
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";

export const CONTROLLERS = ["memory", "pids", "cpu"] as const;
export type Controller = (typeof CONTROLLERS)[number];

export interface CgroupPlaces {
  /** A cgroup of the one v2 hierarchy and the controllers that its children have; null when there is none. */
  readonly unified: { readonly path: string; readonly controllers: ReadonlySet<Controller> } | null;
  /** One cgroup for each controller that is still on a hierarchy of its own (v1). */
  readonly legacy: ReadonlyMap<Controller, string>;
}

export interface Kernel {
  /** Text of /proc/self/mountinfo. */
  readonly mountinfo: string;
  /** Text of /proc/self/cgroup. */
  readonly selfCgroup: string;
  readonly pid: number;
}

/** The sub-cgroup an agent moves itself into: v2 hands controllers only to children of an empty cgroup. */
const AGENT_LEAF = "spiral-agent";
/** Many times what an agent, its probes and a shim per slot need: a leak ends here and not at the box's end. */
const AGENT_LIMITS: readonly (readonly [file: string, text: string])[] = [
  ["memory.max", String(2 * 1024 ** 3)],
  ["pids.max", "2048"],
];

/** Finds, and makes, a cgroup called `name` below the agent's own in every hierarchy that allows it. */
export function findPlaces(name: string, kernel: Kernel = readKernel()): CgroupPlaces {
  const legacy = new Map<Controller, string>();
  for (const controller of CONTROLLERS) {
    const parent = ownCgroup(kernel, controller);
    const path = parent === null ? null : makeCgroup(join(parent, name));
    if (path !== null) legacy.set(controller, path);
  }
  return { unified: findUnified(name, kernel), legacy };
}

function readKernel(): Kernel {
  const [mountinfo = "", selfCgroup = ""] = ["mountinfo", "cgroup"].map((file) => {
    const path = `/proc/self/${file}`;
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  });
  return { mountinfo, selfCgroup, pid: process.pid };
}

function findUnified(name: string, kernel: Kernel): CgroupPlaces["unified"] {
  const own = ownCgroup(kernel, null);
  if (own === null) return null;
  const parent = basename(own) === AGENT_LEAF ? dirname(own) : own;
  const path = makeCgroup(join(parent, name));
  if (path === null || !existsSync(join(path, "cgroup.kill"))) return null;
  const wanted = CONTROLLERS.filter((controller) =>
    words(join(parent, "cgroup.controllers")).has(controller),
  );
  if (wanted.length === 0) return { path, controllers: new Set() };
  if (!delegate(parent, wanted) && standAside(parent, kernel.pid)) delegate(parent, wanted);
  boundAgent(parent, kernel.pid);
  const offered = wanted.filter((controller) => words(join(path, "cgroup.controllers")).has(controller));
  return { path, controllers: new Set(delegate(path, offered) ? offered : []) };
}

/** Hands controllers down to the children of a cgroup; false when any is refused. */
function delegate(path: string, controllers: readonly Controller[]): boolean {
  return tryWrite(join(path, "cgroup.subtree_control"), controllers.map((each) => `+${each}`).join(" "));
}

/** Leaves `parent` for a child of it, but only as its sole process: others are not ours to move. */
function standAside(parent: string, pid: number): boolean {
  const processes = [...words(join(parent, "cgroup.procs"))];
  if (processes.length !== 1 || processes[0] !== String(pid)) return false;
  const aside = makeCgroup(join(parent, AGENT_LEAF));
  return aside !== null && tryWrite(join(aside, "cgroup.procs"), String(pid));
}

/** Bounds the agent's sub-cgroup. Its unit must have no bounds: they would count all jobs, which lie below it too. */
function boundAgent(parent: string, pid: number): void {
  const aside = join(parent, AGENT_LEAF);
  if (!words(join(aside, "cgroup.procs")).has(String(pid))) return;
  for (const [file, text] of AGENT_LIMITS) tryWrite(join(aside, file), text);
}

/** The directory of the agent's own cgroup; null when the hierarchy is not mounted here. `null` asks for v2. */
function ownCgroup({ mountinfo, selfCgroup }: Kernel, controller: Controller | null): string | null {
  const mount = mountinfo
    .split("\n")
    .map(parseMount)
    .find((each) => isMountOf(each, controller));
  const line = selfCgroup.split("\n").find((each) => {
    const names = each.split(":")[1] ?? "-";
    return controller === null ? each.startsWith("0::") : names.split(",").includes(controller);
  });
  if (mount === undefined || mount === null || line === undefined) return null;
  const path = line.split(":").slice(2).join(":");
  const inside = relative(mount.root, path);
  // A namespace may show us from outside of what is mounted: then the mount's root is all we have.
  return inside.startsWith("..") ? mount.point : join(mount.point, inside);
}

interface Mount {
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: string;
}

/** One line of /proc/PID/mountinfo: id parent device root point options … - type source superoptions. */
function parseMount(line: string): Mount | null {
  const [head = "", tail = ""] = line.split(" - ");
  const [, , , root, point] = head.split(" ");
  const [type, , options] = tail.split(" ");
  if (root === undefined || point === undefined || type === undefined || options === undefined) return null;
  return { root, point, type, options };
}

function isMountOf(mount: Mount | null, controller: Controller | null): boolean {
  if (mount === null) return false;
  if (controller === null) return mount.type === "cgroup2";
  return mount.type === "cgroup" && mount.options.split(",").includes(controller);
}

/** The path when it is a cgroup that we may put processes into. */
function makeCgroup(path: string): string | null {
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 });
    accessSync(join(path, "cgroup.procs"), constants.W_OK);
    return path;
  } catch {
    return null; // read-only, not delegated or not a cgroup: it counts as absent
  }
}

function tryWrite(path: string, text: string): boolean {
  try {
    writeFileSync(path, text);
    return true;
  } catch {
    return false; // EBUSY, EACCES, ENOENT: the kernel says no and the caller goes without
  }
}

function words(path: string): ReadonlySet<string> {
  try {
    return new Set(
      readFileSync(path, "utf8")
        .split(/\s+/)
        .filter((word) => word !== ""),
    );
  } catch {
    return new Set();
  }
}

/** Removes a cgroup that is empty; one that is not stays. */
export function removeCgroup(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Not empty or already gone: both are for the next look.
  }
}
