import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../package-root.ts";

let module = "";
beforeAll(async () => {
  const entryPoints = [join(packageRoot(), "shared/native/cpu-alarm.ts")];
  const options = { bundle: true, format: "esm", packages: "external", write: false } as const;
  module = (await build({ ...options, entryPoints })).outputFiles[0]?.text ?? "";
});

/** How a process of its own ends that runs this behind the module. */
async function endOf(script: string): Promise<number | string> {
  const burn =
    "const burn = (ms) => { for (const from = process.cpuUsage().user; process.cpuUsage().user - from < ms * 1000; ); };";
  const argv = ["--input-type=module", "-e", `${module}\n${burn}\n${script}`];
  const child = spawn(process.execPath, argv, { cwd: packageRoot(), stdio: ["ignore", "ignore", "inherit"] });
  const [code, signal] = await once(child, "exit");
  return signal ?? code;
}

describe("setCpuAlarm", () => {
  it("ends a process that computes on and on", async () => {
    expect(await endOf("setCpuAlarm(100); setTimeout(() => process.exit(3), 200); burn(2_000);")).toBe(
      "SIGVTALRM",
    );
  });

  it("spares one that sets it again in time", async () => {
    expect(await endOf("for (let turn = 0; turn < 5; turn++) { setCpuAlarm(200); burn(50); }")).toBe(0);
  });

  it("does not count what a process waits", async () => {
    const wait = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);";
    expect(await endOf(`setCpuAlarm(200); ${wait}`)).toBe(0);
  });

  it("is taken away with 0", async () => {
    expect(await endOf("setCpuAlarm(50); setCpuAlarm(0); burn(200);")).toBe(0);
  });
});
