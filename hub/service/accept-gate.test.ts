import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { ACCEPT_LIMITS, createCrowd, type Guest } from "./accept-gate.ts";

const HANDSHAKE_BYTES = 33;

function guest(remoteAddress: string, bytesRead = 0) {
  const end = new EventEmitter();
  return Object.assign(end, { remoteAddress, bytesRead, destroy: () => end.emit("close") }) satisfies Guest;
}

describe("the crowd before the hub", () => {
  it.each([
    ["a foreign address", "10.0.0.7", 3],
    ["the same over IPv6", "::ffff:10.0.0.7", 3],
    ["loopback, by the total", "127.0.0.1", 5],
    ["loopback over IPv6, by the total", "::1", 5],
  ])("bounds the connections of %s", (_what, address, expected) => {
    const crowd = createCrowd({ ...ACCEPT_LIMITS, perAddress: 3, connections: 5 });
    const joined = Array.from({ length: 8 }, () => crowd.join(guest(address), 0));
    expect(joined.filter(Boolean)).toHaveLength(expected);
  });

  it("has a place again when somebody of the address has left", () => {
    const crowd = createCrowd({ ...ACCEPT_LIMITS, perAddress: 1 });
    const first = guest("10.0.0.7");
    crowd.join(first, 0);
    expect(crowd.join(guest("10.0.0.7"), 0)).toBe(false);
    expect(crowd.join(guest("10.0.0.8"), 0)).toBe(true);
    first.destroy();
    expect(crowd.join(guest("10.0.0.7"), 0)).toBe(true);
  });

  it("cuts off at its deadline who has not said enough, and nobody else", () => {
    const crowd = createCrowd({ ...ACCEPT_LIMITS, handshakeMs: 1_000 });
    const cut: string[] = [];
    const watch = (name: string, bytesRead: number, nowMs: number): void => {
      const each = guest("10.0.0.7", bytesRead).on("close", () => cut.push(name));
      crowd.join(each as ReturnType<typeof guest>, nowMs);
    };
    watch("silent", HANDSHAKE_BYTES - 1, 0);
    watch("spoke", HANDSHAKE_BYTES, 0);
    watch("late", 0, 500);
    crowd.cutSilent(999);
    expect(cut).toEqual([]);
    crowd.cutSilent(1_000);
    expect(cut).toEqual(["silent"]);
    crowd.cutSilent(1_500);
    expect(cut).toEqual(["silent", "late"]);
  });
});
