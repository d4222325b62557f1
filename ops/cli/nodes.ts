/**
 * Nodes: which nodes a verb asks, how their answers are gathered, and what the exit status makes of those that
 * gave none. One node that is away never hides the others.
 */
import { type Command, Option } from "commander";
import { type Clock, systemClock } from "../../shared/clock.ts";
import { describeError, FleetError, type FleetErrorCode } from "../../shared/errors.ts";
import type { QueryMethod } from "../../shared/model/messages.ts";
import type { NodeAnswers, NodeQuestions } from "../../shared/wire/node-answers.ts";
import { type NodeDesk, openHubDesk, openLocalDesk } from "./desk.ts";
import { EXIT_UNMET } from "./exit.ts";
import { findLocalAgents, named, noAgentHere } from "./local.ts";
import type { Context } from "./verb.ts";

export interface NodeFlags {
  readonly node?: string;
  readonly all?: boolean;
  readonly local?: boolean;
}

/** One node's answer, or why there is none. `ageMs` counts from its arrival. */
export interface NodeReply<Answer> {
  readonly node: string;
  readonly via: NodeDesk["via"];
  readonly ageMs: number;
  readonly problem: { readonly code: FleetErrorCode; readonly message: string } | null;
  readonly answer: Answer | null;
}

export interface Answered<Answer> extends NodeReply<Answer> {
  readonly answer: Answer;
}

/** A hub that has not answered by then is treated as gone: this machine may know without it. */
const ANSWER_MS = 3_000;

export function addNodeOptions(command: Command): Command {
  return command
    .option("--node <name>", "only this node")
    .addOption(new Option("--all", "every node (the default)").conflicts("node"))
    .option("--local", "the agents of this machine, without a hub");
}

/** The flags that a next command must repeat to ask the same nodes, with a leading space, or "". */
export function againOf({ settings }: Context, { node, local }: NodeFlags): string {
  const which = node === undefined ? "" : ` --node ${node}`;
  return `${settings.again}${which}${local === true ? " --local" : ""}`;
}

/**
 * The nodes that are meant: all of the hub, one of them, or those of this machine when that is asked for or no
 * hub answers. Throws "notFound" for a node that the hub never saw.
 */
export async function openDesks(context: Context, flags: NodeFlags): Promise<readonly NodeDesk[]> {
  if (flags.local === true) return openLocalDesks(context, flags);
  try {
    const hub = context.hub();
    const { nodes } = await hub.call("ListNodes", {}, ANSWER_MS);
    const meant = nodes.filter(({ node }) => flags.node === undefined || node === flags.node);
    if (meant.length > 0) return meant.map(({ node }) => openHubDesk(hub, node));
    if (flags.node === undefined)
      throw new FleetError("notFound", "no node has attached: start an agent with `spiral agent NAME`");
    throw new FleetError("notFound", `no node "${flags.node}" has ever attached: see \`spiral nodes\``);
  } catch (error) {
    const isGone = error instanceof FleetError && error.code === "unavailable";
    if (!isGone || named(findLocalAgents(context.settings), flags.node).length === 0) throw error;
    context.out.note("(no hub answers: asked on this machine)");
    return openLocalDesks(context, flags);
  }
}

function openLocalDesks({ settings }: Context, { node }: NodeFlags): readonly NodeDesk[] {
  const agents = named(findLocalAgents(settings), node);
  if (agents.length === 0) throw noAgentHere(settings, node);
  return agents.map((agent) => openLocalDesk(agent.node, agent.socketPath));
}

/** Asks every desk at once and closes them. Throws what a node said when it was the only one asked. */
export async function askDesks<Method extends QueryMethod>(
  desks: readonly NodeDesk[],
  method: Method,
  question: NodeQuestions[Method],
  clock: Clock = systemClock,
): Promise<readonly NodeReply<NodeAnswers[Method]>[]> {
  const asked = await Promise.all(
    desks.map(async (desk) => {
      const { node, via } = desk;
      const outcome = await attempt(() => desk.ask(method, question));
      await desk.close();
      if (outcome.error !== null && desks.length === 1) throw outcome.error;
      const { answer, problem } = outcome;
      return { node, via, answer, problem, atMs: clock.bootMs() };
    }),
  );
  const nowMs = clock.bootMs();
  return asked.map(({ node, via, atMs, problem, answer }) => {
    const ageMs = Math.round(nowMs - atMs);
    return { node, via, ageMs, problem, answer };
  });
}

async function attempt<Answer>(ask: () => Promise<Answer>) {
  try {
    return { answer: await ask(), problem: null, error: null };
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return { answer: null, problem: { code: error.code, message: describeError(error) }, error };
  }
}

export function answered<Answer>(replies: readonly NodeReply<Answer>[]): readonly Answered<Answer>[] {
  return replies.filter((reply): reply is Answered<Answer> => reply.answer !== null);
}

/** 0 when all answered, 1 when some did not, and the status of the first problem when none did. */
export function exitStatusOf(replies: readonly NodeReply<unknown>[]): number {
  const problems = replies.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  const [first] = problems;
  if (first === undefined) return 0;
  return problems.length < replies.length ? EXIT_UNMET : new FleetError(first.code, "").exitStatus;
}
