import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { askWithin } from "./deadline.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = (): Promise<never> => new Promise(() => {});

describe("askWithin", () => {
  it("gives the answer that comes in time and leaves no timer behind", async () => {
    expect(await askWithin({ deadlineMs: 100 }, async () => 7)).toEqual({ kind: "answered", value: 7 });
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not wait past the deadline for what ignores its signal", async () => {
    let given: AbortSignal | null = null;
    const answer = askWithin({ deadlineMs: 100 }, (signal) => {
      given = signal;
      return never();
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(await answer).toEqual({ kind: "late" });
    expect(given).toMatchObject({ aborted: true });
  });

  it("drops a rejection that comes too late", async () => {
    const answer = askWithin({ deadlineMs: 100 }, async (signal) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      throw new Error("aborted");
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(await answer).toEqual({ kind: "late" });
  });

  it("rejects when the question fails in time", async () => {
    const fail = async (): Promise<never> => {
      throw new Error("no such thing");
    };
    await expect(askWithin({ deadlineMs: 100 }, fail)).rejects.toThrow("no such thing");
  });

  it("ends at once when it is told to stop, before or during the wait", async () => {
    const stop = new AbortController();
    const answer = askWithin({ deadlineMs: 1e6, stopping: stop.signal }, never);
    stop.abort();
    expect(await answer).toEqual({ kind: "late" });
    expect(await askWithin({ deadlineMs: 1e6, stopping: stop.signal }, never)).toEqual({ kind: "late" });
  });
});
