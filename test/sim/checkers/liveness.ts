/** Liveness: when faults stop, every job comes to its end and the fleet goes quiet (I10). */
import { whyJob } from "../../../hub/core/why/why.ts";
import type { Checker } from "../checker.ts";
import { isQuiet } from "../quiet.ts";
import type { World } from "../world.ts";

export const liveness: Checker = {
  name: "liveness",
  promise: "I10: when faults stop, every job ends and nothing is left running, waiting or booked",
  survivesRestore: true,
  watch: (world, violate) => ({
    finished: () => {
      if (!isQuiet(world)) violate(`not quiet: ${describe(world)}`);
    },
  }),
};

function describe({ hub, boxes }: World): string {
  const { run } = hub;
  if (run === null) return "the hub is down";
  const { state } = run.engine.core;
  const live = [...state.jobs.values()].filter(({ state: now }) =>
    ["pending", "leased", "running", "finalising"].includes(now),
  );
  const times = run.engine.now();
  const jobs = live.map((job) => {
    const { rule, evidence } = whyJob(run.engine.core, job, times);
    const facts = evidence.map(({ name, value }) => `${name} ${value}`).join(", ");
    return `${job.id} ${job.state} token ${job.token} at ${job.node} (${job.lastDetail}): ${rule} (${facts})`;
  });
  const held = boxes.flatMap(({ name, agent, records, outbox }) => {
    const attempts = [...(agent?.core.state.attempts.values() ?? [])];
    const words = attempts.map(({ job, phase, cause }) => `${job.token} ${phase} ${cause?.detail ?? ""}`);
    return [
      `${name}: attempts [${words.join(", ")}] records [${[...records.keys()]}] outbox [${[...outbox.keys()]}]`,
    ];
  });
  const desired = `${state.desired.state} gen ${state.desired.generation}`;
  return [desired, ...jobs, `unpublished ${[...state.index.unpublished]}`, ...held].join("; ");
}
