/**
 * Submit many: the jobs of a file, as many in one message as it takes. Whoever repeats it with the same keys,
 * after whatever interruption, queues nothing twice.
 */

import { MESSAGE_LIMITS } from "../../shared/model/messages.ts";
import { safeText } from "../../shared/safe-text.ts";
import { splitBatches } from "../../shared/wire/batch.ts";
import type { LineSubmission } from "../../shared/wire/job-lines.ts";
import { encodeSubmit } from "../../shared/wire/operator-codec.ts";
import type { HubClient } from "./client.ts";
import { EXIT_UNMET } from "./exit.ts";
import type { Output } from "./output.ts";

interface Row {
  readonly key: string;
  readonly jobId: string;
  readonly isDuplicate: boolean;
  readonly refusalCode: string;
  readonly refusal: string;
}

/** Resolves with the exit status: whether every job was taken. */
export async function submitMany(
  hub: HubClient,
  out: Output,
  submissions: readonly LineSubmission[],
  again: string,
): Promise<number> {
  const jobs: Row[] = [];
  const noted = new Set<string>();
  for (const batch of splitBatches(submissions, MESSAGE_LIMITS.submitItems)) {
    const { verdicts } = await hub.call("SubmitBatch", { jobs: batch.map(encodeSubmit) });
    jobs.push(...verdicts.map(({ notes: _, ...row }, at) => ({ key: batch[at]?.key ?? "", ...row })));
    for (const note of verdicts.flatMap(({ notes }) => notes)) noted.add(note);
  }
  for (const note of noted) out.note(safeText(note));
  const refused = jobs.filter(({ refusalCode }) => refusalCode !== "").length;
  const existed = jobs.filter(({ isDuplicate }) => isDuplicate).length;
  out.show({ jobs }, (safe) => [
    `${jobs.length - refused - existed} queued, ${existed} existed already, ${refused} refused`,
    ...safe.jobs.flatMap(({ refusal }, index) =>
      refusal === "" ? [] : [`line ${submissions[index]?.line ?? index + 1}: ${refusal}`],
    ),
    ...(refused === jobs.length ? [] : [out.colours.dim(`follow them: spiral jobs${again}`)]),
  ]);
  return refused === 0 ? 0 : EXIT_UNMET;
}
