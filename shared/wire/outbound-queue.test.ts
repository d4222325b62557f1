import { describe, expect, it } from "vitest";
import { createOutboundQueue, OUTBOUND_LIMITS } from "./outbound-queue.ts";

/** A stream that accepts `room` messages and then says that it has had enough. */
function setup(room: number, isHeld = false) {
  const stream = { written: [] as string[], room, overflows: 0 };
  const queue = createOutboundQueue<string>({
    write: (message) => {
      stream.written.push(message);
      stream.room -= 1;
      return stream.room > 0;
    },
    onOverflow: () => {
      stream.overflows += 1;
    },
    isHeld,
  });
  const drain = (more: number): void => {
    stream.room = more;
    queue.drained();
  };
  return { stream, queue, drain };
}

describe("the outbound queue", () => {
  it("writes through while the stream accepts", () => {
    const { stream, queue } = setup(10);
    queue.push("a", "renew");
    queue.push("b", "control");
    expect(stream.written).toEqual(["a", "b"]);
  });

  it("writes nothing more after the stream has said enough, until it drains", () => {
    const { stream, queue, drain } = setup(1);
    for (const message of ["a", "b", "c"]) queue.push(message, "control");
    expect(stream.written).toEqual(["a"]);
    drain(1);
    expect(stream.written).toEqual(["a", "b"]);
    drain(5);
    expect(stream.written).toEqual(["a", "b", "c"]);
  });

  it("sends control before renewals before telemetry, each in its own order", () => {
    const { stream, queue, drain } = setup(1);
    queue.push("first", "renew");
    queue.push("frame", "telemetry");
    queue.push("renew-1", "renew");
    queue.push("control-1", "control");
    queue.push("renew-2", "renew");
    queue.push("control-2", "control");
    drain(10);
    expect(stream.written).toEqual(["first", "control-1", "control-2", "renew-1", "renew-2", "frame"]);
  });

  it("keeps only the latest telemetry frame", () => {
    const { stream, queue, drain } = setup(1);
    for (const message of ["frame-1", "frame-2", "frame-3"]) queue.push(message, "telemetry");
    drain(10);
    expect(stream.written).toEqual(["frame-1", "frame-3"]);
  });

  it("keeps the latest telemetry of each subject, up to a bound, and no other message gives way to it", () => {
    const { stream, queue, drain } = setup(1);
    queue.push("first", "control");
    for (const message of ["cpu-1", "gpu-1", "cpu-2"]) queue.push(message, "telemetry", message.slice(0, 3));
    queue.push("crossing", "control");
    drain(10);
    expect(stream.written).toEqual(["first", "crossing", "cpu-2", "gpu-1"]);
    drain(1);
    queue.push("fills", "control");
    for (let i = 0; i <= OUTBOUND_LIMITS.subjects; i++) queue.push(`frame-${i}`, "telemetry", `${i}`);
    drain(1_000);
    expect(stream.written).toHaveLength(5 + OUTBOUND_LIMITS.subjects);
    expect(stream.written).not.toContain("frame-0");
  });

  it("holds everything back until it is let go, when it was made so", () => {
    const { stream, queue, drain } = setup(10, true);
    queue.push("a", "renew");
    queue.push("b", "control");
    expect(stream.written).toEqual([]);
    drain(10);
    expect(stream.written).toEqual(["b", "a"]);
  });

  it("overflows once at its bound of messages and sends nothing afterwards", () => {
    const { stream, queue, drain } = setup(1);
    queue.push("sent", "control");
    for (let i = 0; i < OUTBOUND_LIMITS.items; i++) expect(queue.push("waits", "renew")).toBe(true);
    expect(queue.push("too many", "renew")).toBe(false);
    expect(queue.push("after", "control")).toBe(false);
    drain(10);
    expect(stream).toMatchObject({ written: ["sent"], overflows: 1 });
  });

  it("overflows at its bound of bytes", () => {
    const { stream, queue } = setup(1);
    queue.push("sent", "control");
    const big = "x".repeat(OUTBOUND_LIMITS.bytes / 2);
    expect(queue.push(big, "control")).toBe(true);
    expect(queue.push(big, "control")).toBe(false);
    expect(stream.overflows).toBe(1);
  });
});
