/** Restart checks: one authority restarts things. Whatever else could is named; it is never touched. */
import { type Finding, fail, note, ok, warn } from "../finding.ts";

/** A unit file of systemd. */
export interface UnitFile {
  readonly name: string;
  readonly path: string;
  /** Wanted by a target or a timer, or linked into a place that starts it. */
  readonly isEnabled: boolean;
  /** `Key=value` of all sections; of a key that is said twice the last one. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface CronEntry {
  readonly path: string;
  readonly line: number;
  /** The word that gave it away; the line itself may hold a secret. */
  readonly word: string;
}

export interface Container {
  readonly name: string;
  readonly policy: string;
}

export interface RestartFacts {
  readonly hasSystemd: boolean;
  /** Every `spiral*` unit. */
  readonly units: readonly UnitFile[];
  readonly cron: readonly CronEntry[];
  /** Containers that are restarted by their runtime and have the root mounted. */
  readonly containers: readonly Container[];
  /** What could not be read, with the reason. */
  readonly unread: readonly string[];
}

/** Units of this product; every other `spiral*` is of an earlier one. */
const OWN_UNIT = /^spiral-(?:hub|agent|agent@.*|reap|reaper)\.(?:service|timer)$/;

export function checkAuthorities(facts: RestartFacts): readonly Finding[] {
  const id = "restarts.second";
  const legacy = facts.units.filter(({ name }) => !OWN_UNIT.test(name));
  const live = [
    ...legacy
      .filter(({ isEnabled }) => isEnabled)
      .map(({ name, path }) => `unit ${name} is enabled: ${path}`),
    ...facts.cron.map(({ path, line, word }) => `cron: ${path}, line ${line} (${word})`),
    ...facts.containers.map(
      ({ name, policy }) => `container ${name} restarts by itself (${policy}) on this root`,
    ),
  ];
  const idle = legacy.filter(({ isEnabled }) => !isEnabled);
  const findings: Finding[] = [];
  if (live.length > 0) {
    findings.push(
      fail(id, "something else restarts work on this box", {
        evidence: live,
        cure: "one authority only: sudo systemctl disable --now UNIT; take the line out of the crontab; docker update --restart=no NAME",
      }),
    );
  }
  if (idle.length > 0) {
    findings.push(
      note("restarts.legacy", "units of an earlier spiral are installed and not enabled", {
        evidence: idle.map(({ path }) => path),
        cure: "remove them when they are no longer wanted",
      }),
    );
  }
  if (live.length === 0) findings.push(nothingElse(facts));
  return findings;
}

function nothingElse({ unread }: RestartFacts): Finding {
  const title = "nothing else restarts work on this box";
  if (unread.length === 0) return ok("restarts.second", title);
  return note("restarts.second", `${title}, as far as this user may see`, {
    evidence: unread,
    cure: "run doctor with sudo",
  });
}

/** What the units of this product must say (docs/doctor.md gives the reason of each). */
const WANTED: readonly (readonly [key: string, values: readonly string[]])[] = [
  ["Restart", ["on-failure"]],
  ["StartLimitBurst", ["5"]],
];
const WANTED_OF_AGENT: typeof WANTED = [...WANTED, ["Delegate", ["yes", "true"]], ["KillMode", ["process"]]];

export function checkUnits({ hasSystemd, units }: RestartFacts): readonly Finding[] {
  const id = "restarts.unit";
  const own = units.filter(
    ({ name }) => OWN_UNIT.test(name) && name.endsWith(".service") && !name.includes("reap"),
  );
  if (own.length === 0) {
    const why = hasSystemd ? "no unit is installed" : "no systemd here";
    return [note(id, `${why}: nobody starts the agent after a reboot`)];
  }
  return own.map((unit) => {
    const wanted = unit.name.startsWith("spiral-agent") ? WANTED_OF_AGENT : WANTED;
    const wrong = wanted.filter(([key, values]) => !values.includes(unit.settings[key] ?? ""));
    if (wrong.length === 0) return ok(id, `${unit.name} restarts its program within limits`, [unit.path]);
    return warn(id, `${unit.name} differs from what this product needs`, {
      evidence: wrong.map(([key]) => `${key}=${unit.settings[key] ?? ""}`),
      cure: `in ${unit.path}: ${wrong.map(([key, [value]]) => `${key}=${value}`).join(", ")}; then systemctl daemon-reload`,
    });
  });
}
