import { describe, expect, it } from "vitest";
import { readInventory } from "./inventory.ts";

describe("readInventory", () => {
  it("knows this box", async () => {
    const inventory = await readInventory();
    expect(inventory.os?.kernel).toMatch(/^\d+\./);
    expect(inventory.cpu?.cores).toBeGreaterThan(0);
    expect(inventory.disks?.some(({ totalBytes }) => totalBytes > 0)).toBe(true);
    expect(inventory.network).not.toBeNull();
  });

  it("leaves unknown what fails or never answers, and keeps the rest", async () => {
    const inventory = await readInventory(
      {
        os: async () => ({ name: "Debian", kernel: "6.1", arch: "arm64" }),
        cpu: async () => {
          throw new Error("no lscpu");
        },
        disks: () => new Promise(() => {}),
        network: async () => [],
      },
      20,
    );
    expect(inventory).toEqual({
      os: { name: "Debian", kernel: "6.1", arch: "arm64" },
      cpu: null,
      disks: null,
      network: [],
    });
  });
});
