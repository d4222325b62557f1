/** Box checks: what the operating system gives an agent to work with. */
import { type Finding, fail, note, ok, warn } from "../finding.ts";
import type { Seen } from "../seen.ts";
import { listText, timeText } from "../words.ts";

export interface CgroupFacts {
  /** Whose cgroup it is. */
  readonly subject: "agent" | "shell";
  readonly version: "v2" | "v1" | "none";
  readonly path: string | null;
  /** Of memory, pids and cpu those that it has. */
  readonly controllers: readonly string[];
  /** Whether cgroups may be made below it by whoever runs doctor. */
  readonly isWritable: boolean;
  readonly hasKill: boolean;
}

const NEEDED = ["memory", "pids"];
const DELEGATE = "run the agent by its unit with Delegate=yes, or as root";

/** A job that is not held by the kernel is held by a watcher, which can be outrun. */
export function checkCgroup(facts: CgroupFacts): Finding {
  const id = "box.cgroup";
  const { version, controllers, path, isWritable, subject } = facts;
  const missing = NEEDED.filter((name) => !controllers.includes(name));
  const whose = subject === "agent" ? "the agent's cgroup" : "this shell's cgroup (the agent does not run)";
  const evidence = [`${whose}: ${path ?? "none"}`, `controllers: ${listText(controllers) || "none"}`];
  if (version === "none") {
    return warn(id, "no cgroups: limits of jobs are watched instead of enforced", {
      evidence,
      cure: "mount them: boot with systemd.unified_cgroup_hierarchy=1, or start the container with --cgroupns=host",
    });
  }
  if (!isWritable || missing.length > 0) {
    const why = isWritable ? `without ${listText(missing)}` : "and may not be written";
    const title = `cgroup ${version} is here ${why}: limits of jobs are watched instead of enforced`;
    if (subject === "shell") return note(id, title, { evidence, cure: DELEGATE });
    return warn(id, title, { evidence, cure: DELEGATE });
  }
  const kill = facts.hasKill ? "" : ", without cgroup.kill: a sweep ends what is left";
  return ok(id, `cgroup ${version} enforces ${listText(controllers)}${kill}`, evidence);
}

/** `engines` of package.json. */
const NODE_LEAST = [20, 19] as const;

export function checkRuntime(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const isOld = major < NODE_LEAST[0] || (major === NODE_LEAST[0] && minor < NODE_LEAST[1]);
  if (!isOld) return ok("box.node", `Node ${version}`);
  return fail("box.node", `Node ${version} is older than ${NODE_LEAST.join(".")}`, {
    cure: "install Node 20 or 24 from nodejs.org; distributions often ship an older one",
  });
}

export interface OpenFiles {
  readonly subject: "agent" | "shell";
  readonly soft: number;
  readonly hard: number;
}

/** Each job, stream and socket takes a few; a hub with fifty agents takes hundreds. */
const OPEN_FILES_LEAST = 4_096;

export function checkOpenFiles(limit: Seen<OpenFiles>): Finding {
  const id = "box.open-files";
  if (limit.kind === "unseen")
    return note(id, "the limit of open files is unknown", { evidence: [limit.reason] });
  const { soft, hard, subject } = limit.value;
  const whose = subject === "agent" ? "the agent" : "this shell";
  // Node raises its own soft limit to the hard one at start.
  if (hard >= OPEN_FILES_LEAST) return ok(id, `${whose} may open ${hard} files`);
  return warn(id, `${whose} may open ${hard} files only`, {
    evidence: [`soft ${soft}, hard ${hard}, wanted ${OPEN_FILES_LEAST}`],
    cure: "LimitNOFILE=65536 in the unit, or a line in /etc/security/limits.conf",
  });
}

/** What keeps the one process that can still stop things from being killed first. */
export function checkOomScore(score: number | null): readonly Finding[] {
  if (score === null) return [];
  if (score < 0) return [ok("box.oom-score", `the agent is spared when memory runs out (${score})`)];
  return [
    warn("box.oom-score", "the agent may be killed before its jobs when memory runs out", {
      evidence: [`oom_score_adj ${score}, jobs have 500`],
      cure: "OOMScoreAdjust=-900 in its unit",
    }),
  ];
}

export interface ClockFacts {
  readonly wallMs: number;
  /** Programs that keep the clock, by name. */
  readonly daemons: readonly string[];
  /** systemd-timesyncd has marked that it once set the clock since boot. */
  readonly isMarkedSynchronised: boolean;
  /** Hardware clock minus wall clock. */
  readonly rtcOffsetMs: number | null;
  /** Whether the first process is an init system, so that daemons would show. */
  readonly hasInit: boolean;
}

/** The day of this software's first release: no clock that is right shows an earlier one. */
const PLAUSIBLE_FROM_MS = 1_735_689_600_000;
const RTC_TOLERANCE_MS = 60_000;
const HOUR_MS = 3_600_000;
const MATTERS = "leases do not depend on it; windows, tokens and certificates do";
const TIME_CURE = "sudo systemctl enable --now systemd-timesyncd, or chrony";

/** Only the kernel knows whether the clock is disciplined, and no file tells it: this goes by signs. */
export function checkClock(facts: ClockFacts): Finding {
  const id = "box.clock";
  const shown = timeText(facts.wallMs);
  if (facts.wallMs < PLAUSIBLE_FROM_MS) {
    return fail(id, `the clock shows ${shown}, which cannot be`, { evidence: [MATTERS], cure: TIME_CURE });
  }
  const offsetMs = facts.rtcOffsetMs ?? 0;
  // Whole hours are a hardware clock in local time.
  const isOff = Math.abs(offsetMs - Math.round(offsetMs / (HOUR_MS / 2)) * (HOUR_MS / 2)) > RTC_TOLERANCE_MS;
  if (isOff) {
    return warn(
      id,
      `the clock (${shown}) and the hardware clock differ by ${Math.round(offsetMs / 1000)} s`,
      {
        evidence: [MATTERS],
        cure: TIME_CURE,
      },
    );
  }
  if (facts.isMarkedSynchronised) return ok(id, `the clock was set by systemd-timesyncd: ${shown}`);
  if (facts.daemons.length > 0) {
    return ok(id, `${listText(facts.daemons)} keeps the clock: ${shown}`, [
      "how well cannot be read from here",
    ]);
  }
  const evidence = [`the clock shows ${shown}`, MATTERS];
  if (!facts.hasInit) {
    return note(
      id,
      "whether anybody keeps the clock is unknown: neither an init system nor a time daemon shows here",
      { evidence },
    );
  }
  return warn(id, "nobody keeps the clock: no timesyncd, chronyd, ntpd or ptp4l runs", {
    evidence,
    cure: TIME_CURE,
  });
}
