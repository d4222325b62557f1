import { describe, expect, it } from "vitest";
import { createSerial } from "./serial.ts";

describe("createSerial", () => {
  it("starts a task only when the one before has ended", async () => {
    const serial = createSerial();
    const seen: string[] = [];
    const task = (name: string) => async () => {
      seen.push(`${name} starts`);
      await Promise.resolve();
      seen.push(`${name} ends`);
      return name;
    };
    expect(await Promise.all([serial(task("a")), serial(task("b"))])).toEqual(["a", "b"]);
    expect(seen).toEqual(["a starts", "a ends", "b starts", "b ends"]);
  });

  it("gives a failure to its own caller and goes on", async () => {
    const serial = createSerial();
    const failed = serial(() => Promise.reject(new Error("no")));
    const next = serial(async () => "yes");
    await expect(failed).rejects.toThrow("no");
    expect(await next).toBe("yes");
  });
});
