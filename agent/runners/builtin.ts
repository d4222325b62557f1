/**
 * Built-in runners: present on every node, so that a fresh fleet can prove itself and run its loop without a
 * line of configuration.
 */
import { join } from "node:path";
import { packageRoot } from "../../shared/package-root.ts";
import { parseRunner, type RunnerDefinition } from "./definition.ts";

const DAY_SECONDS = 86_400;
const ENVIRONMENT = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];

/** `sleep` shows how any program is run; `render` and `evaluate` are this very package in a process of its own. */
export function builtinRunners(): readonly RunnerDefinition[] {
  return [
    {
      name: "sleep",
      argv: ["sleep", "{params.seconds}"],
      params: { seconds: { type: "number", min: 0, max: DAY_SECONDS } },
      envAllow: ENVIRONMENT,
    },
    { name: "render", argv: own("render"), params: null, lane: "gpu", envAllow: ENVIRONMENT },
    { name: "evaluate", argv: own("evaluate"), params: null, lane: "cpu", nice: 10, envAllow: ENVIRONMENT },
  ].map((definition) => parseRunner(definition, `built-in runner ${definition.name}`));
}

/** Runs `spiral-agent runner NAME` in the attempt's directory, whatever way this agent was started. */
function own(name: string): readonly string[] {
  return [process.execPath, join(packageRoot(), "bin", "spiral-agent.mjs"), "runner", name];
}
