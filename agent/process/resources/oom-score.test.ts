import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { AGENT_OOM_SCORE, protectFromOom } from "./oom-score.ts";

describe("protectFromOom", () => {
  it("asks the kernel to take this process last, and says what the kernel made of it", () => {
    const probe = `echo ${AGENT_OOM_SCORE} 2>/dev/null >/proc/$$/oom_score_adj; cat /proc/$$/oom_score_adj`;
    const allowed = Number(execFileSync("sh", ["-c", probe], { stdio: ["ignore", "pipe", "ignore"] }));
    const child = spawn("sleep", ["60"], { stdio: "ignore" });
    const path = `/proc/${child.pid}/oom_score_adj`;
    expect(protectFromOom(path)).toBe(allowed);
    expect(Number(readFileSync(path, "utf8"))).toBe(allowed);
    child.kill("SIGKILL");
  });

  it("is unknown where the kernel does not say", () => {
    expect(protectFromOom("/proc/no-such-process/oom_score_adj")).toBeNull();
  });
});
