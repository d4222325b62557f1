/** Prints the report of `fsck` as JSON: `node journal-fsck.mjs PATH`. */
import { fsck } from "../../shared/journal/fsck.ts";

const [, , path = ""] = process.argv;
process.stdout.write(JSON.stringify(await fsck(path)));
