import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createCommandEvictor } from "./command-evictor.ts";
import { createCudaCheckpointEvictor } from "./cuda-checkpoint.ts";
import { combineEvictors } from "./evictor.ts";
import { createProcessEvictor } from "./process-evictor.ts";
import { MAX_OUTPUT_BYTES, runCommand } from "./run-command.ts";

const NEVER = new AbortController().signal;
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evict-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function sh(script: string): readonly [string, ...string[]] {
  return ["/bin/sh", "-c", script];
}

describe("runCommand", () => {
  it("passes arguments as they are, through no shell", async () => {
    const result = await runCommand({ argv: ["echo", "$HOME; exit 3", "`id`"] }, NEVER);
    expect(result).toEqual({ kind: "exited", code: 0, output: "$HOME; exit 3 `id`" });
  });

  it("gives a program no environment but its own", async () => {
    const result = await runCommand({ argv: ["env"], env: { ONLY: "this" } }, NEVER);
    const names = result.kind === "exited" ? result.output.split("\n").map((row) => row.split("=")[0]) : [];
    expect(names.sort()).toEqual(["ONLY", "PATH"]);
  });

  it("keeps a bounded part of a flood and reads the rest", async () => {
    const result = await runCommand({ argv: sh("yes | head -c 5000000; exit 3") }, NEVER);
    expect(result).toMatchObject({ kind: "exited", code: 3 });
    expect(result.kind === "exited" ? result.output.length : 0).toBeLessThanOrEqual(MAX_OUTPUT_BYTES);
  });

  it("does not wait for a grandchild that keeps the pipe open", async () => {
    const result = await runCommand({ argv: sh("sleep 20 & echo $!") }, NEVER);
    expect(result).toMatchObject({ kind: "exited", code: 0 });
    if (result.kind === "exited") process.kill(Number(result.output), "SIGKILL");
  });

  it("ends the whole group of a program that is too slow, TERM or not", async () => {
    const pids = join(folder, "pids");
    const stubborn = `trap '' TERM; (trap '' TERM; echo $$ > ${pids}; while :; do sleep 1; done) & wait`;
    const late = new AbortController();
    const running = runCommand({ argv: sh(stubborn) }, late.signal);
    await vi.waitFor(() => expect(existsSync(pids)).toBe(true), { timeout: 5_000 });
    late.abort();
    expect(await running).toMatchObject({ kind: "failed", detail: "/bin/sh: no answer in time" });
    const group = Number(readFileSync(pids, "utf8"));
    await vi.waitFor(() => expect(() => process.kill(-group, 0)).toThrow(), { timeout: 5_000 });
  });

  it("says which program is not there", async () => {
    const result = await runCommand({ argv: ["/no/such/program"] }, NEVER);
    expect(result).toMatchObject({ kind: "failed", detail: expect.stringContaining("ENOENT") as string });
  });
});

describe("createCommandEvictor", () => {
  it.each([
    ["exit 0", "done"],
    ["exit 75", "busy"],
    ["echo no such model >&2; exit 4", "failed"],
  ] as const)("takes %j for %s", async (script, kind) => {
    const rungs = { unload: { argv: sh(script), bytes: null } };
    const evictor = createCommandEvictor("llm", { rungs, spills: [], restore: null });
    const outcome = await evictor.evict("unload", 7, NEVER);
    expect(outcome.kind).toBe(kind);
    if (kind === "failed") expect(outcome.detail).toContain("exit 4: no such model");
  });

  it("tells the program the bytes that are wanted and whose", async () => {
    const argv = sh('echo "$SPIRAL_BYTES_WANTED of $SPIRAL_CONSUMER"');
    const evictor = createCommandEvictor("llm", {
      rungs: { shrink: { argv, bytes: 4 } },
      spills: [],
      restore: sh("echo awake"),
    });
    expect((await evictor.evict("shrink", 7, NEVER)).detail).toContain("7 of llm");
    expect(evictor.rungs(10)).toEqual({ shrink: 4 });
    expect(evictor.rungs(3)).toEqual({ shrink: 3 });
    expect((await evictor.restore?.("shrink", NEVER))?.detail).toContain("awake");
    expect((await evictor.evict("kill", 7, NEVER)).kind).toBe("failed");
  });
});

describe("createCudaCheckpointEvictor", () => {
  /** A program with the options and states of cuda-checkpoint; `refuse` names an action and a pid that fail. */
  function fakeCheckpoint(refuse = "none"): string {
    const program = join(folder, "cuda-checkpoint");
    writeFileSync(
      program,
      `#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    --get-state) action=get-state ;;
    --action) action=$2; shift ;;
    --pid) pid=$2; shift ;;
    --timeout) timeout=$2; shift ;;
    *) echo "unknown option $1"; exit 2 ;;
  esac
  shift
done
file=${folder}/state-$pid
state=$(cat "$file" 2>/dev/null || echo running)
[ "$action" = get-state ] && { echo "$state"; exit 0; }
echo "$action $pid \${timeout:-}" >> ${folder}/log
[ "$action $pid" = "${refuse}" ] && { echo "CUDA_ERROR_NOT_SUPPORTED"; exit 1; }
case "$action $state" in
  "lock running") new=locked ;;
  "checkpoint locked") new=checkpointed ;;
  "restore checkpointed") new=locked ;;
  "unlock locked") new=running ;;
  *) echo "cannot $action while $state"; exit 1 ;;
esac
echo "$new" > "$file"
`,
    );
    chmodSync(program, 0o755);
    return program;
  }
  const stateOf = (pid: number): string => readFileSync(join(folder, `state-${pid}`), "utf8").trim();
  const evictorWith = (program: string, pids: readonly number[]) =>
    createCudaCheckpointEvictor("lora", { program, pids: () => pids, lockMs: 5_000 });

  it("parks every process of a consumer and resumes it", async () => {
    const evictor = evictorWith(fakeCheckpoint(), [11, 12]);
    expect(evictor.rungs(7)).toEqual({ park: 7 });
    expect(await evictor.evict("park", 7, NEVER)).toEqual({ kind: "done", detail: "parked 11, 12" });
    expect([stateOf(11), stateOf(12)]).toEqual(["checkpointed", "checkpointed"]);
    expect(readFileSync(join(folder, "log"), "utf8")).toContain("lock 11 5000");
    expect((await evictor.restore?.("park", NEVER))?.kind).toBe("done");
    expect([stateOf(11), stateOf(12)]).toEqual(["running", "running"]);
  });

  it("does not resume what is parked already", async () => {
    const evictor = evictorWith(fakeCheckpoint(), [11]);
    await evictor.evict("park", 7, NEVER);
    expect((await evictor.evict("park", 7, NEVER)).kind).toBe("done");
    expect(stateOf(11)).toBe("checkpointed");
  });

  it.each(["lock 12", "checkpoint 12"])("leaves everything running when %s is refused", async (refuse) => {
    const outcome = await evictorWith(fakeCheckpoint(refuse), [11, 12]).evict("park", 7, NEVER);
    expect(outcome).toMatchObject({
      kind: "failed",
      detail: expect.stringContaining("CUDA_ERROR_NOT_SUPPORTED") as string,
    });
    expect(stateOf(11)).toBe("running");
    expect(existsSync(join(folder, "state-12")) ? stateOf(12) : "running").toBe("running");
  });

  it("offers nothing on a box without the program, and has nothing to do without processes", async () => {
    expect(evictorWith(join(folder, "missing"), [11]).rungs(7)).toEqual({});
    expect((await evictorWith(fakeCheckpoint(), []).evict("park", 7, NEVER)).kind).toBe("idle");
  });
});

describe("combineEvictors", () => {
  it("asks whoever has the rung, and names the rungs of all", async () => {
    const ended: string[] = [];
    const combined = combineEvictors("llm", [
      createCommandEvictor("llm", {
        rungs: { unload: { argv: sh("echo unloaded"), bytes: null } },
        spills: ["unload"],
        restore: sh("echo woken"),
      }),
      createProcessEvictor("llm", async (how) => {
        ended.push(how);
        return { kind: "done", detail: how };
      }),
    ]);
    expect(combined.rungs(5)).toEqual({ unload: 5, term: 5, kill: 5 });
    expect(combined.spills).toEqual(["unload"]);
    expect((await combined.evict("unload", 5, NEVER)).detail).toContain("unloaded");
    await combined.evict("kill", 5, NEVER);
    expect(ended).toEqual(["kill"]);
    expect((await combined.restore?.("unload", NEVER))?.detail).toContain("woken");
    expect((await combined.evict("park", 5, NEVER)).kind).toBe("failed");
    expect((await combined.restore?.("term", NEVER))?.kind).toBe("failed");
  });
});
