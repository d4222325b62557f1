/**
 * Many workloads in one process: `node … SOCKET CLIENTS MS SEED`. Each connects for itself, reserves and
 * releases until the time is up, and every tenth then leaves without releasing. Prints what happened as JSON.
 */
import { systemClock } from "../../shared/clock.ts";
import { connectLocal, type LocalClient } from "../../shared/local-client/client.ts";
import { delay } from "../../shared/loop.ts";
import { PRIORITIES, PRIORITY_GATE, type Priority } from "../../shared/model/priority.ts";
import { createRng } from "../../shared/rng.ts";

const [, , socketPath = "", clients = "0", forMs = "0", seed = "0"] = process.argv;
/** Connections made at once; a thousand at the same moment would time out on a busy machine. */
const WAVE = 25;
const MIB = 1024 ** 2;
const counts = { granted: 0, refused: 0, aboveGate: 0, notFreed: 0, failed: 0, left: 0 };
export type LoadCounts = Readonly<typeof counts>;

async function work(client: LocalClient, index: number, untilMs: number): Promise<void> {
  const rng = createRng(`${seed}/${index}`);
  while (true) {
    const priority = PRIORITIES[rng.below(PRIORITIES.length)] as Priority;
    const vramBytes = (1 + rng.below(256)) * MIB;
    const verdict = await client.reserve({ priority, vramBytes, subsystem: "rendering", label: "load" });
    if (verdict.kind === "refused") counts.refused += 1;
    else {
      counts.granted += 1;
      if (verdict.pressure >= PRIORITY_GATE[priority]) counts.aboveGate += 1;
      if (systemClock.bootMs() >= untilMs && index % 10 === 0) {
        counts.left += 1;
        return;
      }
      if ((await client.release(verdict.consumerId)) !== vramBytes) counts.notFreed += 1;
    }
    if (systemClock.bootMs() >= untilMs) return;
  }
}

const all: LocalClient[] = [];
while (all.length < Number(clients)) {
  const wave = Array.from({ length: WAVE }, () => connectLocal(socketPath));
  await Promise.all(wave.map((client) => client.stats()));
  all.push(...wave);
}
process.stdout.write("connected\n");
await new Promise((resolve) => process.stdin.once("data", resolve));
const untilMs = systemClock.bootMs() + Number(forMs);
const fail = (): void => {
  counts.failed += 1;
};
await Promise.all(all.map((client, index) => work(client, index, untilMs).catch(fail)));
process.stdout.write(`${JSON.stringify(counts)}\n`);
// Long enough for the output to leave; what is still held ends with this process.
await delay(50);
process.exit(0);
