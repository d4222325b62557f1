/** SecretFile: a secret that notify.json names and does not hold, read when it is used so that it can be rotated. */
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { FleetError } from "../../shared/errors.ts";

const OTHERS_MAY_USE = 0o077;
const BYTES_MAX = 4_096;
const ONE_LINE = /^[\x21-\x7e]+$/;

/** The one word in the file, which is below the root unless its path is absolute. Throws FleetError `config`. */
export async function readSecretFile(root: string, path: string): Promise<string> {
  const file = resolve(root, path);
  try {
    const { mode, size } = await stat(file);
    if ((mode & OTHERS_MAY_USE) !== 0)
      throw new FleetError("config", `${file} may be used by others: run chmod 600 ${file}`);
    if (size > BYTES_MAX) throw new FleetError("config", `${file} is no secret: it is too long`);
    const secret = (await readFile(file, "utf8")).trim();
    if (!ONE_LINE.test(secret)) throw new FleetError("config", `${file} must hold one word and no more`);
    return secret;
  } catch (error) {
    if (error instanceof FleetError) throw error;
    throw new FleetError("config", `cannot read the secret ${file}`, error);
  }
}
