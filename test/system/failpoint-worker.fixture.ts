/** The journal worker of the hub, with the failpoints wired. */
import { workerData } from "node:worker_threads";
import { hubJournal } from "../../hub/store/definition.ts";
import { serveJournalWorker } from "../../shared/journal/worker.ts";
import { createFailpoints } from "./failpoint.fixture.ts";

const { root } = workerData as { readonly root: string };
await serveJournalWorker({ ...hubJournal, failpoint: createFailpoints(root) });
