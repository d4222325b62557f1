/**
 * Delivery: the outputs of finished attempts on their way to the hub, over a connection of their own that comes
 * and goes. What is cut off is tried again until the core breaks it off; what the hub does not want is told.
 */
import { delivered, deliveryFailed } from "../../agent/core/attempt.ts";
import { markStaged, mayUpload, noteUpload } from "../../hub/core/lease.ts";
import type { OutputFile } from "../../shared/model/job.ts";
import type { SimAgent } from "./agent.ts";
import type { HubRun } from "./hub.ts";
import type { World } from "./world.ts";

const PATIENCE_MS = 15_000;

interface Upload {
  readonly token: number;
  /** Also of its answer: an upload that was tried again does not listen to the first. */
  attempt: number;
}

export class Delivery {
  readonly #agent: SimAgent;
  readonly #world: World;
  readonly #underWay = new Map<number, Upload>();

  constructor(agent: SimAgent) {
    this.#agent = agent;
    this.#world = agent.world;
  }

  begin(token: number): void {
    const upload = { token, attempt: 0 };
    this.#underWay.set(token, upload);
    this.#agent.soon(this.#world.around(this.#world.options.fileMs), "agent.result", () => {
      if (this.#underWay.get(token) !== upload) return;
      const record = this.#agent.box.records.get(token);
      if (record?.process?.fate.hasOutputs === true) return this.#try(upload);
      this.#underWay.delete(token);
      const result = record?.job.runner === "evaluate" ? { scores: { d: this.#world.between(0, 0.7) } } : {};
      this.#agent.act((tx) => delivered(tx, token, { manifestSha256: null, result }));
    });
  }

  abandon(token: number): void {
    this.#underWay.delete(token);
  }

  #try(upload: Upload): void {
    const attempt = ++upload.attempt;
    const isPresent = (): boolean =>
      this.#underWay.get(upload.token) === upload && upload.attempt === attempt;
    const again = (waitMs: number): void =>
      this.#agent.soon(waitMs, "agent.upload", () => {
        if (isPresent()) this.#try(upload);
      });
    const { hub } = this.#world;
    const run = hub.run;
    if (run === null || this.#agent.stream === null || this.#agent.box.isCut || hub.isStopped)
      return again(this.#world.timing.reconnectMaxMs);
    again(PATIENCE_MS);
    const { options } = this.#world;
    hub.soon(this.#world.around(options.delayMs * 3), "hub.upload", run, () => {
      if (!this.#agent.box.isCut) this.#receive(run, upload, isPresent);
    });
  }

  /** At the hub: checked, staged, journaled, and only then acknowledged. */
  #receive(run: HubRun, { token }: Upload, isPresent: () => boolean): void {
    const { box } = this.#agent;
    const { core } = run.engine;
    if (core.soft.sessions.get(box.name)?.hello.agentInstance !== this.#agent.core.config.agentInstance)
      return;
    const answer = (tell: () => void): void =>
      this.#agent.soon(this.#world.around(this.#world.options.delayMs), "agent.uploaded", () => {
        if (!isPresent() || box.isCut) return;
        this.#underWay.delete(token);
        tell();
      });
    const refuse = (): void =>
      answer(() => this.#agent.act((tx) => deliveryFailed(tx, token, "infra-lost", "outputs: stale")));
    if (!mayUpload(core, box.name, token)) return refuse();
    run.guard(() => run.engine.act((tx) => noteUpload(tx, box.name, token)));
    const manifestSha256 = manifestOf(token);
    const outputs: OutputFile[] = [{ path: "frames/0", sha256: manifestSha256, bytes: 1 }];
    const { store } = this.#world.hub;
    void store
      .commit(token, manifestSha256, () => run.isAlive)
      .then(() => {
        let durable: Promise<void> = Promise.resolve();
        run.guard(() => {
          durable = run.engine.ask((tx) => markStaged(tx, { token, manifestSha256, outputs }));
        });
        return durable;
      })
      .then(() =>
        answer(() => this.#agent.act((tx) => delivered(tx, token, { manifestSha256, result: {} }))),
      );
  }
}

/** Every attempt leaves other bytes. */
function manifestOf(token: number): string {
  return token.toString(16).padStart(64, "0");
}
