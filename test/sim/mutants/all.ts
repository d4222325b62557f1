/** Every mutant. A new one is a row in a file beside this one. */
import type { Mutant } from "./mutant.ts";

export const MUTANTS: readonly Mutant[] = [];
