/**
 * `spiral gpu run`: a command that holds VRAM while it runs. The gate decides before the command starts, and the
 * reservation lives exactly as long as this process: should it be killed, the agent takes the VRAM back.
 */
import { randomUUID } from "node:crypto";
import { type Command, Option } from "commander";
import { systemClock } from "../../../shared/clock.ts";
import { FleetError } from "../../../shared/errors.ts";
import { connectLocal, type LocalClient } from "../../../shared/local-client/client.ts";
import type { ClaimInput } from "../../../shared/local-client/holdings.ts";
import { AGENT_SOCKET_VARIABLE } from "../../../shared/local-client/socket-path.ts";
import { PRIORITIES, type Priority } from "../../../shared/model/priority.ts";
import type { LocalGrant, LocalRefusal } from "../../../shared/wire/local-types.ts";
import { EXIT_INTERRUPTED } from "../exit.ts";
import { startForeground } from "../foreground.ts";
import { clipText, formatBytes } from "../format.ts";
import { pickLocalAgent } from "../local.ts";
import type { Output } from "../output.ts";
import { parseBytes } from "../quantity.ts";
import { waitForRoom } from "../room.ts";
import { type Context, verb } from "../verb.ts";

interface RunFlags {
  readonly priority: Priority;
  readonly vram: number;
  readonly label?: string;
  readonly subsystem: string;
  readonly gpu?: string;
  readonly node?: string;
  readonly evictable?: boolean;
  readonly wait?: boolean;
}

/** As shells report a command that is not there, or that may not be run. */
const EXIT_NOT_FOUND = 127;
const EXIT_NOT_RUNNABLE = 126;
const LABEL_LENGTH = 80;

export function addGpuRun(gpu: Command): void {
  gpu
    .command("run")
    .description("run a command that holds VRAM while it runs")
    .usage("[options] -- <command...>")
    .argument("<command...>", "what to run, after --")
    .addOption(new Option("--priority <name>", "gate to pass").choices(PRIORITIES).makeOptionMandatory())
    .requiredOption("--vram <size>", "VRAM it needs, such as 4GiB", parseBytes)
    .option("--label <text>", "what to call it (default: the command)")
    .option("--subsystem <name>", "whose budget it counts in", "inference")
    .option("--gpu <uuid>", "on this card (default: the one with most room)")
    .option("--node <name>", "the agent, where several run on this machine")
    .option("--evictable", "may be ended with SIGTERM when its VRAM is needed")
    .option("--wait", "try again when pressure falls, until it is admitted")
    .action(verb<RunFlags, [readonly string[]]>(runHolding));
}

async function runHolding(context: Context, flags: RunFlags, words: readonly string[]): Promise<number> {
  const { settings, out, interrupted } = context;
  const { socketPath } = pickLocalAgent(settings, flags.node);
  const client = connectLocal(socketPath);
  try {
    const claim = claimOf(flags, words);
    const verdict = await client.reserve(claim);
    const answer =
      verdict.kind === "refused" && flags.wait === true
        ? await waitForRoom({ client, claim, out, refusal: verdict, interrupted: interrupted() })
        : verdict;
    if (answer === null) return EXIT_INTERRUPTED;
    if (answer.kind === "refused") throw refusedBy(answer, flags, settings.again);
    return await runUnder(answer, { client, claim, socketPath, words, out });
  } finally {
    await client.close();
  }
}

/** Where a gate refused who did not wait, waiting may help. */
function refusedBy(refusal: LocalRefusal, { wait }: RunFlags, again: string): FleetError {
  const { because, wouldChange, gate } = refusal;
  const lines = [because, `what would change it: ${wouldChange}`];
  const hint = `let it wait with --wait; who could go: spiral gpu eviction-candidates${again}`;
  return new FleetError("refused", (gate === null || wait === true ? lines : [...lines, hint]).join("\n"));
}

function claimOf(flags: RunFlags, words: readonly string[]): ClaimInput {
  const { priority, vram, subsystem, label = words.join(" ") } = flags;
  return {
    priority,
    key: randomUUID(),
    vramBytes: vram,
    subsystem,
    label: clipText(label, LABEL_LENGTH),
    gpu: flags.gpu ?? null,
    isEvictable: flags.evictable === true,
  };
}

interface Running {
  readonly client: LocalClient;
  readonly claim: ClaimInput;
  readonly socketPath: string;
  readonly words: readonly string[];
  readonly out: Output;
}

/** The command under its grant, and the VRAM back when it has ended; its exit status. */
async function runUnder(grant: LocalGrant, running: Running): Promise<number> {
  const { client, claim, socketPath, words, out } = running;
  const { consumerId, gpu } = grant;
  const startedMs = systemClock.bootMs();
  const held = formatBytes(claim.vramBytes);
  if (grant.isOverBudget) out.note(`${claim.subsystem} is over its budget with these ${held}`);
  const environment = { ...process.env, CUDA_VISIBLE_DEVICES: gpu, [AGENT_SOCKET_VARIABLE]: socketPath };
  const [command = "", ...argv] = words;
  const foreground = startForeground(command, argv, environment);
  const stop = client.watch({
    onEvent: (event) => {
      if (event.kind !== "evict" || event.consumerId !== consumerId) return;
      out.note(`the node needs these ${held} (${event.reason}): the command is told to end`);
      foreground.kill("SIGTERM");
    },
  });
  const exitStatus = await foreground.ended.catch((error: NodeJS.ErrnoException) => {
    out.note(`spiral: ${command}: ${error.code === "ENOENT" ? "not found" : error.message}`);
    return error.code === "ENOENT" ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE;
  });
  stop();
  // An agent that is away now takes the VRAM back by itself when this process has gone.
  const freedBytes = await client.release(consumerId).catch(() => null);
  if (out.isJson) {
    const heldMs = Math.round(systemClock.bootMs() - startedMs);
    out.note(JSON.stringify({ consumerId, gpu, vramBytes: claim.vramBytes, freedBytes, heldMs, exitStatus }));
  }
  return exitStatus;
}
