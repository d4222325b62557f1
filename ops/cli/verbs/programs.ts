/** `spiral hub …` and `spiral agent …`: start the other programs with the same words after the verb. */
import { join } from "node:path";
import { Argument, type Command } from "commander";
import { FleetError } from "../../../shared/errors.ts";
import { packageRoot } from "../../../shared/package-root.ts";
import { startForeground } from "../foreground.ts";
import { verb } from "../verb.ts";

export function addHub(program: Command): void {
  const description = "run the hub: `spiral hub serve`";
  addProgram(program, { name: "hub", description, translate: hubVerb, verbs: HUB_VERBS });
}

export function addAgent(program: Command): void {
  const description = "run an agent: `spiral agent NAME`";
  addProgram(program, { name: "agent", description, translate: nameFirst });
}

/** `spiral replay` is `spiral-hub replay`. */
export function addReplay(program: Command): void {
  const description = "ask the recorded history again under another policy: `spiral replay --help`";
  addProgram(program, { name: "replay", description, translate: (words) => ["replay", ...words] });
}

/** `spiral fsck` is `spiral-hub fsck`. */
export function addFsck(program: Command): void {
  const description = "check the journal of a stopped hub, changing nothing";
  addProgram(program, { name: "fsck", description, translate: (words) => ["fsck", ...words] });
}

const HUB_VERBS = ["serve", "fsck", "replay"];

function hubVerb(words: readonly string[]): readonly string[] {
  const [first = "serve"] = words;
  if (first.startsWith("-") || HUB_VERBS.includes(first)) return words;
  throw new FleetError("invalid", `unknown command '${first}': spiral hub ${HUB_VERBS.join(", ")}`);
}

const AGENT_VERBS = ["serve", "doctor", "down", "up", "forgive", "conformance", "runner"];

/** `agent NAME …` is `agent serve --node NAME …`. */
function nameFirst(words: readonly string[]): readonly string[] {
  const [first, ...rest] = words;
  if (first === undefined || first.startsWith("-") || AGENT_VERBS.includes(first)) return words;
  return ["serve", "--node", first, ...rest];
}

interface OtherProgram {
  readonly name: "hub" | "agent" | "replay" | "fsck";
  readonly description: string;
  readonly translate: (words: readonly string[]) => readonly string[];
  /** What the first word may be, for the completion. */
  readonly verbs?: readonly string[];
}

/** Any words, for the other program judges them; only a Tab offers some. */
function wordsOf(verbs: readonly string[]): Argument {
  const words = new Argument("[words...]");
  if (verbs.length > 0) words.argChoices = [...verbs];
  return words;
}

function addProgram(program: Command, { name, description, translate, verbs = [] }: OtherProgram): void {
  program
    .command(name)
    .description(description)
    .addArgument(wordsOf(verbs))
    .helpOption(false)
    .allowUnknownOption()
    .action(
      verb(async ({ settings }) => {
        const given = process.argv.slice(process.argv.indexOf(name) + 1);
        const isRooted = given.includes("--root") || settings.again === "";
        const argv = isRooted ? given : [...given, "--root", settings.root];
        return await runProgram(name === "agent" ? "agent" : "hub", translate(argv));
      }),
    );
}

/** Runs a program in the foreground and resolves with its exit status. */
export function runProgram(name: string, argv: readonly string[]): Promise<number> {
  const launcher = join(packageRoot(), `bin/spiral-${name}.mjs`);
  return startForeground(process.execPath, [launcher, ...argv]).ended;
}
