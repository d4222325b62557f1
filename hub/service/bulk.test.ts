import { mkdtempSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createLog } from "../../shared/log.ts";
import type { BulkUp__Output, WireDown } from "../../shared/wire/bulk-codec.ts";
import { createRecorder } from "../../test/helpers/recorder.ts";
import { type BulkOptions, createBulk } from "./bulk.ts";
import type { OpenStream } from "./stream.ts";

const SHA = "ab".repeat(32);
const CHUNK_BYTES = 64 * 1024;
const fetchIt: BulkUp__Output = {
  kind: "open",
  open: { sessionId: "s", kind: "fetch", fetch: { sha256: SHA, offset: 0 } },
};

const path = join(mkdtempSync(join(tmpdir(), "bulk-")), "published");
writeFileSync(path, Buffer.alloc(3 * CHUNK_BYTES));

const uploadIt: BulkUp__Output = {
  kind: "open",
  open: { sessionId: "s", kind: "upload", upload: { token: 1, path: "a", bytes: 1, sha256: SHA } },
};

/** The handler on a stream that is as greedy as `wantsMore` says. */
function open(idleMs = 30_000, trouble = new Error("the disk is on fire")) {
  const written = createRecorder<WireDown>();
  const flow: string[] = [];
  const uploads: string[] = [];
  const logged: string[] = [];
  const greed = { wantsMore: true };
  const fail = async (): Promise<never> => {
    throw trouble;
  };
  const options: BulkOptions = {
    store: { resolve: () => path, beginUpload: fail, commit: fail },
    isLive: () => true,
    mayUpload: (_node, token) => token === 1,
    onUpload: (node, token) => void uploads.push(`${node} ${token}`),
    onStaged: () => {},
    idleMs,
    log: createLog({ level: "info", destination: { write: (line) => logged.push(line) } }),
  };
  const stream: OpenStream<WireDown> = {
    write: (message) => {
      written.push(message);
      return greed.wantsMore;
    },
    pause: () => flow.push("pause"),
    resume: () => flow.push("resume"),
    end: () => flow.push("end"),
    fail: () => flow.push("fail"),
  };
  const owner = createBulk(options)({ role: "agent", id: "alpha", via: "test" }, stream);
  return { owner, written, flow, logged, greed, uploads };
}

describe("createBulk", () => {
  it("reads and sends no further than the peer reads", async () => {
    const { owner, written, greed } = open();
    greed.wantsMore = false;
    owner.onMessage(fetchIt);
    for (let count = 1; count <= 4; count++) {
      await written.untilCount(count, () => true);
      expect(written.items).toHaveLength(count);
      owner.onDrain();
    }
    const kinds = written.items.map((message) => Object.keys(message)[0]);
    expect(kinds).toEqual(["resume", "chunk", "chunk", "chunk"]);
    owner.onEnd("done");
  });

  it("takes the next message only when it has answered the one before", async () => {
    const { owner, written, flow, greed } = open();
    greed.wantsMore = false;
    owner.onMessage(fetchIt);
    await written.until(() => true);
    expect(flow).toEqual(["pause"]);
    greed.wantsMore = true;
    owner.onDrain();
    await expect.poll(() => flow).toEqual(["pause", "resume"]);
    expect(written.items).toHaveLength(4);
    owner.onEnd("done");
  });

  it("stops reading the file when the peer has gone", async () => {
    const { owner, written, flow, greed } = open();
    greed.wantsMore = false;
    owner.onMessage(fetchIt);
    await written.until(() => true);
    owner.onEnd("the connection was lost");
    await expect.poll(() => flow).toEqual(["pause", "resume"]);
    expect(written.items).toHaveLength(1);
  });

  it("ends a stream whose peer does not read", async () => {
    const { owner, flow, greed } = open(10);
    greed.wantsMore = false;
    owner.onMessage(fetchIt);
    await expect.poll(() => flow).toContain("end");
  });

  it("tells of each upload that it lets in, and of no other", async () => {
    const { owner, written, uploads } = open();
    for (const token of [2, 1]) {
      const upload = { token, path: "a", bytes: 1, sha256: SHA };
      owner.onMessage({ kind: "open", open: { sessionId: "s", kind: "upload", upload } });
    }
    await written.untilCount(2, () => true);
    expect(uploads).toEqual(["alpha 1"]);
    owner.onEnd("done");
  });

  it("keeps what went wrong on its own side to its log", async () => {
    const { owner, written, logged } = open();
    owner.onMessage(uploadIt);
    expect(await written.until(() => true)).toEqual({
      failure: { code: "unavailable", message: "the hub could not do this: see its log" },
    });
    expect(logged.join()).toContain("the disk is on fire");
    owner.onEnd("done");
  });

  it("says that its disk is full, to be asked again, and calls nobody for it", async () => {
    const { ENOSPC } = constants.errno;
    const { owner, written, logged } = open(30_000, Object.assign(new Error("no space"), { errno: -ENOSPC }));
    owner.onMessage(uploadIt);
    expect(await written.until(() => true)).toEqual({
      failure: { code: "unavailable", message: "the disk of the hub is full" },
    });
    expect(logged.map((line) => JSON.parse(line).level)).toEqual(["warn"]);
    owner.onEnd("done");
  });
});
