/** A fleet of gated nodes and a queue, for tests of what has to leave for what. */

import { detach } from "../../hub/core/nodes/session.ts";
import { PREEMPT_POLICY } from "../../hub/core/placement/victims.ts";
import { submitJob } from "../../hub/core/queue/queue.ts";
import { whyJob } from "../../hub/core/why/why.ts";
import { GatedNode, type GatedNodeOptions } from "./gated-node.ts";
import { type HubWorld, specOf, upWorld } from "./hub-world.ts";

export const GIB = 1024 ** 3;
/** More than an attempt is protected for. */
export const LONG_MS = PREEMPT_POLICY.minRuntimeMs + 1_000;
export const HOUR_MS = 3_600_000;

export class Scene {
  readonly world: HubWorld = upWorld();
  readonly nodes: GatedNode[] = [];

  /** The node that is attached from the start leaves, so that only gated ones take work. */
  constructor() {
    this.world.do((tx) => detach(tx, "alpha", "session-alpha", "not of this scene"));
    this.world.nowMs += 60_000;
  }

  node(name: string, options: Partial<GatedNodeOptions> = {}): GatedNode {
    const node = new GatedNode(this.world, name, {
      ...{ cards: 1, gpuSlots: 4, runsMs: () => HOUR_MS, stopsMs: 2_000 },
      ...options,
    });
    this.nodes.push(node);
    node.step();
    return node;
  }

  submit(key: string, changes: Parameters<typeof specOf>[0] = {}): string {
    const result = this.world.do((tx) => submitJob(tx, key, specOf({ maxRuntimeMs: null, ...changes })));
    if (result.kind === "refused") throw new Error(result.reason);
    return result.jobId;
  }

  pass(ms: number, stepMs = 500): void {
    const endMs = this.world.nowMs + ms;
    while (this.world.nowMs < endMs) {
      this.world.pass(stepMs);
      for (const node of this.nodes) node.step();
    }
  }

  job(jobId: string) {
    const job = this.world.core.state.jobs.get(jobId);
    if (job === undefined) throw new Error(`no job ${jobId}`);
    return job;
  }

  why(jobId: string) {
    return whyJob(this.world.core, this.job(jobId), this.world.now());
  }

  preempted(): readonly string[] {
    return this.world.events.flatMap((event) => (event.kind === "job.preempted" ? [event.jobId] : []));
  }
}

/** One card, full of batch as far as its gate lets it (0.5 of usable), and long enough. */
export function fullScene(): { scene: Scene; batch: readonly string[]; node: GatedNode } {
  const scene = new Scene();
  const node = scene.node("beta");
  const batch = ["a", "b"].map((key) => scene.submit(key, { vramBytes: 20 * GIB }));
  scene.pass(LONG_MS);
  return { scene, batch, node };
}

/** Needs more than the interactive gate leaves beside 40 GiB of batch. */
export const BIG = { priority: "interactive", vramBytes: 40 * GIB } as const;
