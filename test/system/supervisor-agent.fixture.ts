/**
 * A process that starts attempts and then only supervises, to be killed: `node … DIRECTORY REQUESTS`, the
 * requests as JSON. Prints `started` when all of them run.
 */

import { createSupervisor } from "../../agent/process/supervisor.ts";
import type { StartRequest } from "../../agent/process/supervisor-port.ts";
import { systemClock } from "../../shared/clock.ts";
import { createLoop } from "../../shared/loop.ts";

const [, , attemptsDirectory = "", requests = "[]"] = process.argv;
const fail = (error: unknown): never => {
  throw error;
};
const supervisor = createSupervisor({
  attemptsDirectory,
  clock: systemClock,
  timing: { shimTickMs: 100, termGraceMs: 300, proofMs: 1_000 },
  onError: fail,
});
await supervisor.adopt();
for (const request of JSON.parse(requests) as readonly StartRequest[]) await supervisor.start(request);
createLoop({ everyMs: 20, run: () => supervisor.tick(), onError: fail });
process.stdout.write("started\n");
