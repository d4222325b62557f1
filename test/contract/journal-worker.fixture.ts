/**
 * A journal worker for the counter. Faults are files: `ROOT/fault-POINT` holds `kill`, `throw`, `unwritten`
 * or the number of pages that the database may have.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { workerData } from "node:worker_threads";
import { serveJournalWorker } from "../../shared/journal/worker.ts";
import { projectedCounter } from "./journal-counter.fixture.ts";

const { root } = workerData as { readonly root: string };

await serveJournalWorker({
  ...projectedCounter,
  failpoint(name, database) {
    const file = join(root, `fault-${name}`);
    if (!existsSync(file)) return;
    const fault = readFileSync(file, "utf8");
    if (fault === "kill") process.kill(process.pid, "SIGKILL");
    if (fault === "throw") throw new Error("EIO, as a test wants it");
    // SQLITE_IOERR_WRITE.
    if (fault === "unwritten") throw Object.assign(new Error("disk I/O error"), { errcode: 778 });
    database.exec(`PRAGMA max_page_count = ${Number(fault)}`);
  },
});
