/**
 * DropIn: `queue/` below the root. A file of jobs that is put there is submitted once: it is taken, its jobs become
 * durable, and only then is it put away. A hub that is killed in between, or one that takes over, finds it among the
 * taken and submits it again under the same keys, which changes nothing. Whatever is wrong with a file ends that
 * file alone, in `rejected/` with the reason beside it; whatever is wrong with the disk or the journal makes it wait.
 */
import { join } from "node:path";
import { describeError, FleetError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { MESSAGE_LIMITS } from "../../shared/model/messages.ts";
import { wireServices } from "../../shared/wire/load.ts";
import { encodeSubmit, type Submission } from "../../shared/wire/operator-codec.ts";
import type { OperatorRequest } from "../../shared/wire/operator-types.ts";
import type { Engine } from "../engine.ts";
import { type Failpoints, NO_FAILPOINTS } from "../failpoint.ts";
import { type SubmitVerdict, submitBatch } from "../service/submit.ts";
import { DROP_IN_LIMITS, type Folder, openFolder } from "./folder.ts";
import { parseJobFile, readJobFile } from "./job-file.ts";

export interface DropInOptions {
  readonly root: string;
  readonly engine: Engine;
  readonly log: Log;
  /** What people should know, by the name of what is concerned. */
  readonly problems: Map<string, string>;
  readonly failpoint?: Failpoints;
}

export interface DropIn {
  /** Takes what has come to rest since the last look; ends early when `stopping` aborts. Never throws. */
  look(stopping: AbortSignal): Promise<void>;
}

/** One job's answer, as it lies beside the file. */
interface Answered {
  readonly key: string;
  readonly jobId?: string;
  readonly isDuplicate?: boolean;
  readonly refusal?: string;
}

const NOTES_SHOWN = 3;

/** Refusals that end by themselves: the file waits. */
const WAITING_CODE = "resourceExhausted";

export function createDropIn(options: DropInOptions): DropIn {
  const { root, engine, log, problems, failpoint = NO_FAILPOINTS } = options;
  const path = join(root, "queue");
  let folder: Folder | null = null;
  /** Of files that are not put away yet: what has its answer is not asked again. */
  const outcomes = new Map<string, Outcome>();
  const deal = async (from: Folder, name: string, stopping: AbortSignal): Promise<void> => {
    const outcome = outcomes.get(name) ?? (await submitFile(engine, from, name, stopping));
    if (outcome === null) return;
    outcomes.set(name, outcome);
    failpoint("file-submitted");
    const { reason, jobs } = outcome;
    const fate = reason === null ? "accepted" : "rejected";
    const kept = await from.putAway(name, fate, reason === null ? { jobs } : { reason, jobs });
    outcomes.delete(name);
    const fields = { file: name, kept: join(path, fate, kept), jobs: jobs.length };
    if (reason === null) log.info({ event: "file.accepted", ...fields }, "a dropped file is in the queue");
    else log.warn({ event: "file.rejected", ...fields, reason }, "a dropped file is put aside");
  };
  const look = async (from: Folder, stopping: AbortSignal): Promise<string | null> => {
    const notes: string[] = [];
    const each = async (name: string, act: () => Promise<void>): Promise<void> => {
      if (stopping.aborted) return;
      await act().catch((error: unknown) => notes.push(`${name} waits: ${describeError(error)}`));
    };
    for (const name of await from.taken()) await each(name, () => deal(from, name, stopping));
    if ((await from.rejected()) >= DROP_IN_LIMITS.keptFiles)
      return "rejected/ is full, so nothing more is taken: look at what lies there and empty it";
    for (const file of await from.resting(engine.now().bootMs))
      await each(file.name, async () => {
        if (!(await from.isReady(file, isWhole))) return;
        await from.take(file.name);
        failpoint("file-taken");
        await deal(from, file.name, stopping);
      });
    const rejected = await from.rejected();
    if (rejected > 0) notes.push(`files in rejected/: ${rejected}, each with its reason beside it`);
    return notes.length === 0 ? null : notes.slice(0, NOTES_SHOWN).join("; ");
  };
  return {
    look: async (stopping) => {
      try {
        folder ??= await openFolder(path);
        note(problems, await look(folder, stopping));
      } catch (error) {
        folder = null;
        note(problems, describeError(error));
      }
    },
  };
}

function note(problems: Map<string, string>, problem: string | null): void {
  if (problem === null) problems.delete("queue");
  else problems.set("queue", `queue/: ${problem}`);
}

function isWhole(text: string): boolean {
  try {
    parseJobFile(text);
    return true;
  } catch {
    return false;
  }
}

interface Outcome {
  /** Null: every job is in the queue. */
  readonly reason: string | null;
  readonly jobs: readonly Answered[];
}

/** Null: stopped before the journal had it. Throws what makes a file wait: there is no room now. */
async function submitFile(
  engine: Engine,
  folder: Folder,
  name: string,
  stopping: AbortSignal,
): Promise<Outcome | null> {
  let submissions: readonly Submission[];
  try {
    submissions = readJobFile(name, await folder.read(name));
  } catch (error) {
    if (error instanceof FleetError) return { reason: error.message, jobs: [] };
    throw error;
  }
  const jobs: Answered[] = [];
  for (let at = 0; at < submissions.length; at += MESSAGE_LIMITS.submitItems) {
    const batch = submissions.slice(at, at + MESSAGE_LIMITS.submitItems);
    const reply = await unlessAborted(submitBatch(engine, received(batch)), stopping);
    if (reply === null) return null;
    jobs.push(...reply.verdicts.map((verdict, index) => answerOf(batch[index], verdict)));
  }
  const refused = jobs.filter(({ refusal }) => refusal !== undefined);
  if (refused.length === 0) return { reason: null, jobs };
  const first = `${refused.length} of ${jobs.length} jobs are refused, the first: ${refused[0]?.refusal}`;
  return { reason: jobs.length === 1 ? `${refused[0]?.refusal}` : first, jobs };
}

function answerOf(
  submission: Submission | undefined,
  { jobId, isDuplicate, refusal, refusalCode }: SubmitVerdict,
): Answered {
  if (refusalCode === WAITING_CODE) throw new FleetError(WAITING_CODE, refusal ?? "the queue is full");
  const key = submission?.key ?? "";
  return refusal ? { key, refusal } : { key, jobId: jobId ?? "", isDuplicate: isDuplicate === true };
}

/** As the same jobs would arrive from a client: one way in, with one set of checks. */
function received(submissions: readonly Submission[]): OperatorRequest<"SubmitBatch"> {
  const { requestSerialize, requestDeserialize } = wireServices().Operator.service.SubmitBatch;
  return requestDeserialize(requestSerialize({ jobs: submissions.map(encodeSubmit) }));
}

/** Null when `signal` aborts first: a journal that waits for space must not hold up the end of the hub. */
async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value | null> {
  let leave = (): void => {};
  const aborted = new Promise<null>((resolve) => {
    leave = () => resolve(null);
    signal.addEventListener("abort", leave);
    if (signal.aborted) leave();
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
