/** The hub with the failpoints wired: `serve --root ROOT --port N --timing-scale S`. */
import { parseArgs } from "node:util";
import { loadHubConfig } from "../../hub/config.ts";
import { openHub } from "../../hub/hub.ts";
import { systemClock } from "../../shared/clock.ts";
import { createLog } from "../../shared/log.ts";
import { createFailpoints } from "./failpoint.fixture.ts";

const text = { type: "string" } as const;
const { values } = parseArgs({
  allowPositionals: true,
  options: { root: text, port: text, "timing-scale": text },
});
const { root = "", port = "0", "timing-scale": timingScale = "1" } = values;
const config = await loadHubConfig({ root, port, timingScale }, {});
const hub = await openHub({
  config,
  log: createLog({ level: config.logLevel, destination: process.stdout }),
  clock: systemClock,
  version: "test",
  workerUrl: new URL("./failpoint-worker.fixture.mjs", import.meta.url),
  onFatal: () => process.exit(70),
  failpoint: createFailpoints(root),
  snapshotEvery: 20,
});
process.on("SIGTERM", () => void hub.stop().then(() => process.exit(0)));
