import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FULL_QUERY,
  type GpuQuery,
  isAbsence,
  parseAppRow,
  parseGpuRow,
  queryFields,
  refusedField,
  stepDown,
} from "./fields.ts";

describe("stepDown", () => {
  it("takes the older name of a field, then does without it", () => {
    const first = stepDown(FULL_QUERY, "clocks_event_reasons.active");
    expect(queryFields(first as GpuQuery)).toContain(",clocks_throttle_reasons.active,");
    const second = stepDown(first as GpuQuery, "clocks_throttle_reasons.active");
    expect(queryFields(second as GpuQuery)).not.toContain("reasons");
  });

  it.each(["uuid", "memory.total", "fan.speed"])("has nothing to step down to from %s", (field) => {
    expect(stepDown(FULL_QUERY, field)).toBeNull();
  });
});

describe("refusedField", () => {
  it("reads the driver's complaint and nothing else", () => {
    expect(refusedField('Field "gpu_recovery_action" is not a valid field to query.')).toBe(
      "gpu_recovery_action",
    );
    expect(refusedField("GPU-a, 1, 2")).toBeNull();
  });
});

describe("parseGpuRow", () => {
  it("takes no other line for a row", () => {
    const lines = fc.oneof(
      fc.string(),
      fc.array(fc.string(), { maxLength: 20 }).map((cells) => cells.join(", ")),
    );
    fc.assert(
      fc.property(lines, (line) => {
        expect(parseGpuRow(FULL_QUERY, line)).toBeNull();
      }),
    );
  });

  it("never makes up a figure, whatever the cells hold", () => {
    const cell = fc.oneof(
      fc.constantFrom("[N/A]", "ERR!", "NaN", "-1", "1e9", "0x", "", "97871", "99999999999999999999"),
      fc.string().map((text) => text.replaceAll(",", "")),
    );
    const cells = fc.array(cell, { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(cells, (rest) => {
        const row = parseGpuRow(FULL_QUERY, ["GPU-a", ...rest].join(", "));
        if (row?.kind !== "card") return;
        const { totalBytes, usedBytes, utilisationRatio, temperatureC, powerW } = row.card.reading;
        expect(Number.isSafeInteger(totalBytes) && totalBytes > 0).toBe(true);
        if (usedBytes !== null) expect(usedBytes >= 0 && usedBytes <= totalBytes).toBe(true);
        for (const value of [utilisationRatio, temperatureC, powerW]) expect(value).not.toBeNaN();
      }),
    );
  });
});

describe("parseAppRow", () => {
  it.each([
    ["GPU-a, 12, 34, /usr/bin/python3", { pid: 12, usedBytes: 34 * 1024 ** 2, name: "python3" }],
    ["GPU-a, 12, [N/A], [Not Found]", { pid: 12, usedBytes: null, name: null }],
    ["MIG-b, 7, 0, a, b --c=d", { pid: 7, usedBytes: 0, name: "a, b --c=d" }],
    ["GPU-a, -3, 34, python", null],
    ["gpu_uuid, pid, used_gpu_memory [MiB], process_name", null],
  ])("reads %j", (line, expected) => {
    if (expected === null) expect(parseAppRow(line)).toBeNull();
    else expect(parseAppRow(line)).toMatchObject(expected);
  });
});

describe("isAbsence", () => {
  it.each([
    ["No devices were found", true],
    ["NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", true],
    ["Unable to determine the device handle for GPU0: GPU is lost.", false],
    ["", false],
  ])("of %j is %s", (complaint, expected) => {
    expect(isAbsence(complaint)).toBe(expected);
  });
});
