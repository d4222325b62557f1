/** `spiral gpu set-budget`: an operator's budget of a subsystem, kept across restarts of the agent. */
import type { Command } from "commander";
import { FleetError } from "../../../shared/errors.ts";
import type { BudgetVerdict } from "../../../shared/wire/local-types.ts";
import { formatBytes } from "../format.ts";
import { drawBudgets, drawProblems } from "../gpu-frame.ts";
import {
  addNodeOptions,
  againOf,
  answered,
  askDesks,
  exitStatusOf,
  type NodeFlags,
  type NodeReply,
  openDesks,
} from "../nodes.ts";
import type { Colours } from "../output.ts";
import { parseMib } from "../quantity.ts";
import { verb } from "../verb.ts";

interface BudgetFlags extends NodeFlags {
  readonly gpu?: string;
}

const REFUSED = new FleetError("refused", "").exitStatus;

export function addGpuSetBudget(gpu: Command): void {
  addNodeOptions(
    gpu
      .command("set-budget")
      .description("set how much VRAM a subsystem may hold")
      .argument("<subsystem>", "such as inference, tts or rendering")
      .argument("<size>", "such as 12GiB", parseMib),
  )
    .option("--gpu <uuid>", "this card, where the node has several")
    .action(
      verb<BudgetFlags, [string, number]>(async (context, flags, subsystem, budgetMib) => {
        const { out } = context;
        const change = { subsystem, budgetMib, gpu: flags.gpu ?? null };
        const desks = await openDesks(context, flags);
        if (desks.length > 1 && flags.all !== true) {
          const names = desks.map(({ node }) => node).join(", ");
          throw new FleetError("invalid", `--node: name one of ${names}, or say --all`);
        }
        const nodes = await askDesks(desks, "set-budget", change);
        out.show({ subsystem, budgetMib, nodes }, (safe) => [
          ...drawVerdicts(safe, out.colours),
          "",
          `${out.colours.dim("next")}  spiral gpu stats${againOf(context, flags)}`,
        ]);
        const isRefused = answered(nodes).some(({ answer }) => answer.kind === "refused");
        return isRefused ? REFUSED : exitStatusOf(nodes);
      }),
    );
}

interface Verdicts {
  readonly subsystem: string;
  readonly budgetMib: number;
  readonly nodes: readonly NodeReply<BudgetVerdict>[];
}

function drawVerdicts({ subsystem, budgetMib, nodes }: Verdicts, colours: Colours): readonly string[] {
  const size = formatBytes(budgetMib * 1024 ** 2);
  return [
    ...answered(nodes).flatMap(({ node, answer }) => [
      answer.kind === "applied"
        ? `${node}: ${colours.green(`${subsystem} may hold ${size}`)}`
        : `${node}: ${colours.red("refused")}: ${answer.because}`,
      ...drawBudgets(answer.budgets, colours),
    ]),
    ...drawProblems(nodes, colours),
  ];
}
