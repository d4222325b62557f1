import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseSmiQuery, querySmi } from "./smi-query.ts";

/** Lines of a real answer, cut to what is read and its neighbours. */
const ANSWER = `
==============NVSMI LOG==============

Timestamp                                 : Sat Mar  1 10:00:00 2025
Driver Version                            : 580.65.06
CUDA Version                              : 13.0

Attached GPUs                             : 2
GPU 00000009:01:00.0
    Product Name                          : NVIDIA GH200 480GB
    Persistence Mode                      : Disabled
    Addressing Mode                       : ATS
    MIG Mode
        Current                           : Disabled
        Pending                           : Enabled
    GPU UUID                              : GPU-aaaa
    ECC Mode
        Current                           : Enabled
        Pending                           : Enabled
    Remapped Rows
        Correctable Error                 : 0
        Pending                           : Yes
        Remapping Failure Occurred        : No
    Temperature
        GPU Current Temp                  : 40 C
GPU 0000000A:01:00.0
    Product Name                          : NVIDIA H200
    Persistence Mode                      : Enabled
    GPU UUID                              : GPU-bbbb
    MIG Mode
        Current                           : N/A
        Pending                           : N/A
`;

describe("parseSmiQuery", () => {
  it("reads each card's modes, each from its own section and block", () => {
    expect(parseSmiQuery(ANSWER)).toEqual({
      driver: "580.65.06",
      cards: [
        {
          ...{ uuid: "GPU-aaaa", name: "NVIDIA GH200 480GB", persistence: "Disabled", addressing: "ATS" },
          ...{ mig: "Disabled", remapPending: "Yes" },
        },
        {
          ...{ uuid: "GPU-bbbb", name: "NVIDIA H200", persistence: "Enabled", addressing: null },
          ...{ mig: null, remapPending: null },
        },
      ],
    });
  });

  it.each(["", "No devices were found", "garbage\0\u001b[31m"])("finds no card in %j", (text) => {
    expect(parseSmiQuery(text)).toEqual({ driver: null, cards: [] });
  });
});

describe("querySmi", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "smi-query-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function program(script: string): string {
    const path = join(directory, "nvidia-smi");
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }
  const never = new AbortController().signal;

  it("resolves with what the program says", async () => {
    expect(await querySmi(program('echo "asked for $1"'), never)).toBe("asked for -q\n");
  });

  it("rejects a status other than 0", async () => {
    await expect(querySmi(program("exit 9"), never)).rejects.toThrow("ended with status 9");
  });

  it("rejects a flood", async () => {
    await expect(querySmi(program("yes spam"), never)).rejects.toThrow("says too much");
  });

  it("leaves one that hangs alone, even when it ignores SIGTERM", async () => {
    const controller = new AbortController();
    const hanging = querySmi(program('trap "" TERM; sleep 5'), controller.signal);
    controller.abort();
    await expect(hanging).rejects.toThrow("did not answer");
  });
});
