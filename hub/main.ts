/**
 * spiral-hub: the composition root of the hub. Reads argv and the environment once, wires the real clock,
 * disk and network, and turns signals into a clean end. Exit codes: docs/cli.md.
 */
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { systemClock } from "../shared/clock.ts";
import { describeError, FleetError } from "../shared/errors.ts";
import { fsck } from "../shared/journal/fsck.ts";
import { createLog } from "../shared/log.ts";
import { packageVersion } from "../shared/package-root.ts";
import { type HubFlags, loadHubConfig } from "./config.ts";
import { openHub } from "./hub.ts";

const EXIT_USAGE = 2;
const EXIT_SOFTWARE = 70;

const program = new Command("spiral-hub")
  .description("The hub of a Spiral Fleet: journal, arbiter, queue and leases.")
  .version(packageVersion())
  .exitOverride();

program
  .command("serve", { isDefault: true })
  .description("serve agents and operators until SIGTERM or SIGINT")
  .option("--root <dir>", "data directory (default $SPIRAL_ROOT or ~/spiral)")
  .option("--host <address>", "loopback address to listen on (default 127.0.0.1)")
  .option("--port <number>", "gRPC port; 0 takes the recorded one, else any free one (default 9820)")
  .option("--log-level <level>", "debug, info, warn, error or silent (default info)")
  .option("--timing-scale <ratio>", "shrink every duration, for tests (default 1)")
  .action(serve);

program
  .command("fsck")
  .description("check the journal of a root and report what is wrong, changing nothing")
  .option("--root <dir>", "data directory (default $SPIRAL_ROOT or ~/spiral)")
  .action(async (flags: HubFlags) => {
    const { root } = await loadHubConfig(flags, process.env);
    const report = await fsck(join(root, "hub", "journal.db"));
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    process.exitCode = report.ok ? 0 : 1;
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
  const hub = await openHub({
    config,
    log,
    clock: systemClock,
    version: packageVersion(),
    workerUrl: new URL("./journal-worker.mjs", import.meta.url),
    onFatal: (error) => end(EXIT_SOFTWARE, error),
  });
  let isStopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      hub.stop().then(
        () => process.exit(0),
        (error: unknown) => end(EXIT_SOFTWARE, error),
      );
    });
  }
}

function fail(error: unknown): void {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE);
  process.stderr.write(`spiral-hub: ${describeError(error)}\n`);
  process.exit(error instanceof FleetError ? error.exitStatus : EXIT_SOFTWARE);
}
