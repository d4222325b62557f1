/**
 * The local API as other people's programs and other users meet it: what needs Debian's Python packages and
 * root, which .ci/run has and a newcomer's `npm test` need not have.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ClaimInput } from "../../shared/local-client/holdings.ts";
import { packageRoot } from "../../shared/package-root.ts";
import { usageOf } from "../../shared/policy/ledger.ts";
import type { LocalVerdict } from "../../shared/wire/local-types.ts";
import { buildChild, createLocalRig, type LocalRig, startChildClient } from "../helpers/local-rig.ts";

const NOBODY = 65_534;

let rig: LocalRig;
beforeEach(async () => {
  rig = await createLocalRig();
});
afterEach(() => rig.stop());

const claim = (vramBytes: number): ClaimInput => ({
  priority: "batch",
  vramBytes,
  subsystem: "rendering",
  label: "a render",
});

const granted = (verdict: LocalVerdict): Extract<LocalVerdict, { kind: "granted" }> => {
  if (verdict.kind !== "granted") throw new Error(`refused: ${verdict.because}`);
  return verdict;
};

const reserved = (): number => usageOf(rig.ledger).reservedBytes;

describe("a Python client with grpcio and protobuf alone", () => {
  const script = join(packageRoot(), "test", "fixtures", "python-client", "reserve.py");
  // Debian's packages belong to Debian's interpreter.
  const start = (vramBytes: number) =>
    spawn("/usr/bin/python3", [script, String(vramBytes)], {
      env: { SPIRAL_AGENT_SOCKET: rig.socketPath },
    });

  it("finds what it needs on this machine: python3-grpcio and python3-protobuf", () => {
    const imports = spawnSync("/usr/bin/python3", ["-c", "import grpc, google.protobuf"], {
      encoding: "utf8",
    });
    expect(imports.stderr).toBe("");
    expect(imports.status).toBe(0);
  });

  it("reserves and releases", async () => {
    const python = start(400);
    const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
    expect(await lines.next()).toMatchObject({ value: `granted local/${process.getuid?.()}/example` });
    expect([reserved(), rig.ledger.tally.liveByPriority.batch]).toEqual([400, 1]);
    python.stdin.write("done\n");
    expect(await lines.next()).toMatchObject({ value: "freed 400" });
    expect(reserved()).toBe(0);
  });

  it("is told why it is refused", async () => {
    const python = start(475);
    const [[said], [exitCode]] = await Promise.all([once(python.stderr, "data"), once(python, "exit")]);
    expect(String(said)).toMatch(/^gate: pressure 0.000 would become 0.500 .*; try: /);
    expect(exitCode).toBe(1);
  });

  it("is the example of docs/local-api.md, line by line", () => {
    const page = readFileSync(join(packageRoot(), "docs", "local-api.md"), "utf8");
    expect(page).toContain(`\`\`\`python\n${readFileSync(script, "utf8")}\`\`\`\n`);
  });
});

describe("a client of another user (needs root)", () => {
  let program = "";
  beforeAll(async () => {
    program = await buildChild("contract/local-client.fixture.ts");
    return () => rmSync(program);
  });

  beforeEach(async () => {
    await rig.stop();
    rig = await createLocalRig({ policy: { uids: [NOBODY - 1], gids: [] } });
    // Past the file modes, so that it is the door that answers.
    chmodSync(dirname(rig.socketPath), 0o755);
    chmodSync(rig.socketPath, 0o666);
  });

  it("is refused by name when it is not listed, and books nothing", async () => {
    const child = startChildClient(program, rig.socketPath, NOBODY);
    await expect(child.call("reserve", claim(1))).rejects.toThrow(/permissionDenied: uid 65534 may not/);
    expect(reserved()).toBe(0);
    child.process.kill("SIGKILL");
  });

  it("may reserve when it is listed, but neither set budgets nor touch what others hold", async () => {
    const own = granted(await rig.client().reserve(claim(5)));
    const child = startChildClient(program, rig.socketPath, NOBODY - 1);
    expect(await child.call("reserve", claim(7))).toMatchObject({ kind: "granted" });
    await expect(child.call("release", own.consumerId)).rejects.toThrow(/permissionDenied/);
    const change = { subsystem: "tts", budgetMib: 0, gpu: null };
    await expect(child.call("setBudget", change)).rejects.toThrow(/permissionDenied: budgets/);
    expect(reserved()).toBe(12);
    child.process.kill("SIGKILL");
  });
});
