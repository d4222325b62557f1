/** The hub's journal worker: the thread that waits for the disk so that the main loop never does. */
import { serveJournalWorker } from "../../shared/journal/worker.ts";
import { hubJournal } from "./definition.ts";

void serveJournalWorker(hubJournal);
