/** The command `doctor`: examines the box, shows the report and answers with an exit status. */
import { writeFile } from "node:fs/promises";
import { arch, homedir, hostname, release, type } from "node:os";
import { join, resolve } from "node:path";
import { systemClock } from "../../shared/clock.ts";
import { FleetError } from "../../shared/errors.ts";
import { packageVersion } from "../../shared/package-root.ts";
import { placeOf } from "../config.ts";
import { examine } from "./examine.ts";
import { exitStatusOf } from "./finding.ts";
import { drawReport, type Report, reportJson, reportMarkdown } from "./report.ts";

export interface DoctorFlags {
  readonly root?: string;
  readonly node?: string;
  readonly hub?: string;
  readonly json?: boolean;
  /** Where the Markdown goes. */
  readonly report?: string;
  /** False with `--no-color`. */
  readonly color?: boolean;
}

export interface DoctorOptions {
  readonly flags: DoctorFlags;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The built GPU probe. */
  readonly probePath: string;
  readonly isTerminal: boolean;
  readonly write: (text: string) => void;
}

const ADDRESS = /^(?:\[[0-9a-f:]+\]|[a-z0-9.-]+):\d{1,5}$/i;

/**
 * Resolves with the exit status: 0 well or notes, 1 warnings, 3 failures.
 * @throws FleetError `invalid` for an address or a name that cannot be, or a report that cannot be written
 */
export async function runDoctor(options: DoctorOptions): Promise<number> {
  const { flags, environment, write } = options;
  const { hub = null } = flags;
  if (hub !== null && !ADDRESS.test(hub))
    throw new FleetError("invalid", `--hub must be HOST:PORT, got "${hub}"`);
  const root = resolve(flags.root ?? environment["SPIRAL_ROOT"] ?? join(homedir(), "spiral"));
  const named = flags.node ?? environment["SPIRAL_NODE"];
  const node = named === undefined ? null : placeOf({ root, node: named }, {}).node;
  const clock = systemClock;
  const examination = await examine({ ...options, root, node, hub, clock });
  const report: Report = {
    ...{ host: hostname(), system: `${type()} ${release()} ${arch()}`, version: packageVersion(), root },
    ...{ ...examination, wallMs: clock.wallMs() },
  };
  const mayColour = options.isTerminal && flags.color !== false && !environment["NO_COLOR"];
  write(flags.json === true ? `${reportJson(report)}\n` : `${drawReport(report, mayColour).join("\n")}\n`);
  if (flags.report !== undefined) await saveReport(flags.report, report);
  return exitStatusOf(report.findings);
}

/** Readable by its owner alone: it names paths, processes and addresses of the box. */
async function saveReport(path: string, report: Report): Promise<void> {
  try {
    await writeFile(path, reportMarkdown(report), { mode: 0o600 });
  } catch (error) {
    throw new FleetError("invalid", `the report cannot be written to ${path}`, error);
  }
}
