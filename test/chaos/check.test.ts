import { describe, expect, it } from "vitest";
import { checkHistory } from "./check.ts";
import { START_SLACK_MS } from "./checks/down.ts";
import type { DownSpan, History, JournalLine, RunLine } from "./history.ts";

const MANIFEST = "5f".repeat(32);

/** Lines of a journal in this order; `seq` and `wallMs` are not for the tests to count. */
function journalOf(...lines: readonly Record<string, unknown>[]): readonly JournalLine[] {
  return lines.map((line, at) => ({ seq: at + 1, wallMs: 0, kind: "", ...line }));
}

const submitted = (jobId: string, key: string) => ({ kind: "job.submitted", jobId, key: `chaos/${key}` });
const leased = (jobId: string, token: number, node = "alpha") => ({ kind: "job.leased", jobId, token, node });
const succeeded = (jobId: string, token: number, manifestSha256: string | null = null) => ({
  kind: "job.succeeded",
  jobId,
  token,
  manifestSha256,
});
const published = (jobId: string) => ({ kind: "job.published", jobId });
const attemptEnded = (jobId: string, token: number, state = "pending", isBurned = false) => ({
  kind: "attempt.ended",
  jobId,
  token,
  isBurned,
  detail: "it ended",
  next: { state },
});
const desired = (state: string) => ({ kind: "desired.changed", state });

const start = (key: string, token: number, atMs: number, changes: Partial<RunLine> = {}): RunLine => ({
  ...{ kind: "start", key, token, atMs, node: "alpha", pid: token, how: "alone" },
  ...changes,
});
const end = (key: string, token: number, atMs: number): RunLine =>
  start(key, token, atMs, { kind: "end", how: "ok" });

/** Job 1 was lost once and then done with an output, job 2 was done at once; the fleet was down for a while. */
const GOOD_JOURNAL = [
  submitted("job-1", "a"),
  leased("job-1", 1),
  submitted("job-2", "b"),
  attemptEnded("job-1", 1),
  desired("down"),
  desired("up"),
  leased("job-1", 2),
  leased("job-2", 3),
  succeeded("job-1", 2, MANIFEST),
  published("job-1"),
  succeeded("job-2", 3),
];

const GOOD_DOWN: DownSpan = {
  name: "down",
  askedMs: 1_000,
  acknowledgedMs: 1_010,
  latchedMs: { alpha: 1_020 },
  goneMs: 1_500,
  boundMs: 2_000,
  liftedMs: 9_000,
};

const GOOD: History = {
  submits: [
    { key: "a", invokedMs: 100, acknowledgedMs: 110, jobIds: ["job-1", "job-1"] },
    { key: "b", invokedMs: 120, acknowledgedMs: 130, jobIds: ["job-2"] },
    { key: "never answered", invokedMs: 140, acknowledgedMs: null, jobIds: [] },
  ],
  runs: [
    start("a", 1, 200),
    start("a", 2, 9_100),
    end("a", 2, 9_200),
    start("b", 3, 9_100),
    end("b", 3, 9_300),
  ],
  journal: journalOf(...GOOD_JOURNAL),
  renders: [{ jobId: "job-1", written: { key: "a", token: 2 } }],
  downs: [GOOD_DOWN],
  killedTokens: new Set(),
  totals: { succeeded: 2, failed: 0, cancelled: 0, quarantined: 0, published: 1 },
};

/** The good journal with other lines in the place of one. */
function replacing(at: number, ...lines: readonly Record<string, unknown>[]): readonly JournalLine[] {
  return journalOf(...GOOD_JOURNAL.slice(0, at), ...lines, ...GOOD_JOURNAL.slice(at + 1));
}

function adding(...lines: readonly Record<string, unknown>[]): readonly JournalLine[] {
  return journalOf(...GOOD_JOURNAL, ...lines);
}

interface Bad {
  readonly name: string;
  readonly change: Partial<History>;
  readonly broken: string;
}

const [firstSubmit, secondSubmit] = GOOD.submits;

const BAD: readonly Bad[] = [
  {
    name: "an acknowledged job that the journal does not know",
    change: { submits: [...GOOD.submits, { key: "c", invokedMs: 1, acknowledgedMs: 2, jobIds: ["job-3"] }] },
    broken: "lost/kept",
  },
  {
    name: "an acknowledgement that names another client's job",
    change: { submits: [{ key: "c", invokedMs: 1, acknowledgedMs: 2, jobIds: ["job-1"] }] },
    broken: "lost/kept",
  },
  {
    name: "an acknowledged job without an end",
    change: { journal: journalOf(...GOOD_JOURNAL.slice(0, -1)) },
    broken: "lost/ended",
  },
  {
    name: "one key that became two jobs in the journal",
    change: { journal: adding(submitted("job-3", "a")) },
    broken: "duplicated/one key",
  },
  {
    name: "one key that was acknowledged as two jobs",
    change: { submits: [{ key: "a", invokedMs: 100, acknowledgedMs: 110, jobIds: ["job-1", "job-2"] }] },
    broken: "duplicated/one key",
  },
  {
    name: "a job that nobody has asked for",
    change: { journal: adding(submitted("job-3", "c")) },
    broken: "duplicated/phantom",
  },
  {
    name: "a journal that turns round what clients saw",
    change: {
      submits: [
        { key: "a", invokedMs: 120, acknowledgedMs: 130, jobIds: ["job-1"] },
        { key: "b", invokedMs: 100, acknowledgedMs: 110, jobIds: ["job-2"] },
      ],
    },
    broken: "order/journal order",
  },
  {
    name: "a number that is missing from the journal",
    change: { journal: GOOD.journal.map((line) => (line.seq < 6 ? line : { ...line, seq: line.seq + 1 })) },
    broken: "order/no hole",
  },
  {
    name: "a number that is twice in the journal",
    change: { journal: GOOD.journal.map((line) => (line.seq < 6 ? line : { ...line, seq: line.seq - 1 })) },
    broken: "order/no hole",
  },
  {
    name: "a hub that counts otherwise than its journal",
    change: { totals: { ...GOOD.totals, succeeded: 3 } },
    broken: "order/totals",
  },
  {
    name: "a process that met another of its job",
    change: { runs: [...GOOD.runs.slice(1), start("a", 1, 200, { how: "crowded" })] },
    broken: "duplicated/one process",
  },
  {
    name: "a process that ended after the next of its job began",
    change: { runs: [...GOOD.runs, end("a", 1, 9_150)] },
    broken: "duplicated/one process",
  },
  {
    name: "a token that was started twice",
    change: { runs: [...GOOD.runs, start("b", 3, 9_400)] },
    broken: "duplicated/one process",
  },
  {
    name: "a process without a lease",
    change: { runs: [...GOOD.runs, start("a", 99, 9_400)] },
    broken: "fencing/lease",
  },
  {
    name: "a process under the lease of another job",
    change: { runs: [...GOOD.runs, start("a", 3, 9_400)] },
    broken: "fencing/lease",
  },
  {
    name: "a process on another node than its lease",
    change: { runs: [start("b", 3, 9_100, { node: "beta" })] },
    broken: "fencing/lease",
  },
  {
    name: "a job that succeeded twice",
    change: { journal: adding(succeeded("job-2", 3)) },
    broken: "duplicated/ended once",
  },
  {
    name: "a job that was granted after its success",
    change: { journal: adding(leased("job-2", 4)) },
    broken: "duplicated/ended once",
  },
  {
    name: "a job that was cancelled after its success",
    change: { journal: adding({ kind: "job.cancelled", jobId: "job-2" }) },
    broken: "duplicated/ended once",
  },
  {
    name: "a token that was granted twice",
    change: { journal: replacing(7, leased("job-2", 2)) },
    broken: "fencing/tokens",
  },
  {
    name: "tokens that fall",
    change: { journal: replacing(1, leased("job-1", 7)) },
    broken: "fencing/tokens",
  },
  {
    name: "a success of a stale token",
    change: { journal: replacing(8, succeeded("job-1", 1, MANIFEST)) },
    broken: "fencing/tokens",
  },
  {
    name: "a second lease of a job while the first is live",
    change: { journal: replacing(3, leased("job-1", 2)) },
    broken: "fencing/tokens",
  },
  {
    name: "blame for what nobody has done",
    change: { journal: replacing(3, attemptEnded("job-1", 1, "pending", true)) },
    broken: "lost/blame",
  },
  {
    name: "outputs that were published twice",
    change: { journal: adding(published("job-1")) },
    broken: "doubly published/published once",
  },
  {
    name: "outputs that were published without a success",
    change: { journal: adding(published("job-2")) },
    broken: "doubly published/published once",
  },
  {
    name: "promised outputs that are nowhere",
    change: { renders: [] },
    broken: "lost/published",
  },
  {
    name: "a directory that nobody published",
    change: { renders: [...GOOD.renders, { jobId: "job-2", written: { key: "b", token: 3 } }] },
    broken: "doubly published/published once",
  },
  {
    name: "published bytes of a lost token",
    change: { renders: [{ jobId: "job-1", written: { key: "a", token: 1 } }] },
    broken: "doubly published/published once",
  },
  {
    name: "published bytes of another job",
    change: { renders: [{ jobId: "job-1", written: { key: "b", token: 2 } }] },
    broken: "doubly published/published once",
  },
  {
    name: "a published directory without its output",
    change: { renders: [{ jobId: "job-1", written: null }] },
    broken: "doubly published/published once",
  },
  {
    name: "a lease that was granted while the fleet was down",
    change: { journal: replacing(5, leased("job-1", 2)) },
    broken: "down/granted",
  },
  {
    name: "a process that started on a latched node",
    change: { runs: [...GOOD.runs, start("a", 1, 1_021 + START_SLACK_MS)] },
    broken: "down/started",
  },
  {
    name: "a process that started on a node nobody had heard of, after the bound",
    change: { downs: [{ ...GOOD_DOWN, latchedMs: {} }], runs: [start("a", 1, 3_001)] },
    broken: "down/started",
  },
  {
    name: "a down that took too long",
    change: { downs: [{ ...GOOD_DOWN, goneMs: 3_001 }] },
    broken: "down/bound",
  },
  {
    name: "a down that never ended",
    change: { downs: [{ ...GOOD_DOWN, goneMs: null }] },
    broken: "down/bound",
  },
];

describe("checkHistory", () => {
  it("finds nothing in a good history", () => {
    expect(firstSubmit?.jobIds).not.toEqual(secondSubmit?.jobIds);
    expect(checkHistory(GOOD)).toEqual([]);
  });

  it("finds nothing in an empty one", () => {
    const empty = { submits: [], runs: [], journal: [], renders: [], downs: [], totals: {} };
    expect(checkHistory({ ...empty, killedTokens: new Set() })).toEqual([]);
  });

  it("accepts blame for a process that was killed on purpose", () => {
    const journal = replacing(3, attemptEnded("job-1", 1, "pending", true));
    expect(checkHistory({ ...GOOD, journal, killedTokens: new Set([1]) })).toEqual([]);
  });

  it("accepts a first line that an agent had let go just before it latched", () => {
    const runs = [start("a", 1, 1_019 + START_SLACK_MS), ...GOOD.runs.slice(1)];
    expect(checkHistory({ ...GOOD, runs, downs: [{ ...GOOD_DOWN, boundMs: 8_000 }] })).toEqual([]);
  });

  it("accepts two submits whose times overlap in either order", () => {
    const submits = GOOD.submits.map((submit) => ({ ...submit, invokedMs: 100 }));
    expect(checkHistory({ ...GOOD, submits })).toEqual([]);
  });

  it.each(BAD)("rejects $name", ({ change, broken }) => {
    const found = checkHistory({ ...GOOD, ...change }).map(({ promise, check }) => `${promise}/${check}`);
    expect(found).toContain(broken);
  });
});
