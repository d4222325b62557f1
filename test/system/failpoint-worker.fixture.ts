/** The journal worker of the hub, with the failpoints wired. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { workerData } from "node:worker_threads";
import { hubJournal } from "../../hub/store/definition.ts";
import { serveJournalWorker } from "../../shared/journal/worker.ts";
import { createFailpoints, isArmed } from "./failpoint.fixture.ts";

const { root } = workerData as { readonly root: string };
const failpoint = createFailpoints(root);

await serveJournalWorker({
  ...hubJournal,
  failpoint,
  projections: (directory, durableSeq) => {
    const files = hubJournal.projections?.(directory, durableSeq);
    if (files === undefined) throw new Error("the hub has projections");
    return {
      ...files,
      flush: () => {
        failpoint("before-projection");
        if (isArmed(root, "torn-projection")) appendFileSync(join(root, "spiral.jsonl"), '{"seq": 9');
        failpoint("torn-projection");
        files.flush();
        failpoint("after-projection");
      },
    };
  },
});
