/**
 * Peer load: the workers of the queues that P2 is measured beside, as `load.ts` is for ours. Plain JavaScript,
 * because `peers.ts` copies it to where its imports are installed, out of reach of the bundler and the compiler.
 */
import { Queue, Worker } from "bullmq";
import { Logger, makeWorkerUtils, run } from "graphile-worker";

const FILL = 1_000;
const SILENT = new Logger(() => () => {});
/** What its manual names for many fast jobs: 500 claimed at once, completions of a moment in one statement. */
const TUNED = { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };

/** One worker, one job, one connection for its commands and one that it waits on. */
async function bullmq({ port, workers, pending, warmMs, ms }) {
  const connection = { host: "127.0.0.1", port };
  const queue = new Queue("bench", { connection });
  const opts = { removeOnComplete: true, removeOnFail: true };
  for (let waiting = await queue.getWaitingCount(); waiting < pending; waiting += FILL) {
    await queue.addBulk(Array.from({ length: FILL }, () => ({ name: "noop", data: { seed: 7 }, opts })));
  }
  let completed = 0;
  let failure = null;
  const crew = Array.from({ length: workers }, () => {
    const worker = new Worker("bench", async () => {}, { connection });
    worker.on("completed", () => {
      completed += 1;
    });
    worker.on("error", (error) => {
      failure ??= error;
    });
    return worker;
  });
  const perSecond = await rateOf(async () => completed, { warmMs, ms });
  await Promise.all(crew.map((worker) => worker.close()));
  const left = await queue.getWaitingCount();
  await queue.close();
  if (failure !== null) throw failure;
  return { perSecond, left };
}

/** Counts what has left the table, so that a completion counts when it is durable. */
async function graphile({ address, workers, isTuned, pending, warmMs, ms }) {
  const utils = await makeWorkerUtils({ connectionString: address, logger: SILENT });
  await utils.migrate();
  const ask = (text) => utils.withPgClient(async (client) => Number((await client.query(text)).rows[0].n));
  const spec = `json_populate_record(null::graphile_worker.job_spec, '{"identifier":"noop","payload":{"seed":7}}')`;
  const specs = `array(SELECT ${spec} FROM generate_series(1, ${pending}))`;
  await ask(`SELECT count(*) AS n FROM graphile_worker.add_jobs(${specs})`);
  await utils.withPgClient((client) => client.query("VACUUM ANALYZE graphile_worker._private_jobs"));
  const countLeft = () => ask("SELECT count(*) AS n FROM graphile_worker._private_jobs");
  const runner = await run({
    connectionString: address,
    noHandleSignals: true,
    logger: SILENT,
    taskList: { noop: async () => {} },
    preset: { worker: { concurrentJobs: workers, ...(isTuned ? TUNED : {}) } },
  });
  const perSecond = await rateOf(async () => pending - (await countLeft()), { warmMs, ms });
  await runner.stop();
  const left = await countLeft();
  await utils.release();
  return { perSecond, left };
}

/** Jobs a second between the end of the warm-up and the end of the span. */
async function rateOf(countDone, { warmMs, ms }) {
  await sleep(warmMs);
  const before = await countDone();
  const startMs = performance.now();
  await sleep(ms);
  const done = (await countDone()) - before;
  return (1000 * done) / (performance.now() - startMs);
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const OPS = { bullmq, graphile };

process.on("disconnect", () => process.exit(0));
process.on("message", ({ id, op, options }) => {
  OPS[op](options).then(
    (answer) => process.send({ id, answer }),
    (error) => process.send({ id, error: error.stack ?? String(error) }),
  );
});
process.send({ ready: true });
