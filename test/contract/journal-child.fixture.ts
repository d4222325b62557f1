/**
 * A process that appends for ever and prints `durable SEQ` for what it may acknowledge:
 * `node journal-child.mjs ROOT SNAPSHOT_EVERY`.
 */
import { join } from "node:path";
import { openSqliteJournal } from "../../shared/journal/sqlite-journal.ts";
import { type Added, addedAt, type Counter, counter } from "./journal-counter.fixture.ts";

const [, , root = "", snapshotEvery = ""] = process.argv;
const { journal } = await openSqliteJournal<Counter, Added>({
  path: join(root, "journal.db"),
  root,
  workerUrl: new URL("journal-worker.fixture.mjs", import.meta.url),
  decode: counter.decode,
  snapshotEvery: Number(snapshotEvery),
});
let next = journal.durableSeq + 1;
const appendSome = (): void => {
  const events = Array.from({ length: 1 + (next % 13) }, (_, index) => addedAt(next + index));
  next = journal.append(events) + 1;
};
journal.onDurable((seq) => {
  process.stdout.write(`durable ${seq}\n`);
  if (!journal.hasRoom) return;
  appendSome();
  setImmediate(appendSome);
});
process.stdout.write(`durable ${journal.durableSeq}\n`);
appendSome();
