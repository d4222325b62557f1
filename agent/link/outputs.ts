/** Outputs: what an attempt has left in its directory, as the manifest will list it. */
import { join } from "node:path";
import { FleetError } from "../../shared/errors.ts";
import { hashFile, listTree } from "../../shared/file-tree.ts";
import type { OutputFile } from "../../shared/model/job.ts";
import { comparePaths, MANIFEST_LIMITS, manifestProblem } from "../../shared/model/manifest.ts";

/**
 * Every file below `directory`, hashed, in the order of a manifest; none is no error.
 * @throws FleetError invalid: a link or special file, too many, too large or a path that may not be published.
 */
export async function hashOutputs(directory: string): Promise<readonly OutputFile[]> {
  const { files } = await listTree(directory, MANIFEST_LIMITS.files);
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (totalBytes > MANIFEST_LIMITS.totalBytes) {
    throw new FleetError("invalid", `outputs are larger than ${MANIFEST_LIMITS.totalBytes} bytes`);
  }
  const outputs: OutputFile[] = [];
  for (const { path } of [...files].sort(comparePaths)) {
    outputs.push({ path, ...(await hashFile(join(directory, path))) });
  }
  const problem = outputs.length === 0 ? null : manifestProblem(outputs);
  if (problem !== null) throw new FleetError("invalid", problem);
  return outputs;
}
