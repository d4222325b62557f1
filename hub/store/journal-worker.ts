/** The hub's journal worker: the thread that waits for the disk so that the main loop never does. */
import { workerData } from "node:worker_threads";
import { serveJournalWorker } from "../../shared/journal/worker.ts";
import { hubJournal } from "./definition.ts";

if ("postgres" in workerData) {
  // Loaded here: the embedded journal starts without it.
  const { servePostgresWorker } = await import("./postgres/worker.ts");
  await servePostgresWorker(hubJournal);
} else {
  await serveJournalWorker(hubJournal);
}
