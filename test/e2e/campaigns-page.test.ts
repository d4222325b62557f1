/** The pair of docs/campaigns.md, as a newcomer copies it: it is read, and what it defines converges. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scoreActuators } from "../../agent/runners/evaluate/score.ts";
import { parseRenderParams } from "../../agent/runners/render/params.ts";
import type { SpineRow } from "../../hub/core/steer/convergence.ts";
import { closeCycle, createSteering, planCycle } from "../../hub/core/steer/cycle.ts";
import type { Scores } from "../../hub/core/steer/distance.ts";
import { parseCalibration, parseControl } from "../../hub/store/document-schema.ts";
import { must } from "../../shared/invariant.ts";
import { parseJson } from "../../shared/json-document.ts";
import { packageRoot } from "../../shared/package-root.ts";

const PAGE = readFileSync(join(packageRoot(), "docs", "campaigns.md"), "utf8");
const [FIRST = "", SECOND = ""] = [...PAGE.matchAll(/```json\n(.*?)```/gs)].map((block) => block[1] ?? "");

function readPair() {
  const control = parseControl("control.json", parseJson("control.json", FIRST));
  const calibration = parseCalibration("calibration.json", parseJson("calibration.json", SECOND));
  const { prompt, seed, campaigns } = control;
  const plan = must(campaigns["harbour"], "the page defines harbour");
  const stop = must(plan.stop, "harbour has stop rules");
  const config = { ...plan, stop, seed: `${seed}/harbour/1`, dimensions: calibration.dimensions };
  const measure = (actuators: Readonly<Record<string, number>>): Scores =>
    scoreActuators(parseRenderParams({ seed, prompt, path: plan.path, ...plan.frame, actuators }));
  return { plan, config, measure };
}

describe("the pair of docs/campaigns.md", () => {
  it("is read as it stands", () => {
    expect(readPair().plan).toMatchObject({ path: "elliptic", jobs: { renderRunner: "render" } });
  });

  it("converges within its budget", { timeout: 60_000 }, () => {
    const { config, measure } = readPair();
    const spine: SpineRow[] = [];
    let state = createSteering(config);
    while ((spine.at(-1)?.rule ?? null) === null) {
      const { state: planned, plan } = planCycle(config, state);
      const scores = {
        point: measure(plan.point),
        candidates: plan.candidates.map(measure),
        gpuSeconds: 0,
      };
      const closed = closeCycle(config, planned, spine, scores);
      state = closed.state;
      spine.push(closed.row);
    }
    expect(spine.at(-1)).toMatchObject({ rule: "target" });
    expect(spine[0]?.distance).toBeGreaterThan(0.05);
    expect(spine.at(-1)?.renders).toBeLessThanOrEqual(25);
  });
});
