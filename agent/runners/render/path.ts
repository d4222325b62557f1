/**
 * Path: closed curves along which one loop of frames carries the formula. Every curve returns to its first
 * point, and whole turns are whole, so that the last frame leads into the first.
 */
import type { PathName } from "./params.ts";
import { cosTurns, sinTurns } from "./wave.ts";

/** Where the path stands. */
export interface PathPoint {
  /** Offsets of the centre and of the zoom, in [-1, 1]. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Swing of the arms to and fro, about [-1, 1]; at a turning point where the loop closes. */
  readonly rock: number;
  /** Arm spacings turned so far; whole at the end of the loop. */
  readonly turn: number;
}

/** The point of a path at `phase` turns; phases 0 and 1 are the same place on every path. */
export function pathAt(path: PathName, phase: number): PathPoint {
  switch (path) {
    case "elliptic":
      return {
        x: cosTurns(phase),
        y: 0.6 * sinTurns(phase),
        z: 0.5 * sinTurns(phase + 0.1),
        rock: cosTurns(phase),
        turn: 0,
      };
    case "oscillatory":
      return {
        x: sinTurns(phase),
        y: 0.3 * sinTurns(2 * phase),
        z: 0.7 * cosTurns(phase),
        rock: 1.3 * cosTurns(phase),
        turn: 0,
      };
    case "weave":
      return {
        x: 0.8 * sinTurns(2 * phase),
        y: 0.8 * sinTurns(phase),
        z: 0.4 * cosTurns(2 * phase),
        rock: 0.8 * cosTurns(phase),
        turn: 0,
      };
    case "screw":
      return {
        x: 0.7 * cosTurns(phase),
        y: 0.7 * sinTurns(phase),
        z: 0.6 * sinTurns(2 * phase),
        rock: 0,
        turn: phase,
      };
  }
}
