/** The local gate of one simulated card as a process of its own: `node local-server.mjs SOCKET`. */

import { LOCAL_GATE_TIMES, startLocalGate } from "../../agent/local/gate.ts";
import { createLedgerDesk } from "../../agent/local/ledger-desk.ts";
import { createResources } from "../../agent/local/resources.ts";
import { systemProcesses } from "../../agent/process/proc.ts";
import { systemClock } from "../../shared/clock.ts";
import { createLog } from "../../shared/log.ts";
import { openCard } from "./card.ts";

const nowMs = systemClock.bootMs;
const cards = new Map([["GPU-bench", openCard(20, nowMs())]]);
const host = {
  cpuRatio: 0,
  memoryTotalBytes: 1,
  memoryAvailableBytes: 1,
  swapTotalBytes: 0,
  swapUsedBytes: 0,
  memoryStallPercent: null,
};
await startLocalGate({
  socketPath: process.argv[2] ?? "",
  groupId: null,
  policy: { uids: [], gids: [] },
  desk: createLedgerDesk({
    cards: () => cards,
    isGpuExpected: () => true,
    identityOf: () => ({ name: "a card", source: "nvml" }),
    nowMs,
    resources: createResources({
      host: () => host,
      processes: systemProcesses,
      vramByPid: () => new Map(),
      nowMs,
    }),
    onBudgetSet: () => {},
  }),
  processes: systemProcesses,
  nowMs,
  log: createLog({ level: "info", destination: process.stderr }),
  ...LOCAL_GATE_TIMES,
});
process.on("disconnect", () => process.exit(0));
process.send?.({ port: 0 });
