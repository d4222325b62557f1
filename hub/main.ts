/**
 * spiral-hub: the composition root of the hub. Reads argv and the environment once, wires the real clock,
 * disk and network, and turns signals into a clean end. Exit codes: docs/cli.md.
 */
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { systemClock } from "../shared/clock.ts";
import { describeError, errorText, FleetError, usageText } from "../shared/errors.ts";
import { fsck } from "../shared/journal/fsck.ts";
import type { FsckReport } from "../shared/journal/fsck-report.ts";
import { createLog } from "../shared/log.ts";
import { packageVersion } from "../shared/package-root.ts";
import { type HubFlags, loadHubConfig } from "./config.ts";
import { type HubOptions, openHub, type RunningHub } from "./hub.ts";
import { type ReplayFlags, runReplay } from "./replay/command.ts";
import { checkJournalKind } from "./store/postgres/root-marker.ts";

const EXIT_USAGE = 2;
const EXIT_SOFTWARE = 70;
const SIGNALS = ["SIGTERM", "SIGINT"] as const;

const program = new Command("spiral-hub")
  .description("The hub of a Spiral Fleet: journal, arbiter, queue and leases.")
  .version(packageVersion())
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(usageText(text, process.argv)) });

program
  .command("serve", { isDefault: true })
  .description("serve agents and operators until SIGTERM or SIGINT")
  .option("--root <dir>", "data directory (default $SPIRAL_ROOT or ~/spiral)")
  .option("--host <address>", "loopback address to listen on (default 127.0.0.1)")
  .option("--port <number>", "gRPC port; 0 takes the recorded one, else any free one (default 9820)")
  .option("--journal <address>", "postgres://[USER@]HOST[:PORT]/DATABASE, for several hubs (default: SQLite)")
  .option("--advertise <host:port>", "where others find this hub (default: what it listens on)")
  .option("--log-level <level>", "debug, info, warn, error or silent (default info)")
  .option("--timing-scale <ratio>", "shrink every duration, for tests (default 1)")
  .action(serve);

program
  .command("fsck")
  .description("check the journal of a root and report what is wrong, changing nothing")
  .option("--root <dir>", "data directory (default $SPIRAL_ROOT or ~/spiral)")
  .option("--journal <address>", "postgres://…, when the journal is there; hubs may go on meanwhile")
  .option("--json", "one JSON object, which it is in any case")
  .action(async ({ json: _, ...flags }: HubFlags & { json?: true }) => {
    const { root, journal } = await loadHubConfig(flags, process.env);
    checkJournalKind(root, journal);
    const report = journal === null ? await fsck(join(root, "hub", "journal.db")) : await fsckThere(journal);
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    process.exitCode = report.ok ? 0 : 1;
  });

program
  .command("replay")
  .description("ask the recorded history again under another policy and print what differs; reads only")
  .option("--root <dir>", "data directory (default $SPIRAL_ROOT or ~/spiral); its hub may run")
  .option("--from <file>", "a copy of a journal, or a spiral.jsonl, instead of the root's journal")
  .option("--timing-scale <ratio>", "the scale that the hub ran at (default 1)")
  .option("--placement <strategy>", "fit (as recorded), most-free or first")
  .option("--gates <table>", "such as batch=0.6,background=0.7; the others as recorded")
  .option(
    "--gate-policy <name>",
    "literal or resident-aware, for the gates of all nodes (default: as recorded)",
  )
  .option("--governor <strategy>", "mechanical (as recorded) or off")
  .option("--regrant-after <ms>", "silence after which a lease is given away")
  .option("--max-attempts <n>", "attempts of every job")
  .option("--hole-fast <ms>", "below this a failure counts against its node")
  .option("--tolerance <distance>", "distance at which a campaign has converged")
  .option("--limit <n>", "differences to print (default 50)")
  .option("--json", "one JSON object")
  .action(async ({ root, ...flags }: HubFlags & ReplayFlags) => {
    const config = await loadHubConfig(root === undefined ? {} : { root }, process.env);
    if (flags.from === undefined)
      checkJournalKind(config.root, null, `use --from ${join(config.root, "spiral.jsonl")}`);
    await runReplay(config.root, flags, (text) => process.stdout.write(text));
  });

try {
  await program.parseAsync();
} catch (error) {
  fail(error);
}

async function serve(flags: HubFlags): Promise<void> {
  const config = await loadHubConfig(flags, process.env);
  const log = createLog({ level: config.logLevel, destination: process.stdout });
  const end = (code: number, reason: unknown): void => {
    log.error({ event: "hub.failed", reason: describeError(reason) }, "cannot go on safely");
    process.exit(code);
  };
  process.on("uncaughtException", (error) => end(EXIT_SOFTWARE, error));
  checkJournalKind(config.root, config.journal);
  const options: HubOptions = {
    config,
    log,
    clock: systemClock,
    version: packageVersion(),
    workerUrl: new URL("./journal-worker.mjs", import.meta.url),
    onFatal: (error) => end(statusOf(error), error),
  };
  const hub = config.journal === null ? await openHub(options) : await lead(options, config.journal);
  stopOnSignal(hub.stop, end);
}

async function fsckThere(address: string): Promise<FsckReport> {
  const { fsckPostgres } = await import("./store/postgres/fsck.ts");
  return fsckPostgres(address);
}

/** Waits as a standby until this hub leads. */
async function lead(options: HubOptions, address: string): Promise<RunningHub> {
  // Loaded here: the embedded journal starts without it.
  const { openReplica } = await import("./replica.ts");
  const replica = await openReplica(options, address);
  const leave = (): void => void replica.stop().finally(() => process.exit(0));
  for (const signal of SIGNALS) process.once(signal, leave);
  const hub = await replica.leading;
  for (const signal of SIGNALS) process.off(signal, leave);
  return hub;
}

function stopOnSignal(stop: () => Promise<void>, end: (code: number, reason: unknown) => void): void {
  let isStopping = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      stop().then(
        () => process.exit(0),
        (error: unknown) => end(EXIT_SOFTWARE, error),
      );
    });
  }
}

function statusOf(error: unknown): number {
  return error instanceof FleetError ? error.exitStatus : EXIT_SOFTWARE;
}

function fail(error: unknown): void {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE);
  process.stderr.write(`${errorText("spiral-hub", error, process.argv)}\n`);
  process.exit(statusOf(error));
}
