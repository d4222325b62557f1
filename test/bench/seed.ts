/**
 * Seed: a journal as a hub would have left it, written through the real journal in seconds instead of hours:
 * `node seed.mjs OPTIONS` with OPTIONS as JSON. A clean end leaves a snapshot; a crash leaves the tail.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { EventBody, HubEvent } from "../../hub/core/event.ts";
import { createSoftState } from "../../hub/core/soft.ts";
import { createHubState, type HubState } from "../../hub/core/state.ts";
import { transact } from "../../hub/core/transaction.ts";
import { hubJournal } from "../../hub/store/definition.ts";
import { openSqliteJournal } from "../../shared/journal/sqlite-journal.ts";
import type { JobSpec } from "../../shared/model/job.ts";
import { createTiming } from "../../shared/model/timing.ts";
import { CONTROL } from "../helpers/hub-world.ts";

export interface SeedOptions {
  readonly root: string;
  readonly programDir: string;
  readonly jobs: number;
  /** Attempts that each job has behind it, lost with their node; every other job then succeeds in one more. */
  readonly attempts: number;
  readonly isCrash: boolean;
}

const GIB = 1024 ** 3;
/** Events handed over before the journal is waited for. */
const GROUP = 4096;

const SPEC: JobSpec = {
  kind: "task",
  runner: "bench",
  params: { seed: 7 },
  priority: "batch",
  lane: "gpu",
  vramBytes: GIB,
  subsystem: "rendering",
  producer: "bench",
  campaign: null,
  node: null,
  maxRuntimeMs: 60_000,
  maxAttempts: 4,
  delayMs: 0,
  onHubLoss: "stop",
  inputs: [],
};

function* eventsOf({ jobs, attempts }: SeedOptions): Generator<EventBody> {
  const by = { actor: "bench", reason: "bench" };
  yield { kind: "control.loaded", document: CONTROL };
  yield { kind: "desired.changed", state: "up", generation: 1, waived: [], ...by };
  let token = 0;
  for (let index = 1; index <= jobs; index++) {
    const jobId = `j_${String(index).padStart(6, "0")}`;
    yield { kind: "job.submitted", jobId, key: `bench/seed-${index}`, spec: SPEC, slot: null };
    for (let attempt = 0; attempt < attempts; attempt++) {
      token += 1;
      const node = `bench-${attempt % 50}`;
      yield { kind: "job.leased", jobId, token, node, offlineGraceMs: 0 };
      yield { kind: "job.started", token };
      if (attempt === attempts - 1 && index % 2 === 0) {
        const result = { distance: 0.25 };
        yield {
          kind: "job.succeeded",
          jobId,
          token,
          manifestSha256: null,
          result,
          ranMs: 1000,
          peakVramBytes: GIB,
        };
      } else {
        const end = {
          outcome: "infra-lost",
          detail: "no renewal for 47 s",
          isBurned: false,
          ranMs: 0,
          exitCode: null,
        } as const;
        yield {
          kind: "attempt.ended",
          jobId,
          token,
          node,
          ...end,
          next: { state: "pending", notBeforeMs: 0 },
        };
      }
    }
  }
}

async function seed(options: SeedOptions): Promise<void> {
  const { root, programDir } = options;
  mkdirSync(join(root, "hub"), { recursive: true, mode: 0o700 });
  writeFileSync(join(root, "control.json"), JSON.stringify(CONTROL));
  const { journal } = await openSqliteJournal<HubState, HubEvent>({
    path: join(root, "hub/journal.db"),
    root,
    workerUrl: pathToFileURL(join(programDir, "journal-worker.mjs")),
    decode: hubJournal.decode,
  });
  let wake = (): void => {};
  journal.onDurable(() => wake());
  const core = { state: createHubState(), soft: createSoftState(), timing: createTiming() };
  const times = { bootMs: 0, journalMs: 0, wallMs: Date.now() };
  const source = eventsOf(options);
  for (let isDone = false; !isDone; ) {
    const { events } = transact(core, times, (tx) => {
      for (let taken = 0; taken < GROUP && !isDone; taken++) {
        const next = source.next();
        if (next.done === true) isDone = true;
        else tx.emit(next.value);
      }
    });
    const lastSeq = journal.append(events);
    while (journal.durableSeq < lastSeq) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  if (options.isCrash) process.kill(process.pid, "SIGKILL");
  await journal.close();
}

await seed(JSON.parse(process.argv[2] ?? "{}"));
process.exit(0);
