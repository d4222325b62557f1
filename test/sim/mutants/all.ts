/** Every mutant. A new one is a row in a file beside this one. */
import { ARBITER } from "./arbiter.ts";
import { ATTEMPTS } from "./attempts.ts";
import { DURABILITY } from "./durability.ts";
import { GUARDS } from "./guards.ts";
import { LEASES } from "./leases.ts";
import type { Mutant } from "./mutant.ts";
import { ROLLBACK } from "./rollback.ts";

export const MUTANTS: readonly Mutant[] = [
  ...DURABILITY,
  ...LEASES,
  ...ARBITER,
  ...ATTEMPTS,
  ...GUARDS,
  ...ROLLBACK,
];
