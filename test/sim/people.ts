/**
 * People: operators and programs that submit, look, cancel and command, and what they were told. A request that
 * gets no answer may have been carried out or not; who asks again uses the same key.
 */

import { type DesiredRequest, setDesired } from "../../hub/core/arbiter/desired.ts";
import { clearOverride, setOverride } from "../../hub/core/arbiter/override.ts";
import { armCampaign } from "../../hub/core/campaign.ts";
import { tick } from "../../hub/core/hub.ts";
import { cordon, uncordon } from "../../hub/core/nodes/cordon.ts";
import { giveBack } from "../../hub/core/nodes/health.ts";
import { grantReady } from "../../hub/core/placement/placement.ts";
import { cancelJob, submitJob } from "../../hub/core/queue/queue.ts";
import { isFinished, liveCount } from "../../hub/core/state.ts";
import type { JobSpec } from "../../shared/model/job.ts";
import { PRIORITIES } from "../../shared/model/priority.ts";
import { CAMPAIGN } from "./documents.ts";
import { drawSpec } from "./fate.ts";
import type { HubRun } from "./hub.ts";
import { DEEDS, type Deed } from "./options.ts";
import type { World } from "./world.ts";

/** Among the newest of these one is chosen that another comes after. */
const RECENT_JOBS = 10;

const ACTOR = { actor: "operator", reason: "simulated" };

export class People {
  readonly #world: World;
  /** Every key that was ever sent, answered or not. */
  readonly #specs: { readonly key: string; readonly spec: JobSpec }[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  begin(): void {
    for (const deed of DEEDS) this.#again(deed);
    this.#ask("people.up", 3_000, (run) => this.#desired(run, "up"));
  }

  /** Brings the fleet up and keeps asking until it is. */
  bringUp(): void {
    this.#ask("people.up", 1_000, (run) => {
      const { desired, health, safe } = run.engine.core.state;
      if (desired.state !== "up" || safe?.phase === "rollback") this.#desired(run, "up");
      this.#endServices(run);
      for (const node of [...run.engine.core.state.cordons.keys()])
        run.engine.act((tx) => uncordon(tx, node, ACTOR));
      for (const id of [...run.engine.core.state.overrides.keys()])
        run.engine.act((tx) => clearOverride(tx, id, ACTOR));
      for (const node of health.keys()) run.engine.act((tx) => giveBack(tx, node, "operator", "looked at"));
    });
    this.#world.after(5_000, "people.wait", "ops", () => {
      this.bringUp();
      return true;
    });
  }

  #again(deed: Deed): void {
    const everyMs = this.#world.options.deedMs[deed];
    if (everyMs === 0) return;
    this.#world.after(this.#world.around(everyMs), `people.${deed}`, "ops", () => {
      if (this.#world.isHealed) return false;
      this.#again(deed);
      this.#do(deed);
      return true;
    });
  }

  #do(deed: Deed): void {
    const { rng, boxes } = this.#world;
    switch (deed) {
      case "submit":
        return this.#ask("people.submitted", 0, (run) => this.#submitNew(run));
      case "resubmit": {
        const known = this.#specs[rng.below(this.#specs.length)];
        if (known !== undefined)
          this.#ask("people.resubmitted", 0, (run) => this.#submit(run, known.key, known.spec));
        return;
      }
      case "cancel":
        return this.#ask("people.cancelled", 0, (run) => this.#cancel(run));
      case "read":
        return this.#ask("people.asked", 0, (run) => this.#read(run));
      case "desired":
        return this.#change();
      case "downOnBox": {
        const box = boxes[rng.below(boxes.length)];
        if (box === undefined) return;
        const isDown = box.latch?.by === "local";
        if (isDown) box.latch = null;
        else box.latch = { by: "local", graceMs: rng.below(2) * 10_000, wallMs: 0 };
        return this.#world.tell({ kind: isDown ? "box.unlatched" : "box.latched", box });
      }
      case "cordon":
        return this.#ask("people.cordoned", 0, (run) => this.#cordon(run));
      case "converge":
        return this.#ask("people.converged", 0, (run) => this.#converge(run));
      case "order":
        return this.#ask("people.ordered", 0, (run) => this.#order(run));
    }
  }

  /** Carries a request to the hub; without one it is lost. */
  #ask(what: string, delayMs: number, request: (run: HubRun) => void): void {
    const { hub } = this.#world;
    this.#world.after(delayMs + this.#world.around(this.#world.options.delayMs), what, "ops", () => {
      const { run } = hub;
      if (run === null) return false;
      hub.soon(0, what, run, () => request(run));
      return false;
    });
  }

  #submitNew(run: HubRun, changes: Partial<JobSpec> = {}): void {
    if (liveCount(run.engine.core.state.index) >= this.#world.options.jobs.maxLive) return;
    const key = `k${this.#specs.length}`;
    const spec = { ...this.#perhapsAfter(run, drawSpec(this.#world)), ...changes };
    this.#specs.push({ key, spec });
    this.#submit(run, key, spec);
  }

  /** Some jobs come after one that is there already; whether that can still succeed is the hub's to say. */
  #perhapsAfter(run: HubRun, spec: JobSpec): JobSpec {
    const { options, rng } = this.#world;
    if (!this.#world.may(options.jobs.dependents)) return spec;
    const jobs = [...run.engine.core.state.jobs.keys()].slice(-RECENT_JOBS);
    const needed = jobs[rng.below(jobs.length)];
    return needed === undefined ? spec : { ...spec, after: [needed] };
  }

  /** Keeps new work off a box, ends what it does, or lets it have work again. */
  #cordon(run: HubRun): void {
    const { rng, boxes } = this.#world;
    const node = boxes[rng.below(boxes.length)]?.name ?? "";
    if (run.engine.core.state.cordons.has(node))
      return this.#ignore(run.engine.admit((tx) => uncordon(tx, node, ACTOR)));
    const isDrain = rng.below(2) === 0;
    const request = { node, isDrain, deadlineMs: isDrain ? 10_000 : null, ...ACTOR };
    this.#ignore(run.engine.admit((tx) => cordon(tx, request)));
  }

  /** Wants something at once, or orders the queue about for a while. */
  #order(run: HubRun): void {
    const { rng, boxes } = this.#world;
    const { jobs, overrides } = run.engine.core.state;
    const job = [...jobs.keys()][rng.below(jobs.size)] ?? "";
    const box = boxes[rng.below(boxes.length)]?.name ?? "";
    const priority = PRIORITIES[rng.below(4)] ?? "batch";
    const about = [
      { effect: "priority", subject: "job", name: job, value: priority },
      { effect: "pin", subject: "job", name: job, value: box },
      { effect: "budget", subject: "owner", name: "people", value: `slots:${rng.below(3)}` },
      { effect: "hold", subject: "priority", name: priority },
      { effect: "hold", subject: "node", name: box },
    ] as const;
    const forMs = Math.round(this.#world.between(1_000, 60_000));
    const asked = about[rng.below(about.length)];
    const roll = rng.below(10);
    if (roll < 4)
      return this.#submitNew(run, { kind: "task", priority: "interactive", maxRuntimeMs: 60_000 });
    // Something that stays until it has to leave.
    if (roll < 6) {
      const resident = {
        kind: "service",
        maxRuntimeMs: null,
        priority: roll === 4 ? "interactive" : "batch",
      };
      return this.#submitNew(run, resident as Partial<JobSpec>);
    }
    const [oldest] = overrides.keys();
    if (roll === 9 && oldest !== undefined)
      return this.#ignore(run.engine.ask((tx) => clearOverride(tx, oldest, ACTOR)));
    if (asked !== undefined)
      this.#ignore(run.engine.admit((tx) => setOverride(tx, { until: "", forMs, ...ACTOR, ...asked })));
  }

  #submit(run: HubRun, key: string, spec: JobSpec): void {
    this.#world.isAwaited = true;
    run.engine
      .admit((tx) => {
        const submitted = submitJob(tx, key, spec);
        grantReady(tx);
        return submitted;
      })
      .then(
        (result) => {
          if (result.kind === "refused") return;
          const told = { kind: "submitted", key: `${spec.producer}/${key}`, jobId: result.jobId } as const;
          this.#world.tell({ kind: "told", told });
        },
        () => undefined, // a full disk refuses; a bug has ended the hub
      );
  }

  #cancel(run: HubRun): void {
    const { state } = run.engine.core;
    const jobs = [...state.jobs.values()];
    const job = jobs[this.#world.rng.below(jobs.length)];
    if (job !== undefined) this.#ignore(run.engine.admit((tx) => cancelJob(tx, job, ACTOR)));
  }

  /** Services run for ever; a fleet that is to come to rest has none. */
  #endServices(run: HubRun): void {
    for (const job of run.engine.core.state.jobs.values()) {
      if (job.spec.kind === "service" && !isFinished(job)) run.engine.act((tx) => cancelJob(tx, job, ACTOR));
    }
  }

  #read(run: HubRun): void {
    const { state } = run.engine.core;
    const jobs = [...state.jobs.values()];
    const job = jobs[this.#world.rng.below(jobs.length)];
    if (job === undefined) return;
    this.#world.isAwaited = true;
    const view = () => ({ jobId: job.id, state: job.state, token: job.token });
    void run.engine.read(view).then(
      (seen) => this.#world.tell({ kind: "told", told: { kind: "read", ...seen } }),
      () => undefined, // a full disk refuses
    );
  }

  #change(): void {
    const roll = this.#world.rng.below(10);
    if (roll < 5) return this.#ask("people.up", 0, (run) => this.#desired(run, "up"));
    if (roll < 6) return this.#ask("people.pause", 0, (run) => this.#desired(run, "pause"));
    if (roll < 7) return this.#ask("people.enable", 0, (run) => this.#desired(run, "enable"));
    this.#ask("people.down", 0, (run) => this.#down(run, roll === 9));
    // Somebody brings it up again: a fleet that is down shows nothing else.
    this.#ask("people.up", this.#world.between(1_000, 60_000), (run) => this.#desired(run, "up"));
  }

  #desired(run: HubRun, verb: "enable" | "up" | "pause"): void {
    const { hub } = this.#world;
    const isUp = verb === "up";
    // Where nothing was put back, SAFE is a false alarm, and nobody is to hide it.
    const isRollbackAccepted = isUp && this.#world.options.faultMs.hubRestore > 0;
    const request = { verb, isForced: isUp, isRollbackAccepted, isNow: false, ...ACTOR } as const;
    const done = run.engine.admit((tx) => {
      const result = setDesired(tx, request);
      if (verb === "up" && result.kind !== "refused") hub.latch = null;
      const { state, generation } = tx.state.desired;
      return { result, state, generation };
    });
    this.#told(done);
  }

  /** Told when the latch or the journal holds it. */
  #down(run: HubRun, isNow: boolean): void {
    const { hub, options } = this.#world;
    const request: DesiredRequest = { verb: "down", isForced: false, isNow, ...ACTOR };
    const durable = run.engine.ask((tx) => {
      const result = setDesired(tx, request);
      const { state, generation } = tx.state.desired;
      return { result, state, generation };
    });
    this.#ignore(durable);
    const { state, generation } = run.engine.core.state.desired;
    hub.soon(this.#world.around(options.fileMs), "hub.latch", run, () => {
      hub.latch = "down";
      this.#world.tell({ kind: "told", told: { kind: "desired", state, generation, isNow } });
    });
  }

  #told(
    done: Promise<{
      result: { kind: string };
      state: "disabled" | "down" | "up" | "paused";
      generation: number;
    }>,
  ): void {
    this.#world.isAwaited = true;
    done.then(
      ({ result, state, generation }) => {
        if (result.kind === "refused") return;
        this.#world.tell({ kind: "told", told: { kind: "desired", state, generation, isNow: false } });
      },
      () => undefined,
    );
  }

  #converge(run: HubRun): void {
    this.#ignore(
      run.engine.admit((tx) => {
        const result = armCampaign(tx, CAMPAIGN, this.#world.may(0.3), ACTOR);
        if (result.kind !== "refused") tick(tx);
      }),
    );
  }

  #ignore(done: Promise<unknown>): void {
    this.#world.isAwaited = true;
    done.catch(() => undefined);
  }
}
