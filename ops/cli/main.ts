/**
 * spiral: the operator's command line. Parses argv, runs one verb and turns whatever went wrong into one clear
 * sentence and a documented exit status (docs/cli.md).
 */
import { CommanderError } from "commander";
import { describeError, FleetError } from "../../shared/errors.ts";
import { safeText } from "../../shared/safe-text.ts";
import { EXIT_SOFTWARE, EXIT_USAGE } from "./exit.ts";
import { createProgram } from "./program.ts";
import { respell } from "./spelling.ts";

for (const stream of [process.stdout, process.stderr]) stream.on("error", endQuietly);

const program = createProgram();
const argv = respell(process.argv.slice(2));
try {
  await program.parseAsync(argv.length === 0 ? ["--help"] : argv, { from: "user" });
} catch (error) {
  process.exitCode = report(error);
}

/** A reader that has seen enough (`spiral events | head`) is no failure. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
}

/** Says what went wrong on stderr and returns the exit status. */
function report(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  // A group without its verb: its help is on stderr already.
  if (error instanceof CommanderError && error.code === "commander.help") return EXIT_USAGE;
  const { code, message, exitStatus } = classify(error);
  // The flags may not have been parsed: whether JSON was asked for shows in argv alone.
  const text = argv.includes("--json")
    ? JSON.stringify({ error: { code, message } })
    : `spiral: ${safeText(message)}`;
  process.stderr.write(`${text}\n`);
  return exitStatus;
}

/** The verb that argv names, with a space, or "". */
function verbOf(words: readonly string[]): string {
  const verb = words.find((word) => program.commands.some((command) => command.name() === word));
  return verb === undefined ? "" : `${verb} `;
}

function classify(error: unknown): {
  readonly code: string;
  readonly message: string;
  readonly exitStatus: number;
} {
  if (error instanceof CommanderError) {
    const message = `${error.message.replace(/^error: /, "")}\nsee \`spiral ${verbOf(argv)}--help\``;
    return { code: "usage", message, exitStatus: EXIT_USAGE };
  }
  if (error instanceof FleetError)
    return { code: error.code, message: describeError(error), exitStatus: error.exitStatus };
  const message = `this is a bug: ${error instanceof Error ? error.stack : String(error)}`;
  return { code: "internal", message, exitStatus: EXIT_SOFTWARE };
}
