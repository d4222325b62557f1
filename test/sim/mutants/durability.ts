/** Mutants of what makes things durable: the outbox of the hub's engine, recovery, and what is told too early. */
import type { Mutant } from "./mutant.ts";

export const DURABILITY: readonly Mutant[] = [
  {
    name: "effects-at-once",
    harm: "grants, renames and answers leave before their events are durable",
    path: "hub/engine.ts",
    text: "if (held.length === 0 && lastSeq <= journal.durableSeq) run();",
    broken: "if (held.length >= 0) run();",
  },
  {
    name: "release-one-too-many",
    harm: "the outbox lets go of what waits for the next event",
    path: "hub/engine.ts",
    text: "held.findIndex((entry) => entry.seq > durableSeq)",
    broken: "held.findIndex((entry) => entry.seq > durableSeq + 1)",
  },
  {
    name: "read-undurable",
    harm: "a reader is shown what a crash takes back",
    path: "hub/engine.ts",
    text: "return outbox.whenDurable(view());",
    broken: "return view();",
  },
  {
    name: "read-on-full-disk",
    harm: "a reader is shown on a full disk what a crash takes back",
    path: "hub/engine.ts",
    text: "if (!journal.hasRoom && undurable() > 0) throw untold(undurable());",
    broken: "if (!journal.hasRoom) return view();",
  },
  {
    name: "snapshot-ahead",
    harm: "a snapshot claims one event more than it holds",
    path: "shared/journal/shadow.ts",
    text: "return { seq: this.#seq, schemaVersion,",
    broken: "return { seq: this.#seq + 1, schemaVersion,",
  },
  {
    name: "fence-reset",
    harm: "a hub that starts from a snapshot counts its tokens from nothing",
    path: "hub/core/snapshot.ts",
    text: "lastToken: state.lastToken,",
    broken: "lastToken: 0,",
  },
  {
    name: "accepted-forgotten",
    harm: "a snapshot forgets which ends were accepted",
    path: "hub/core/snapshot.ts",
    text: "accepted: [...state.accepted],",
    broken: "accepted: [],",
  },
  {
    name: "key-forgotten",
    harm: "a submit that is repeated makes a second job once the first has begun",
    path: "hub/core/queue/queue.ts",
    text: "if (known !== undefined) return answerRepeated(tx, known, spec);",
    broken:
      'if (known !== undefined && tx.state.jobs.get(known)?.state === "pending") return answerRepeated(tx, known, spec);',
  },
  {
    name: "staging-forgotten",
    harm: "outputs that lie staged are never accepted",
    path: "hub/core/lease.ts",
    text: "if (lease === undefined || jobOf(tx, lease).manifestSha256 === manifestSha256) return;",
    broken: "if (lease === undefined || jobOf(tx, lease).manifestSha256 !== manifestSha256) return;",
  },
  {
    name: "ends-told-once",
    harm: "an end that was said into a stream that broke is never said again",
    path: "agent/core/session.ts",
    text: "for (const attempt of tx.state.attempts.values()) attempt.isSent = false;",
    broken: "",
  },
];
