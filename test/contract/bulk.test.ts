import { createHash, randomBytes } from "node:crypto";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openInputCache } from "../../agent/link/cache.ts";
import type { RunningServer } from "../../hub/service/server.ts";
import { systemClock } from "../../shared/clock.ts";
import type { OutputFile } from "../../shared/model/job.ts";
import { manifestText } from "../../shared/model/manifest.ts";
import { encodeBulkUp } from "../../shared/wire/bulk-codec.ts";
import { type BulkRig, createBulkRig, outputsIn, uploadOf } from "../helpers/bulk-rig.ts";

const MIB = 1024 * 1024;
const TOKEN = 7;
const SHA_OF_NOTHING = "0".repeat(64);

let rig: BulkRig;
let hub: RunningServer;
beforeEach(async () => {
  rig = await createBulkRig();
  hub = await rig.startHub();
});
afterEach(() => rig.stop());

const fileOf = (path: string, content: string): OutputFile => ({
  path,
  bytes: Buffer.byteLength(content),
  sha256: createHash("sha256").update(content).digest("hex"),
});
const fetchOf = (node: string, sha256: string, offset = 0) =>
  encodeBulkUp({ kind: "fetch", sessionId: `session-${node}`, sha256, offset });
const chunkOf = (content: string) => encodeBulkUp({ kind: "chunk", data: Buffer.from(content) });
const commitOf = (token: number, text: string) => encodeBulkUp({ kind: "commit", token, manifestText: text });
const failure = (code: string, message = "") => ({
  kind: "failure",
  code,
  message: expect.stringContaining(message),
});
const onPublished = async (content: Buffer | string): Promise<OutputFile> => {
  const { directory, files } = await outputsIn(rig, { content });
  await rig.agent("maker", 99).upload({ token: 99, directory, files });
  await rig.store().publish(99, "j_000099");
  const [file] = files;
  if (file === undefined) throw new Error("nothing was published");
  return file;
};

describe("outputs of an attempt", () => {
  it("reach the hub, are published and come back to another node as they were", async () => {
    const contents = {
      "render.json": "{}",
      "render.webm": randomBytes(3 * MIB + 17),
      "frames/0000.webp": randomBytes(10_000),
      "frames/exact.bin": randomBytes(2 * 64 * 1024),
      "log/empty": "",
    };
    const { directory, files } = await outputsIn(rig, contents);
    const { manifestSha256 } = await rig.agent("alpha", TOKEN).upload({ token: TOKEN, directory, files });
    expect(manifestSha256).toBe(createHash("sha256").update(manifestText(files)).digest("hex"));
    expect(rig.staged).toEqual([{ token: TOKEN, manifestSha256, files }]);

    await rig.store().publish(TOKEN, "j_000001");
    const beta = rig.agent("beta", 8);
    for (const file of files) {
      const path = join(rig.root, `fetched-${file.sha256}`);
      await beta.fetch(file, path);
      expect(readFileSync(path).equals(Buffer.from(contents[file.path as keyof typeof contents]))).toBe(true);
    }
  });

  it("are offered once on one stream, so that a commit costs one round trip", async () => {
    const path = "d".repeat(200);
    const { directory, files } = await outputsIn(rig, { [path]: "small" });
    const alpha = rig.agent("alpha", TOKEN);
    rig.leases.add(`alpha ${TOKEN + 1}`);
    await alpha.upload({ token: TOKEN, directory, files });
    const upBytes = (): number => rig.wire.traffic.reduce((sum, { up }) => sum + up, 0);
    const before = upBytes();
    await alpha.upload({ token: TOKEN + 1, directory, files });
    // Its name is in the opening and in the manifest.
    expect(upBytes() - before).toBeGreaterThan(2 * path.length);
    expect(upBytes() - before).toBeLessThan(4 * path.length);
  });

  it("go on where the wire was cut, and only the rest is sent", async () => {
    const { directory, files } = await outputsIn(rig, { big: randomBytes(8 * MIB), small: "x" });
    const alpha = rig.agent("alpha", TOKEN);
    rig.wire.cutAt = { direction: "up", bytes: 4 * MIB };
    await alpha.upload({ token: TOKEN, directory, files });
    const sent = rig.wire.traffic.map(({ up }) => up);
    expect(Math.max(...sent)).toBeLessThan(5 * MIB);
    // At most what was in flight when the wire was cut is sent twice.
    expect(sent.reduce((sum, up) => sum + up)).toBeLessThan(9 * MIB);
    expect(rig.staged).toHaveLength(1);
  });

  it("survive a hub that restarts between two files", async () => {
    const { directory, files } = await outputsIn(rig, { a: "1", b: randomBytes(MIB) });
    const alpha = rig.agent("alpha", TOKEN);
    const raw = rig.raw("alpha");
    await raw.ask(uploadOf("alpha", TOKEN, fileOf("a", "1")));
    expect(await raw.ask(chunkOf("1"))).toEqual({ kind: "ack", offset: 1 });
    raw.close();
    await hub.stop();
    await rig.startHub();
    await alpha.upload({ token: TOKEN, directory, files });
    expect(rig.staged).toHaveLength(1);
  });

  it("that are staged twice, because the answer was lost, are staged once more", async () => {
    const { directory, files } = await outputsIn(rig, { a: "1", b: "2" });
    const alpha = rig.agent("alpha", TOKEN);
    const first = await alpha.upload({ token: TOKEN, directory, files });
    expect(await alpha.upload({ token: TOKEN, directory, files })).toEqual(first);
  });

  it("that changed after they were hashed are refused for good", async () => {
    const { directory, files } = await outputsIn(rig, { a: "good" });
    writeFileSync(join(directory, "a"), "evil");
    const upload = rig.agent("alpha", TOKEN).upload({ token: TOKEN, directory, files });
    await expect(upload).rejects.toMatchObject({ code: "invalid", failure: "mismatch" });
    truncateSync(join(directory, "a"), 2);
    const shorter = rig.agent("alpha", TOKEN).upload({ token: TOKEN, directory, files });
    await expect(shorter).rejects.toMatchObject({ code: "invalid" });
    expect(rig.staged).toEqual([]);
  });

  it("of a stale token are refused at once, and the client works on", async () => {
    const { directory, files } = await outputsIn(rig, { a: "1" });
    const alpha = rig.agent("alpha", TOKEN);
    const stale = alpha.upload({ token: TOKEN + 1, directory, files });
    await expect(stale).rejects.toMatchObject({ code: "refused", failure: "stale" });
    const connections = rig.wire.traffic.length;
    await alpha.upload({ token: TOKEN, directory, files });
    expect(rig.staged).toMatchObject([{ token: TOKEN }]);
    expect(rig.wire.traffic).toHaveLength(connections);
  });

  it("wait for a session a few times and then say that it is worth trying later", async () => {
    const { directory, files } = await outputsIn(rig, { a: "1" });
    const alpha = rig.agent("alpha", TOKEN);
    rig.detached.add("alpha");
    const upload = alpha.upload({ token: TOKEN, directory, files });
    await expect(upload).rejects.toMatchObject({ code: "unavailable" });
    rig.detached.clear();
    await alpha.upload({ token: TOKEN, directory, files });
  });

  it("whose lease ends between the files and the commit are not staged", async () => {
    const raw = rig.raw("alpha");
    rig.leases.add(`alpha ${TOKEN}`);
    const file = fileOf("a", "1");
    await raw.ask(uploadOf("alpha", TOKEN, file));
    await raw.ask(chunkOf("1"));
    rig.leases.clear();
    expect(await raw.ask(commitOf(TOKEN, manifestText([file])))).toEqual(failure("stale"));
    expect(rig.staged).toEqual([]);
  });
});

describe("a fetch", () => {
  it("goes on where the wire was cut, and only the rest is sent", async () => {
    const content = randomBytes(8 * MIB);
    const file = await onPublished(content);
    const carried = rig.wire.traffic.length;
    rig.wire.cutAt = { direction: "down", bytes: 4 * MIB };
    const path = join(rig.root, "fetched");
    await rig.agent("beta", 8).fetch(file, path);
    expect(readFileSync(path).equals(content)).toBe(true);
    const sent = rig.wire.traffic.slice(carried).map(({ down }) => down);
    expect(Math.max(...sent)).toBeLessThan(5 * MIB);
    expect(sent.reduce((sum, down) => sum + down)).toBeLessThan(9 * MIB);
  });

  it("of what nobody has published fails at once, and the client works on", async () => {
    const file = await onPublished("here");
    const beta = rig.agent("beta", 8);
    const path = join(rig.root, "fetched");
    const unknown = beta.fetch({ sha256: SHA_OF_NOTHING, bytes: 4 }, path);
    await expect(unknown).rejects.toMatchObject({ code: "notFound", failure: "notFound" });
    await beta.fetch(file, path);
    expect(readFileSync(path, "utf8")).toBe("here");
  });

  it("of a file that was spoilt on the hub leaves nothing behind", async () => {
    const file = await onPublished("good");
    writeFileSync(rig.store().resolve(file.sha256) ?? "", "evil");
    const path = join(rig.root, "fetched");
    await expect(rig.agent("beta", 8).fetch(file, path)).rejects.toMatchObject({ failure: "mismatch" });
    expect(() => readFileSync(path)).toThrow("ENOENT");
  });

  it("does not happen for what the node has fetched or made before", async () => {
    const file = await onPublished("input");
    const beta = rig.agent("beta", 8);
    const directory = join(rig.root, "cache");
    const cache = await openInputCache({ directory, maxBytes: MIB, fetch: beta.fetch, clock: systemClock });
    await cache.provide([{ ...file, path: "first" }], rig.root);
    await beta.stop();
    await rig.wire.quiet();
    const carried = rig.wire.traffic.length;
    await cache.provide([{ ...file, path: "second" }], rig.root);
    expect(readFileSync(join(rig.root, "second"), "utf8")).toBe("input");
    expect(rig.wire.traffic).toHaveLength(carried);
  });
});

describe("one stream", () => {
  beforeEach(() => {
    rig.leases.add(`alpha ${TOKEN}`);
  });
  const good = fileOf("good", "good");
  const openings: readonly (readonly [name: string, code: string, reason: string, message: object])[] = [
    ["a stale token", "stale", "token 8", uploadOf("alpha", 8, good)],
    ["a token of another node", "stale", "token 9", uploadOf("alpha", 9, good)],
    ["a session of another node", "detached", "", uploadOf("beta", TOKEN, good)],
    ["a path out of staging", "invalid", '".."', uploadOf("alpha", TOKEN, fileOf("../x", "x"))],
    ["an absolute path", "invalid", "absolute", uploadOf("alpha", TOKEN, fileOf("/etc/x", "x"))],
    ["the manifest's own name", "invalid", "own name", uploadOf("alpha", TOKEN, fileOf("manifest.json", ""))],
    ["more bytes than may be", "invalid", "larger", uploadOf("alpha", TOKEN, { ...good, bytes: 2 ** 50 })],
    ["an empty message", "invalid", "bulk:", {}],
    ["a chunk without an opening", "invalid", "without an opening", chunkOf("x")],
    ["a chunk of 64 KiB and a byte", "invalid", "chunk.data", { chunk: { data: Buffer.alloc(65_537) } }],
    ["a commit before any opening", "detached", "", commitOf(TOKEN, manifestText([good]))],
    ["an unknown content", "notFound", SHA_OF_NOTHING, fetchOf("alpha", SHA_OF_NOTHING)],
  ];
  it.each(openings)("refuses %s as %s and goes on", async (_name, code, reason, message) => {
    rig.leases.add("beta 9");
    const raw = rig.raw("alpha");
    expect(await raw.ask(message)).toEqual(failure(code, reason));
    expect(await raw.ask(uploadOf("alpha", TOKEN, good))).toEqual({ kind: "resume", offset: 0, bytes: 4 });
    expect(await raw.ask(chunkOf("good"))).toEqual({ kind: "ack", offset: 4 });
  });

  it("refuses a manifest that does not match what has arrived, and accepts the right one after", async () => {
    const raw = rig.raw("alpha");
    await raw.ask(uploadOf("alpha", TOKEN, good));
    await raw.ask(chunkOf("good"));
    const extra = manifestText([good, fileOf("ghost", "x")]);
    expect(await raw.ask(commitOf(TOKEN, extra))).toEqual(failure("invalid", '"ghost" has not arrived'));
    const many = Array.from({ length: 513 }, (_, i) => fileOf(`f${i}`, ""));
    expect(await raw.ask(commitOf(TOKEN, manifestText(many)))).toEqual(failure("invalid", "more than 512"));
    expect(await raw.ask(commitOf(TOKEN, "{"))).toEqual(failure("invalid", "manifest is not"));
    expect(await raw.ask(commitOf(TOKEN, manifestText([good])))).toEqual({ kind: "ack", offset: 4 });
  });

  it("drops what was sent after a failure until the next opening", async () => {
    const raw = rig.raw("alpha");
    await raw.ask(uploadOf("alpha", TOKEN, fileOf("a", "right")));
    raw.send(chunkOf("wrong"));
    raw.send(chunkOf("and more"));
    expect(await raw.next()).toEqual(failure("mismatch"));
    raw.send(chunkOf("and more"));
    expect(await raw.ask(uploadOf("alpha", TOKEN, good))).toEqual({ kind: "resume", offset: 0, bytes: 4 });
  });

  it("refuses an offset beyond the end of a published file", async () => {
    const file = await onPublished("four");
    const raw = rig.raw("alpha");
    expect(await raw.ask(fetchOf("alpha", file.sha256, 5))).toEqual(failure("invalid", "4 bytes"));
    expect(await raw.ask(fetchOf("alpha", file.sha256, 4))).toEqual({ kind: "resume", offset: 4, bytes: 4 });
  });

  it("is not disturbed by what another one does", async () => {
    const { directory, files } = await outputsIn(rig, { big: randomBytes(4 * MIB) });
    const upload = rig.agent("alpha", TOKEN).upload({ token: TOKEN, directory, files });
    const beta = rig.agent("beta", 8);
    const other = await outputsIn(rig, { big: randomBytes(4 * MIB) });
    const raw = rig.raw("beta");
    for (let i = 0; i < 20; i++) {
      expect(await raw.ask(uploadOf("beta", TOKEN, good))).toEqual(failure("stale"));
    }
    raw.send(uploadOf("beta", 8, good));
    raw.close();
    await Promise.all([upload, beta.upload({ token: 8, ...other })]);
    expect(rig.staged.map(({ token }) => token).sort()).toEqual([TOKEN, 8]);
  });

  it("is closed by the hub when nothing moves on it", async () => {
    await hub.stop();
    await rig.startHub(20);
    rig.leases.add(`alpha ${TOKEN}`);
    const raw = rig.raw("alpha");
    expect(await raw.ask(uploadOf("alpha", TOKEN, good))).toMatchObject({ kind: "resume" });
    expect(await raw.next()).toBe("ended");
  });

  it("is closed by the agent when it is not needed, and opened again when it is", async () => {
    const { directory, files } = await outputsIn(rig, { a: "1" });
    const alpha = rig.agent("alpha", TOKEN);
    await alpha.upload({ token: TOKEN, directory, files });
    await rig.wire.quiet();
    const carried = rig.wire.traffic.length;
    rig.leases.add("alpha 8");
    await alpha.upload({ token: 8, directory, files });
    expect(rig.wire.traffic.length).toBeGreaterThan(carried);
  });
});
