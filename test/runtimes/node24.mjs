/** Node 24: `npm run test:node24 [-- PATH…]`. Runs the unit tests on the newest Node that is supported. */
import { spawnSync } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { PACKAGE_ROOT } from "../../bin/bundle.mjs";
import { installNode } from "./install.mjs";

if (process.arch !== "x64") throw new Error("the pinned Node 24 is one for x64; run npm test with your own");
const node = installNode("x64");
// Launchers and npm start `node` by its name.
const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
const vitest = join(PACKAGE_ROOT, "node_modules/vitest/vitest.mjs");
spawnSync(node, ["--version"], { stdio: "inherit" });
const { status } = spawnSync(node, [vitest, "run", ...process.argv.slice(2)], {
  cwd: PACKAGE_ROOT,
  env,
  stdio: "inherit",
});
process.exitCode = status ?? 1;
