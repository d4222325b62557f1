/**
 * Mutant: one line of the real sources, broken. The simulator is worth what it finds, so each of these has to be
 * found by some promise within the standard seeds; a mutant whose text the source no longer has fails the build.
 */
export interface Mutant {
  readonly name: string;
  /** What goes wrong because of it. */
  readonly harm: string;
  /** From the root of the package. */
  readonly path: string;
  /** Stands in the file exactly once. */
  readonly text: string;
  readonly broken: string;
}
