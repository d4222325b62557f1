/**
 * Checker: one promise that is watched in every world. It listens to happenings and says what was broken; it
 * never changes anything. The name is that of the invariant it watches.
 */
import type { Happening, HappeningOf } from "./happenings.ts";
import type { World } from "./world.ts";

export type Listeners = {
  readonly [Kind in Happening["kind"]]?: (happening: HappeningOf<Kind>) => void;
};

export interface Checker {
  /** Short and stable: failures and mutants are listed by it. */
  readonly name: string;
  /** The promise in one sentence, with the number of its invariant where it has one. */
  readonly promise: string;
  /** It holds as well where an older copy of the journal was put back; absent: it may not. */
  readonly survivesRestore?: true;
  /** Begins to watch a world that has not begun yet. */
  watch(world: World, violate: (detail: string) => void): Listeners;
}
