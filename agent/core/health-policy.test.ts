import { describe, expect, it } from "vitest";
import { xidAction, xidRule } from "./health-policy.ts";

describe("xidRule", () => {
  it.each([
    ["app-fault", [13, 31, 43, 45, 68]],
    ["drain", [46, 48, 62, 64, 74, 92, 94, 109, 119, 120, 122, 123, 124, 125, 140, 143, 154]],
    ["quarantine", [79, 95]],
    ["schedule-reset", [63]],
    ["note", [1, 999]],
  ] as const)("asks for %s at %j", (action, codes) => {
    for (const code of codes) expect(xidRule(code).action).toBe(action);
  });

  it("drains for a changed recovery action unless it changed to none", () => {
    const report = { pciAddress: "0000:01:00.0", code: 154, pid: null };
    const changed = "GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)";
    const cured = "GPU recovery action changed from 0x1 (GPU Reset Required) to 0x0 (None)";
    expect(xidAction({ ...report, detail: changed })).toBe("drain");
    expect(xidAction({ ...report, detail: cured })).toBe("note");
  });
});
