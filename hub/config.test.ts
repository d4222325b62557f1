import { describe, expect, it } from "vitest";
import { loadHubConfig } from "./config.ts";

const ROOT = "/nonexistent/root";

describe("loadHubConfig", () => {
  it.each([
    [{ port: "abc" }, '--port: must be 0 to 65535, got "abc"'],
    [{ port: "70000" }, '--port: must be 0 to 65535, got "70000"'],
    [{ logLevel: "loud" }, '--log-level: must be debug, info, warn, error, silent, got "loud"'],
  ])("calls the flag %j wrong usage", async (flags, message) => {
    await expect(loadHubConfig({ root: ROOT, ...flags }, {})).rejects.toMatchObject({
      code: "invalid",
      message,
    });
  });

  it("calls the same in the environment bad configuration", async () => {
    const wrong = loadHubConfig({ root: ROOT }, { SPIRAL_HUB_PORT: "abc" });
    await expect(wrong).rejects.toMatchObject({
      code: "config",
      message: expect.stringContaining("port: must be"),
    });
  });

  it.each(["0.0.0.0", "::", "192.168.1.5", "box.example"])(
    "refuses to serve plaintext on %s",
    async (host) => {
      const refused = loadHubConfig({ root: ROOT, host }, {});
      await expect(refused).rejects.toMatchObject({
        code: "config",
        message: expect.stringContaining("tunnels"),
      });
    },
  );

  it.each(["127.0.0.1", "127.0.0.2", "::1", "localhost"])("serves on %s", async (host) => {
    await expect(loadHubConfig({ root: ROOT, host }, {})).resolves.toMatchObject({ host });
  });
});
