/** Check: every rule over a set of sources. Pure, so that the tests of the rules can plant offences. */
import { checkCycles } from "./import-cycles.ts";
import { checkImports } from "./import-rules.ts";
import type { Offence } from "./offence.ts";
import { checkShape } from "./shape-rules.ts";
import { parseSource, type Source } from "./source-file.ts";
import { checkComments, checkWords } from "./word-rules.ts";

export function check(sources: readonly Source[]): readonly Offence[] {
  const files = sources.map(parseSource);
  const perFile = files.flatMap((file) => [
    ...checkImports(file),
    ...checkWords(file),
    ...checkComments(file),
    ...checkShape(file),
  ]);
  return [...perFile, ...checkCycles(files)];
}
