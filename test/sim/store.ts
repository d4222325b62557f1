/**
 * SimStore: the artifact store as the hub sees it: what is staged by token, and what lies in renders/ by job. It
 * outlives the hub. What was begun by a hub that has died since is never finished.
 */
import { FleetError } from "../../shared/errors.ts";
import type { World } from "./world.ts";

export class SimStore {
  readonly staged = new Map<number, string>();
  readonly renders = new Map<string, { readonly token: number; readonly manifestSha256: string }>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** The rename into renders/, some time after it was asked for; asked for again, it changes nothing. */
  publish(token: number, jobId: string, isAlive: () => boolean): Promise<void> {
    return this.#later(isAlive, () => {
      const manifestSha256 = this.staged.get(token) ?? null;
      const published = this.renders.get(jobId)?.manifestSha256 ?? null;
      if (published !== null && (manifestSha256 === null || manifestSha256 === published)) return;
      if (published !== null) throw new FleetError("alreadyExists", `${jobId} holds other outputs`);
      if (manifestSha256 === null) throw new FleetError("notFound", `no committed outputs of token ${token}`);
      this.staged.delete(token);
      this.renders.set(jobId, { token, manifestSha256 });
      this.#world.tell({ kind: "outputs.published", jobId, token, manifestSha256 });
    });
  }

  discard(token: number, isAlive: () => boolean): Promise<void> {
    return this.#later(isAlive, () => void this.staged.delete(token));
  }

  commit(token: number, manifestSha256: string, isAlive: () => boolean): Promise<void> {
    return this.#later(isAlive, () => void this.staged.set(token, manifestSha256));
  }

  reap(isAwaited: (token: number) => boolean): void {
    for (const token of [...this.staged.keys()]) if (!isAwaited(token)) this.staged.delete(token);
  }

  #later<T>(isAlive: () => boolean, work: () => T): Promise<T> {
    const world = this.#world;
    return new Promise((resolve, reject) => {
      world.after(world.around(world.options.fileMs), "hub.file", "hub", () => {
        if (!isAlive()) return false;
        world.isAwaited = true;
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
        return true;
      });
    });
  }
}
