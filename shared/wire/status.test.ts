import { describe, expect, it } from "vitest";
import { FLEET_ERRORS, FleetError, type FleetErrorCode } from "../errors.ts";
import { fromWireStatus, toWireStatus } from "./status.ts";

describe("status", () => {
  const codes = (Object.keys(FLEET_ERRORS) as FleetErrorCode[]).filter((code) => code !== "config");
  it.each(codes)("brings %s over the wire and back", (code) => {
    const back = fromWireStatus(toWireStatus(new FleetError(code, "why")));
    expect(back).toMatchObject({ code, message: "why" });
  });

  it("tells the other side nothing about our own bugs", () => {
    expect(toWireStatus(new Error("secret path /root/x"))).toEqual({
      code: 13,
      details: "internal error: see the log",
    });
  });

  it("sends details that gRPC can encode: bounded, without half characters", () => {
    const { details } = toWireStatus(new FleetError("invalid", `bad \ud800 ${"x".repeat(5_000)}`));
    expect(details.length).toBeLessThanOrEqual(1_024);
    expect(() => encodeURI(details)).not.toThrow();
  });
});
