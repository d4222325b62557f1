/**
 * Effects: carries out what the core decided once it may leave the process: messages to sessions, the rename
 * of staged outputs into renders/, the operating point into globals.json. Never throws; what fails is logged
 * and, where it must happen in the end, tried again on a later tick.
 */
import { describeError } from "../shared/errors.ts";
import { assertNever } from "../shared/invariant.ts";
import type { Log } from "../shared/log.ts";
import type { ArtifactStore } from "./artifacts/store.ts";
import type { Effect } from "./core/transaction.ts";
import type { Failpoints } from "./failpoint.ts";
import type { Session } from "./service/ports.ts";

export interface EffectsOptions {
  readonly sessions: ReadonlyMap<string, Session>;
  readonly store: Pick<ArtifactStore, "publish" | "discard">;
  /** Writes the operating point of a campaign into globals.json. */
  readonly saveGlobals: (campaign: string, globals: Readonly<Record<string, number>>) => Promise<void>;
  readonly onPublished: (jobId: string) => void;
  readonly log: Log;
  readonly failpoint: Failpoints;
}

export function createEffects(options: EffectsOptions): (effect: Effect) => void {
  const { sessions, store, saveGlobals, onPublished, log, failpoint } = options;
  const publishing = new Set<string>();
  const publish = async (jobId: string, token: number): Promise<void> => {
    if (publishing.has(jobId)) return;
    publishing.add(jobId);
    try {
      failpoint("before-publish");
      await store.publish(token, jobId);
      failpoint("before-published");
      onPublished(jobId);
    } finally {
      publishing.delete(jobId);
    }
  };
  const attempt = (what: string, work: Promise<unknown>): void => {
    work.catch((error: unknown) =>
      log.error({ event: "effect.failed", what, reason: describeError(error) }, `could not ${what}`),
    );
  };
  return (effect) => {
    switch (effect.kind) {
      case "send":
        sessions.get(effect.sessionId)?.send(effect.message);
        return;
      case "closeSession":
        sessions.get(effect.sessionId)?.close(effect.reason);
        return;
      case "publish":
        return attempt(`publish ${effect.jobId}`, publish(effect.jobId, effect.token));
      case "discard":
        return attempt(`discard staging of token ${effect.token}`, store.discard(effect.token));
      case "saveGlobals":
        return attempt("write globals.json", saveGlobals(effect.campaign, effect.globals));
      default:
        return assertNever(effect);
    }
  };
}
