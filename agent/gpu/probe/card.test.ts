import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GpuCard } from "../sensor.ts";
import {
  createCardMemory,
  faultyCard,
  pciAddress,
  recoveryAction,
  recoveryActionNamed,
  settleMemory,
  settlePower,
  settleProcessBytes,
  settleTemperature,
  settleUtilisation,
  throttleReasons,
} from "./card.ts";

describe("settleMemory", () => {
  it.each([
    { what: "used without reserved", total: 100, used: 30, free: 65, reserved: 5, usedBytes: 35 },
    { what: "used with reserved", total: 100, used: 35, free: 65, reserved: 5, usedBytes: 35 },
    { what: "used above total - free", total: 100, used: 40, free: 65, reserved: null, usedBytes: 40 },
    { what: "free only", total: 100, used: null, free: 65, reserved: null, usedBytes: 35 },
    { what: "used only", total: 100, used: 30, free: null, reserved: null, usedBytes: 30 },
    { what: "used and reserved only", total: 100, used: 30, free: null, reserved: 5, usedBytes: 35 },
    { what: "used and reserved beyond total", total: 100, used: 99, free: null, reserved: 5, usedBytes: 100 },
    { what: "neither", total: 100, used: null, free: null, reserved: 5, usedBytes: null },
    { what: "an idle card", total: 100, used: 0, free: 100, reserved: 0, usedBytes: 0 },
    { what: "negative used", total: 100, used: -1, free: 65, reserved: null, usedBytes: null },
    { what: "NaN free", total: 100, used: 30, free: Number.NaN, reserved: null, usedBytes: null },
    { what: "used above total", total: 100, used: 101, free: 0, reserved: null, usedBytes: null },
    { what: "a fraction of a byte", total: 100, used: 1.5, free: 65, reserved: null, usedBytes: null },
  ])("settles $what", ({ what: _, usedBytes, ...reported }) => {
    expect(settleMemory(reported)).toMatchObject({ totalBytes: 100, usedBytes });
  });

  it.each([null, 0, -1, Number.NaN, 2 ** 60, Number.POSITIVE_INFINITY])(
    "knows no card of total %s",
    (total) => {
      const unknown = { totalBytes: null, usedBytes: null, freeBytes: null, reservedBytes: null };
      expect(settleMemory({ total, used: 0, free: 0, reserved: 0 })).toEqual(unknown);
    },
  );

  it("never makes a figure that is not a whole amount within the total", () => {
    const anything = fc.oneof(fc.constant(null), fc.double(), fc.integer({ min: -10, max: 200 }));
    const reported = fc.record({ total: anything, used: anything, free: anything, reserved: anything });
    fc.assert(
      fc.property(reported, (figures) => {
        const { totalBytes, ...parts } = settleMemory(figures);
        for (const bytes of Object.values(parts)) {
          if (bytes === null) continue;
          expect(Number.isSafeInteger(bytes) && bytes >= 0 && bytes <= (totalBytes ?? -1)).toBe(true);
        }
      }),
    );
  });

  it("never reports less used than what a truthful driver cannot give away", () => {
    const share = fc.integer({ min: 0, max: 2 ** 40 });
    fc.assert(
      fc.property(share, share, share, fc.boolean(), (held, reserved, free, isInside) => {
        const total = held + reserved + free + 1;
        const used = isInside ? held + reserved : held;
        const { usedBytes } = settleMemory({ total, used, free: free + 1, reserved });
        expect(usedBytes).toBe(held + reserved);
      }),
    );
  });
});

describe("settling the other figures", () => {
  it.each([
    [settleUtilisation, 0, 0],
    [settleUtilisation, 100, 1],
    [settleUtilisation, 101, null],
    [settleUtilisation, Number.NaN, null],
    [settleTemperature, 0, 0],
    [settleTemperature, 0xffffffff, null],
    [settlePower, 0, 0],
    [settlePower, -5, null],
    [settlePower, 4_294_967.295, null],
    [settlePower, null, null],
  ] as const)("%o takes %s for %s", (settle, value, expected) => {
    expect(settle(value)).toBe(expected);
  });

  it("does not believe a process that holds more than the card has", () => {
    expect(settleProcessBytes(101, 100)).toBeNull();
    expect(settleProcessBytes(100, 100)).toBe(100);
  });
});

describe("throttleReasons", () => {
  it("names every bit it knows and leaves out the rest", () => {
    expect(throttleReasons(0)).toEqual([]);
    expect(throttleReasons(0x80000000 | 0xc4)).toEqual(["power-cap", "hw-thermal", "power-brake"]);
  });
});

describe("recovery actions", () => {
  it.each([
    [recoveryAction(0), "none"],
    [recoveryAction(4), "drain-and-reset"],
    [recoveryAction(99), "other"],
    [recoveryActionNamed("None"), "none"],
    [recoveryActionNamed("Drain and Reset"), "drain-and-reset"],
    [recoveryActionNamed("GPU Reset Required"), "gpu-reset"],
    [recoveryActionNamed("Pray"), "other"],
  ])("reads %s", (action, expected) => {
    expect(action).toBe(expected);
  });
});

describe("pciAddress", () => {
  it.each([
    ["00000009:01:00.0", "0009:01:00.0"],
    ["0000:AF:00", "0000:af:00.0"],
    ["01:00.0", null],
    ["", null],
  ])("reads %j as %j", (text, address) => {
    expect(pciAddress(text)).toBe(address);
  });
});

describe("createCardMemory", () => {
  const card = (uuid: string): GpuCard => ({
    reading: {
      uuid,
      name: "card",
      totalBytes: 100,
      usedBytes: 0,
      utilisationRatio: 0,
      temperatureC: 30,
      powerW: 90,
      source: "nvml",
    },
    processes: [],
    freeBytes: 100,
    reservedBytes: 0,
    throttle: [],
    recovery: "none",
    memoryAccounting: "driver",
    pciAddress: null,
    parentUuid: null,
    fault: null,
  });

  it("keeps what is missing in sight as faulty until it is back", () => {
    const memory = createCardMemory();
    expect(memory.complete([card("a"), card("b")], null)).toEqual([card("a"), card("b")]);
    expect(memory.complete([card("b")], "lost")).toEqual([card("b"), faultyCard(card("a"), "lost")]);
    expect(memory.complete([card("b")], null)[1]?.fault).toBe("the driver no longer lists it");
    expect(memory.complete([card("a"), card("b")], null)).toEqual([card("a"), card("b")]);
  });

  it("follows a GPU that is cut into instances and made whole again", () => {
    const memory = createCardMemory();
    const instance = (uuid: string): GpuCard => ({ ...card(uuid), parentUuid: "a" });
    expect(memory.complete([card("a")], null)).toHaveLength(1);
    expect(memory.complete([instance("x"), instance("y")], null)).toEqual([instance("x"), instance("y")]);
    expect(memory.complete([instance("y")], null)).toEqual([instance("y")]);
    expect(memory.complete([], "lost")).toEqual([faultyCard(instance("y"), "lost")]);
    expect(memory.complete([card("a")], null)).toEqual([card("a")]);
  });

  it("knows nothing of a faulty card but what it is", () => {
    expect(faultyCard(card("a"), "lost")).toMatchObject({
      reading: { uuid: "a", totalBytes: 100, usedBytes: null, temperatureC: null, powerW: null },
      processes: null,
      recovery: null,
      fault: "lost",
    });
  });
});
