import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { catchStacks } from "./stacks.ts";

it("sees where a process loops that hears nothing any more", async () => {
  const place = mkdtempSync(join(tmpdir(), "stacks-"));
  const log = join(place, "log");
  const script = "function spinning() { for (;;); }; process.once('message', spinning); process.send('up')";
  const argv = ["--inspect-port=0", "-e", script];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "ignore", openSync(log, "a"), "ipc"] });
  try {
    await once(child, "message");
    child.send("loop");
    expect(await catchStacks(child.pid ?? 0, log)).toContain("spinning");
  } finally {
    child.kill("SIGKILL");
    rmSync(place, { recursive: true });
  }
}, 60_000);
