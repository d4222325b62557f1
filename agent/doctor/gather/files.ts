/** Files: looking at files of the box with a deadline each; a file system that hangs must not hang doctor. */
import { readdir, readFile, stat } from "node:fs/promises";
import { describeError } from "../../../shared/errors.ts";
import { askWithin } from "../../host/deadline.ts";
import { type Seen, seen, unseen } from "../seen.ts";

const DEADLINE_MS = 3_000;
/** More than any file looked at here; a larger one is not what it seems. */
const MAX_FILE_BYTES = 1024 ** 2;

/** The answer within the deadline; an error is a reason. */
export async function look<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  deadlineMs = DEADLINE_MS,
): Promise<Seen<T>> {
  try {
    const answer = await askWithin({ deadlineMs }, ask);
    return answer.kind === "answered"
      ? seen(answer.value)
      : unseen(`no answer within ${deadlineMs / 1000} s`);
  } catch (error) {
    return unseen(describeError(error));
  }
}

/** Null where there is no such file. */
export function lookAtText(path: string): Promise<Seen<string | null>> {
  return look(async (signal) => {
    const { size } = await stat(path).catch(absent);
    if (size === null) return null;
    if (size > MAX_FILE_BYTES) throw new Error(`${path} is larger than ${MAX_FILE_BYTES} bytes`);
    return readFile(path, { encoding: "utf8", signal });
  });
}

function absent(error: NodeJS.ErrnoException): { readonly size: null } {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return { size: null };
  throw error;
}

/** Names in a directory in order; none where there is no such directory. */
export function lookAtNames(path: string): Promise<Seen<readonly string[]>> {
  return look(async () => {
    try {
      return (await readdir(path)).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  });
}
