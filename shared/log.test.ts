import { describe, expect, it } from "vitest";
import { createLog, type LogLevel } from "./log.ts";

function setup(level: LogLevel) {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ level, destination: { write: (line) => lines.push(JSON.parse(line)) } });
  return { log, lines };
}

describe("createLog", () => {
  it("writes one JSON line: level, time, event, fields and a sentence", () => {
    const { log, lines } = setup("info");
    log.child({ node: "alpha" }).warn({ event: "link.down", reason: "silent" }, "the hub went silent");
    expect(lines).toEqual([
      {
        level: "warn",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        node: "alpha",
        event: "link.down",
        reason: "silent",
        msg: "the hub went silent",
      },
    ]);
  });

  it("lets no field stand in for what a line says of itself", () => {
    const { log, lines } = setup("info");
    log.info({ event: "link.up", level: "critical", time: 1, msg: "not this" }, "up");
    expect(lines).toMatchObject([{ level: "info", time: expect.any(String), msg: "up" }]);
    expect(lines).toMatchObject([{ level_: "critical", time_: 1, msg_: "not this" }]);
  });

  it("leaves out what is below its level", () => {
    const { log, lines } = setup("warn");
    log.info({ event: "link.up" }, "up");
    expect(lines).toEqual([]);
  });

  it("never writes a secret", () => {
    const { log, lines } = setup("info");
    log.info({ event: "hub.started", secret: "s3cret", config: { secret: "s3cret" } }, "started");
    expect(JSON.stringify(lines)).not.toContain("s3cret");
  });
});
