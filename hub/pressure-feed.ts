/**
 * Pressure feed: what nodes say of their pressure, to whoever watches, as it is said. Crossings come from the
 * journal, once they are durable and in their order; the figures between them from telemetry, which is lossy.
 * Costs nothing while nobody watches.
 */
import { assertNever } from "../shared/invariant.ts";
import type { TelemetryFrame } from "../shared/model/messages.ts";
import { levelOf, type Watched } from "../shared/policy/pressure.ts";
import type { RecentEvents } from "./recent-events.ts";

export interface ToldPressure<Kind> {
  readonly kind: Kind;
  readonly node: string;
  readonly resource: string;
  readonly level: string;
  readonly ratio: number;
  /** UUID; null for what is not a card, and where several cards speak as one. */
  readonly gpu: string | null;
}

/** Nothing more is heard of a node until it attaches again. */
export interface ToldLoss {
  readonly kind: "lost";
  readonly node: string;
  readonly reason: string;
}

export type Told = ToldPressure<"crossing"> | ToldPressure<"update"> | ToldLoss;

export interface PressureFeed {
  /** A frame of a live session. */
  frame(node: string, frame: TelemetryFrame): void;
  /** Hears everything from now on; returns how to stop. */
  follow(listener: (told: Told) => void): () => void;
}

export function createPressureFeed(recent: RecentEvents): PressureFeed {
  const listeners = new Set<(told: Told) => void>();
  const levels = new Map<string, string>();
  const tell = (told: Told): void => {
    for (const listener of listeners) listener(told);
  };
  let stopEvents = (): void => {};
  const followEvents = (): (() => void) =>
    recent.follow(({ event }) => {
      if (event.kind === "node.detached") tell({ kind: "lost", node: event.node, reason: event.reason });
      if (event.kind !== "node.crossed") return;
      const { node, resource, level, ratio, gpu } = event;
      levels.set(`${node} ${resource}`, level);
      tell({ kind: "crossing", node, resource, level, ratio, gpu });
    });
  return {
    frame: (node, frame) => {
      if (listeners.size === 0) return;
      for (const resource of ["gpu", "cpu", "memory"] as const) {
        const figure = figureOf(frame, resource);
        if (figure === null) continue;
        // The thresholds of memory are the node's own: what it said last holds.
        const level = figure.level ?? levels.get(`${node} ${resource}`) ?? levelOf(figure.ratio);
        tell({ kind: "update", node, resource, level, ratio: figure.ratio, gpu: figure.gpu });
      }
    },
    follow: (listener) => {
      if (listeners.size === 0) stopEvents = followEvents();
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stopEvents();
        levels.clear();
      };
    },
  };
}

interface Figure {
  readonly ratio: number;
  /** Null where the frame does not say. */
  readonly level: string | null;
  readonly gpu: string | null;
}

function figureOf(frame: TelemetryFrame, resource: Watched): Figure | null {
  switch (resource) {
    case "gpu": {
      const [card, another] = frame.gpus;
      if (card === undefined) return null;
      const gpu = another === undefined ? card.uuid : null;
      return { ratio: frame.gpuPressure, level: frame.gpuLevel, gpu };
    }
    case "cpu":
      return frame.cpuRatio === null ? null : { ratio: frame.cpuRatio, level: null, gpu: null };
    case "memory":
      return frame.memoryRatio === null ? null : { ratio: frame.memoryRatio, level: null, gpu: null };
    default:
      return assertNever(resource);
  }
}
