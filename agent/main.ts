/**
 * spiral-agent: the composition root of the agent. Reads argv and the environment once, wires the real world
 * and turns signals into a clean end. Exit codes: 0 well, 2 wrong usage, 4 refused, 70 a bug, 78 wrong
 * configuration; those of `doctor` are in docs/doctor.md.
 */
import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import { systemClock } from "../shared/clock.ts";
import { describeError, errorText, FleetError, usageText } from "../shared/errors.ts";
import type { LogDestination } from "../shared/log.ts";
import { EXIT_BAD_PARAMETERS } from "../shared/model/job.ts";
import { createTiming } from "../shared/model/timing.ts";
import { packageVersion } from "../shared/package-root.ts";
import { loadSettings, placeOf, requireAgent } from "./config.ts";
import type { DoctorFlags } from "./doctor/command.ts";

const EXIT_USAGE = 2;
const EXIT_SOFTWARE = 70;

type Flags = Readonly<Record<string, string | undefined>>;
const PLACE = ["--root <dir>", "data directory (default $SPIRAL_ROOT or ~/spiral)"] as const;
const NODE = ["--node <name>", "this node's name (default $SPIRAL_NODE)"] as const;

const program = new Command("spiral-agent")
  .description("The agent of a Spiral Fleet: gates and jobs of one box.")
  .version(packageVersion())
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(usageText(text, process.argv)) });

program
  .command("serve", { isDefault: true })
  .description("serve one node until SIGTERM or SIGINT")
  .option(...PLACE)
  .option(...NODE)
  .option("--hub <host:port,…>", "address of the hub, or of each replica (default: ROOT/hub/endpoint.json)")
  .option("--gpu <sensor>", "auto, nvml, nvidia-smi, simulated or none (default auto)")
  .option("--gpu-slots <n>", "jobs of the gpu lane at once (default half of the cores)")
  .option("--cpu-slots <n>", "jobs of the cpu lane at once (default half of the cores)")
  .option("--log-level <level>", "debug, info, warn, error or silent (default info)")
  .option("--timing-scale <ratio>", "shrink every duration, for tests (default 1)")
  .action(serveNode);

program
  .command("runner")
  .description("run a built-in runner in the present directory, an attempt's")
  .argument("<name>", "render or evaluate")
  .action(runBuiltin);

program
  .command("down")
  .description("end all work of this node and keep it down; needs no hub")
  .option(...PLACE)
  .option(...NODE)
  .option("--now", "give the jobs no grace")
  .action(latchDown);

program
  .command("up")
  .description("lift what `spiral-agent down` has set")
  .option(...PLACE)
  .option(...NODE)
  .action(latchUp);

program
  .command("forgive")
  .description("let a runner that was given up after its failures start again; needs no hub")
  .argument("<runner>", "name of its definition")
  .option(...PLACE)
  .option(...NODE)
  .action(forgiveRunner);

program
  .command("doctor")
  .description("look at this box and say what is wrong and what helps; changes nothing (docs/doctor.md)")
  .option(...PLACE)
  .option("--node <name>", "this node's name (default $SPIRAL_NODE, else every node below the root)")
  .option(
    "--hub <host:port>",
    "the hub to look for (default $SPIRAL_HUB, agent.json or ROOT/hub/endpoint.json)",
  )
  .option("--json", "one JSON object")
  .option("--report <file>", "also write the whole report there, as Markdown")
  .option("--no-color", "no colours, as with NO_COLOR")
  .action(examineBox);

program
  .command("conformance")
  .description("answer requests about gates, budgets and pressure: one JSON object a line (docs/protocol.md)")
  .action(answerConformance);

try {
  await program.parseAsync();
} catch (error) {
  fail(error);
}

async function serveNode(flags: Flags): Promise<void> {
  const place = placeOf(flags, process.env);
  const settings = loadSettings(place, flags, process.env);
  const { createLog } = await import("../shared/log.ts");
  const { openLogFile } = await import("./store/log-file.ts");
  const { serve } = await import("./serve.ts");
  const destination = openLogFile(`${place.directory}/logs`, (reason) =>
    process.stderr.write(`spiral-agent: the log cannot be written: ${reason}\n`),
  );
  const log = createLog({ level: settings.logLevel, destination: withAlarms(destination) });
  const end = async (code: number, reason: string): Promise<void> => {
    if (code !== 0) process.stderr.write(`spiral-agent: ${reason}\n`);
    log[code === 0 ? "info" : "error"]({ event: "agent.stopped", code, reason }, "the agent has ended");
    await destination.close();
    process.exit(code);
  };
  process.on("uncaughtException", (error) => void end(EXIT_SOFTWARE, describeError(error)));
  const onFatal = (message: string): void => void end(new FleetError("config", message).exitStatus, message);
  const probePath = fileURLToPath(new URL("./gpu-probe.mjs", import.meta.url));
  const agent = await serve({ place, settings, log, environment: process.env, probePath, onFatal });
  process.stderr.write(`spiral-agent: serving as ${place.node}; log ${place.directory}/logs/current.log\n`);
  let isStopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      agent.stop().then(
        () => end(0, signal),
        (error: unknown) => end(EXIT_SOFTWARE, describeError(error)),
      );
    });
  }
}

/** Bad parameters end with a status of their own: the hub then knows that no other try can succeed. */
async function runBuiltin(name: string): Promise<void> {
  try {
    await runnerOf(name, process.cwd());
  } catch (error) {
    if (!(error instanceof FleetError) || error.code !== "invalid") throw error;
    process.stderr.write(`spiral-agent runner ${name}: ${error.message}\n`);
    process.exit(EXIT_BAD_PARAMETERS);
  }
}

/** Each runner loads only what it needs: it is a process of its own, many times an hour. */
async function runnerOf(name: string, cwd: string): Promise<void> {
  switch (name) {
    case "render":
      return (await import("./runners/render/main.ts")).runRender(cwd);
    case "evaluate":
      return (await import("./runners/evaluate/main.ts")).runEvaluate(cwd);
    default:
      throw new FleetError("invalid", `no built-in runner "${name}": render or evaluate`);
  }
}

async function latchDown(flags: Flags & { readonly now?: boolean }): Promise<void> {
  const { openLatch } = await import("./store/latch.ts");
  const place = placeOf(flags, process.env);
  requireAgent(place);
  const graceMs = flags.now === true ? 0 : createTiming().termGraceMs;
  await openLatch(place.directory).set({ by: "local", graceMs, wallMs: systemClock.wallMs() });
  process.stdout.write(`${place.node} is latched down; \`spiral-agent up --node ${place.node}\` lifts it\n`);
}

async function latchUp(flags: Flags): Promise<void> {
  const { openLatch } = await import("./store/latch.ts");
  const place = placeOf(flags, process.env);
  requireAgent(place);
  const latch = openLatch(place.directory);
  const wasLatched = latch.read() !== null;
  if (!(await latch.clear("local"))) {
    throw new FleetError("refused", "the fleet holds this node down: `spiral up` lifts that");
  }
  process.stdout.write(`${place.node}${wasLatched ? ": latch lifted" : " was not latched"}\n`);
}

async function forgiveRunner(runner: string, flags: Flags): Promise<void> {
  const { forgiveOnNode } = await import("./store/start-limits.ts");
  const { loadRunners } = await import("./runners/catalogue.ts");
  const place = placeOf(flags, process.env);
  const { infos } = await loadRunners(`${place.directory}/runners`);
  if (!infos.some(({ name }) => name === runner)) {
    const known = infos.map(({ name }) => name).join(", ");
    throw new FleetError("notFound", `${place.node} has no runner "${runner}"; known: ${known}`);
  }
  forgiveOnNode(place.directory, runner);
  process.stdout.write(`the failures of ${runner} on ${place.node} are forgiven\n`);
}

/** A look that never came back must not keep the process. */
async function examineBox(flags: DoctorFlags): Promise<void> {
  const { runDoctor } = await import("./doctor/command.ts");
  const status = await runDoctor({
    flags,
    environment: process.env,
    probePath: fileURLToPath(new URL("./gpu-probe.mjs", import.meta.url)),
    isTerminal: process.stdout.isTTY === true,
    write: (text) => process.stdout.write(text),
  });
  process.exit(status);
}

async function answerConformance(): Promise<void> {
  const { answerLines } = await import("./conformance-lines.ts");
  await answerLines(process.stdin, process.stdout);
}

/** Warnings and errors are for people too: a terminal or a service manager sees them, not only the file. */
function withAlarms(destination: LogDestination): LogDestination {
  return {
    write: (line) => {
      destination.write(line);
      if (/^\{"level":"(?:warn|error)"/.test(line)) process.stderr.write(line);
    },
  };
}

function fail(error: unknown): void {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE);
  process.stderr.write(`${errorText("spiral-agent", error, process.argv)}\n`);
  process.exit(error instanceof FleetError ? error.exitStatus : EXIT_SOFTWARE);
}
