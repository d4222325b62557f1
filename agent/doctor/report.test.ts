import { describe, expect, it } from "vitest";
import { fail, note, ok } from "./finding.ts";
import { drawReport, type Report, reportJson, reportMarkdown, summaryOf } from "./report.ts";

const REPORT: Report = {
  ...{ host: "box", system: "Linux 6.8 arm64", version: "1.2.3", root: "/r", nodes: ["alpha"], wallMs: 0 },
  findings: [
    ok("box.node", "Node 20"),
    note("gpu.mig", "MIG is on", { evidence: ["GPU-a: Enabled"] }),
    fail("gpu.driver", "no driver", { cure: "sudo modprobe nvidia" }),
  ],
};

describe("drawReport", () => {
  it("groups findings, worst first, evidence indented, the cure behind an arrow", () => {
    expect(drawReport(REPORT, false)).toEqual([
      "box · Linux 6.8 arm64 · spiral 1.2.3 · node alpha · root /r",
      "",
      "GPU",
      "  ✗ no driver",
      "    → sudo modprobe nvidia",
      "  · MIG is on",
      "      GPU-a: Enabled",
      "",
      "Box",
      "  ✓ Node 20",
      "",
      "1 failure, 0 warnings, 1 note, 1 well",
    ]);
  });

  it("colours for a terminal only, and lets nothing from the box drive it", () => {
    const findings = [ok("box.node", "evil\u001b[2J")];
    expect(drawReport({ ...REPORT, findings }, false).join("\n")).not.toContain("\u001b");
    expect(drawReport({ ...REPORT, findings }, true).join("\n")).not.toContain("\u001b[2J");
    expect(drawReport({ ...REPORT, findings }, true).join("\n")).toContain("\u001b[32m✓\u001b[0m");
  });
});

describe("reportJson", () => {
  it("is one object with the worst severity beside the findings", () => {
    expect(JSON.parse(reportJson(REPORT))).toEqual({ ...REPORT, worst: "fail" });
  });
});

describe("reportMarkdown", () => {
  it("shows every finding with its id", () => {
    const text = reportMarkdown(REPORT);
    expect(text).toContain("## GPU\n\n- **FAILURE** no driver (`gpu.driver`)\n  - → sudo modprobe nvidia\n");
    expect(text).toContain("1970-01-01 00:00:00 UTC");
  });

  it("lets no text of the box become a link or a heading", () => {
    const findings = [ok("box.node", "[x](http://evil)\n# head <b>")];
    expect(reportMarkdown({ ...REPORT, findings })).toContain("\\[x\\](http://evil) # head \\<b\\>");
  });
});

describe("summaryOf", () => {
  it("counts nothing as nothing", () => {
    expect(summaryOf([])).toBe("0 failures, 0 warnings, 0 notes, 0 well");
  });
});
