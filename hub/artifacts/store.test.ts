import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { OutputFile } from "../../shared/model/job.ts";
import { MANIFEST_LIMITS, manifestText } from "../../shared/model/manifest.ts";
import { type ArtifactStore, openArtifactStore } from "./store.ts";

const TOKEN = 7;
let root: string;
let store: ArtifactStore;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "artifacts-"));
  store = await openArtifactStore(root);
});

const outputOf = (path: string, content: string): OutputFile => ({
  path,
  bytes: Buffer.byteLength(content),
  sha256: createHash("sha256").update(content).digest("hex"),
});
const CONTENTS: Readonly<Record<string, string>> = { "a.json": "{}", "frames/0.webp": "frame", empty: "" };
const FILES = Object.entries(CONTENTS).map(([path, content]) => outputOf(path, content));
const TEXT = manifestText(FILES);

async function put(token: number, path: string, content: string): Promise<boolean> {
  const upload = await store.beginUpload(token, outputOf(path, content));
  await upload.append(Buffer.from(content).subarray(upload.offset));
  return upload.finish();
}
async function putAll(token = TOKEN): Promise<void> {
  for (const [path, content] of Object.entries(CONTENTS)) {
    const upload = await store.beginUpload(token, outputOf(path, content));
    if (upload.offset < content.length) await upload.append(Buffer.from(content));
    expect(await upload.finish()).toBe(true);
  }
}
const staged = (path = ""): string => join(root, "hub/staging", path);
const rendered = (path = ""): string => join(root, "renders", path);
/** Tokens whose outputs are complete. */
const committed = (): readonly string[] =>
  readdirSync(staged()).filter((token) => existsSync(staged(`${token}/manifest.json`)));
const restart = async (): Promise<void> => {
  store = await openArtifactStore(root);
};
const refused = (reason: string) =>
  expect.objectContaining({ code: "invalid", message: expect.stringContaining(reason) });

describe("uploads", () => {
  it("resume where they were cut, also by a restart", async () => {
    const file = outputOf("a", "0123456789");
    const first = await store.beginUpload(TOKEN, file);
    await first.append(Buffer.from("0123"));
    await first.close();
    await restart();
    const second = await store.beginUpload(TOKEN, file);
    expect(second.offset).toBe(4);
    await second.append(Buffer.from("456789"));
    expect(await second.finish()).toBe(true);
    expect(readFileSync(staged("7/a"), "utf8")).toBe("0123456789");
  });

  it("are not repeated for what is there, also after a restart", async () => {
    await put(TOKEN, "a", "same");
    expect((await store.beginUpload(TOKEN, outputOf("a", "same"))).offset).toBe(4);
    await restart();
    expect((await store.beginUpload(TOKEN, outputOf("a", "same"))).offset).toBe(4);
  });

  it("start again when a crash left other bytes of the same size", async () => {
    await put(TOKEN, "a", "good");
    writeFileSync(staged("7/a"), "\0\0\0\0");
    await restart();
    expect((await store.beginUpload(TOKEN, outputOf("a", "good"))).offset).toBe(0);
    expect(await put(TOKEN, "a", "good")).toBe(true);
    expect(readFileSync(staged("7/a"), "utf8")).toBe("good");
  });

  it("with a wrong hash leave nothing", async () => {
    const upload = await store.beginUpload(TOKEN, { ...outputOf("a", "good"), path: "a" });
    await upload.append(Buffer.from("evil"));
    expect(await upload.finish()).toBe(false);
    expect(existsSync(staged("7/a"))).toBe(false);
    expect(readdirSync(staged("7.parts"))).toEqual([]);
  });

  it("with too many bytes are refused", async () => {
    const upload = await store.beginUpload(TOKEN, outputOf("a", "1"));
    await expect(upload.append(Buffer.from("12"))).rejects.toEqual(refused("more than the announced 1"));
  });

  it("hand over to a newer upload of the same file", async () => {
    const file = outputOf("a", "0123");
    const old = await store.beginUpload(TOKEN, file);
    await old.append(Buffer.from("01"));
    const newer = await store.beginUpload(TOKEN, file);
    expect(newer.offset).toBe(2);
    await expect(old.append(Buffer.from("23"))).rejects.toThrow();
    await expect(old.finish()).rejects.toThrow("a newer upload");
    await newer.append(Buffer.from("23"));
    expect(await newer.finish()).toBe(true);
  });

  it.each(["../x", "/etc/x", "a/../../x", "a\\b", "a\0b", "manifest.json", ""])(
    "refuse the path %j",
    async (path) => {
      await expect(store.beginUpload(TOKEN, outputOf(path, "x"))).rejects.toMatchObject({ code: "invalid" });
      expect(readdirSync(staged())).toEqual([]);
    },
  );

  it("follow no link planted in staging", async () => {
    const outside = mkdtempSync(join(tmpdir(), "outside-"));
    writeFileSync(join(outside, "victim"), "precious");
    const upload = await store.beginUpload(TOKEN, outputOf("sub/victim", "x"));
    const direct = await store.beginUpload(TOKEN, outputOf("link", "y"));
    mkdirSync(staged("7"));
    symlinkSync(outside, staged("7/sub"));
    symlinkSync(join(outside, "victim"), staged("7/link"));
    await upload.append(Buffer.from("x"));
    await expect(upload.finish()).rejects.toEqual(refused('"7/sub" is not a directory'));
    await direct.append(Buffer.from("y"));
    expect(await direct.finish()).toBe(true);
    await restart();
    await expect(store.beginUpload(TOKEN, outputOf("z", "z"))).rejects.toEqual(refused('"sub" is neither'));
    expect(readdirSync(outside)).toEqual(["victim"]);
    expect(readFileSync(join(outside, "victim"), "utf8")).toBe("precious");
  });

  it("refuse a file where a directory is and a directory where a file is", async () => {
    await put(TOKEN, "a/b", "1");
    await expect(put(TOKEN, "a", "2")).rejects.toEqual(refused('"a" is a directory'));
    await put(TOKEN, "c", "3");
    await expect(put(TOKEN, "c/d", "4")).rejects.toEqual(refused('"7/c" is not a directory'));
  });

  it("stop at the quota of a token, counting what is announced and what a restart found", async () => {
    const half = { ...outputOf("a", "1"), bytes: MANIFEST_LIMITS.totalBytes / 2 };
    await store.beginUpload(TOKEN, half);
    await put(TOKEN, "b", "2");
    const other = { ...outputOf("c", "3"), bytes: MANIFEST_LIMITS.totalBytes / 2 };
    await expect(store.beginUpload(TOKEN, other)).rejects.toEqual(refused("larger than"));
    await store.beginUpload(TOKEN, { ...other, bytes: other.bytes - 1 });
    await store.beginUpload(TOKEN + 1, other);
  });

  it("stop at the number of files that a manifest may list", async () => {
    mkdirSync(staged("7"));
    for (let i = 0; i < MANIFEST_LIMITS.files; i++) writeFileSync(staged(`7/${i}`), "");
    await expect(put(TOKEN, "one-more", "x")).rejects.toEqual(refused("more than 512 files"));
  });
});

describe("commit", () => {
  it("says the hash of the manifest when everything is there, as often as it is asked", async () => {
    await putAll();
    const manifestSha256 = createHash("sha256").update(TEXT).digest("hex");
    const expected = { token: TOKEN, manifestSha256, files: JSON.parse(TEXT).files };
    expect(await store.commit(TOKEN, TEXT)).toEqual(expected);
    expect(await store.commit(TOKEN, TEXT)).toEqual(expected);
    expect(existsSync(staged("7.parts"))).toBe(false);
    await restart();
    expect(committed()).toEqual(["7"]);
    expect(await store.commit(TOKEN, TEXT)).toEqual(expected);
  });

  it.each([
    ["a file that never came", [...FILES, outputOf("ghost", "x")], '"ghost" has not arrived'],
    ["another size", FILES.map((file) => ({ ...file, bytes: file.bytes + 1 })), "has not arrived as listed"],
    ["another hash", FILES.map((file) => ({ ...file, sha256: "0".repeat(64) })), "has not arrived as listed"],
    ["a file too few", FILES.slice(1), '"a.json" is not listed'],
  ])("refuses a manifest with %s", async (_name, files, reason) => {
    await putAll();
    await expect(store.commit(TOKEN, manifestText(files))).rejects.toEqual(refused(reason));
    expect(committed()).toEqual([]);
    await store.commit(TOKEN, TEXT);
  });

  it("refuses too many files, an escape and a text that is not canonical", async () => {
    const many = Array.from({ length: MANIFEST_LIMITS.files + 1 }, (_, i) => outputOf(`f${i}`, ""));
    await expect(store.commit(TOKEN, manifestText(many))).rejects.toEqual(refused("more than 512"));
    const outward = manifestText([outputOf("../x", "")]);
    await expect(store.commit(TOKEN, outward)).rejects.toEqual(refused('".."'));
    await expect(store.commit(TOKEN, `${TEXT} `)).rejects.toEqual(refused("canonical"));
  });

  it("clears away the manifest that an earlier process had not finished", async () => {
    await putAll();
    writeFileSync(staged(`${TOKEN}/.manifest.json.1151.138`), TEXT.slice(0, 9));
    await restart();
    await store.commit(TOKEN, TEXT);
    await store.publish(TOKEN, "job-1");
    expect(readdirSync(rendered("job-1")).sort()).toEqual(["a.json", "empty", "frames", "manifest.json"]);
  });

  it("reads what an earlier process left before it believes it", async () => {
    await putAll();
    writeFileSync(staged("7/frames/0.webp"), "fr\0me");
    await restart();
    await expect(store.commit(TOKEN, TEXT)).rejects.toEqual(refused('"frames/0.webp" has not arrived'));
  });

  it("closes the outputs of the token", async () => {
    await putAll();
    await store.commit(TOKEN, TEXT);
    await expect(put(TOKEN, "late", "x")).rejects.toEqual(refused("outputs are complete without"));
    await put(TOKEN + 1, "b", "b");
    const other = manifestText([outputOf("b", "b")]);
    await expect(store.commit(TOKEN, other)).rejects.toEqual(refused("another manifest"));
  });
});

describe("publish", () => {
  it("makes a whole directory appear and its files resolvable", async () => {
    await putAll();
    await store.commit(TOKEN, TEXT);
    await store.publish(TOKEN, "j_000001");
    for (const file of FILES) {
      const path = store.resolve(file.sha256);
      expect(path).toBe(rendered(`j_000001/${file.path}`));
      expect(readFileSync(path ?? "", "utf8")).toBe(CONTENTS[file.path]);
    }
    expect(readFileSync(rendered("j_000001/manifest.json"), "utf8")).toBe(TEXT);
    expect(readdirSync(staged())).toEqual([]);
    expect(store.resolve("0".repeat(64))).toBeNull();
  });

  it("may be repeated, before and after a restart", async () => {
    await putAll();
    await store.commit(TOKEN, TEXT);
    await store.publish(TOKEN, "j_000001");
    await store.publish(TOKEN, "j_000001");
    await restart();
    await store.publish(TOKEN, "j_000001");
    expect(store.resolve(FILES[0]?.sha256 ?? "")).toBe(rendered("j_000001/a.json"));
  });

  it("refuses what has not been committed", async () => {
    await putAll();
    await expect(store.publish(TOKEN, "j_000001")).rejects.toMatchObject({ code: "notFound" });
    await expect(store.publish(99, "j_000002")).rejects.toMatchObject({ code: "notFound" });
    expect(readdirSync(rendered())).toEqual([]);
  });

  it("never replaces what a job has published", async () => {
    await putAll();
    await store.commit(TOKEN, TEXT);
    await store.publish(TOKEN, "j_000001");
    await put(8, "other", "other");
    await store.commit(8, manifestText([outputOf("other", "other")]));
    await expect(store.publish(8, "j_000001")).rejects.toMatchObject({ code: "alreadyExists" });
    expect(readFileSync(rendered("j_000001/manifest.json"), "utf8")).toBe(TEXT);
  });

  it.each(["../x", "a/b", "", "."])("takes %j for a bug and not for a job", async (jobId) => {
    await expect(store.publish(TOKEN, jobId)).rejects.toThrow("invariant broken");
  });

  it("finishes after a crash at any step, and nothing half done ever looks published", async () => {
    const steps: readonly (() => Promise<unknown>)[] = [
      () => put(TOKEN, "a.json", "{}"),
      () => put(TOKEN, "frames/0.webp", "frame"),
      async () => (await store.beginUpload(TOKEN, outputOf("empty", ""))).finish(),
      () => store.commit(TOKEN, TEXT),
      () => store.publish(TOKEN, "j_000001"),
    ];
    for (let done = 0; done <= steps.length; done++) {
      rmSync(root, { recursive: true });
      await restart();
      for (const step of steps.slice(0, done)) await step();
      await restart();
      expect(readdirSync(rendered())).toEqual(done === steps.length ? ["j_000001"] : []);
      expect(committed()).toHaveLength(done === 4 ? 1 : 0);
      if (done < steps.length) await putAll();
      if (done < steps.length) await store.commit(TOKEN, TEXT);
      await store.publish(TOKEN, "j_000001");
      expect(store.resolve(outputOf("", "frame").sha256)).toBe(rendered("j_000001/frames/0.webp"));
    }
  });
});

describe("the store at its start", () => {
  it("rebuilds the index from the manifests and names what it cannot read", async () => {
    await putAll();
    await store.commit(TOKEN, TEXT);
    await store.publish(TOKEN, "j_000001");
    mkdirSync(rendered("holiday"));
    mkdirSync(rendered("broken"));
    writeFileSync(rendered("broken/manifest.json"), '{"files":[{"path":"../../etc/passwd"');
    await restart();
    expect([...store.unreadable].sort()).toEqual(["broken", "holiday"]);
    expect(FILES.map(({ sha256 }) => store.resolve(sha256) !== null)).toEqual([true, true, true]);
  });

  it("reaps the staging of tokens that nobody holds, arriving files included", async () => {
    await putAll(1);
    await store.commit(1, TEXT);
    await putAll(2);
    await (await store.beginUpload(3, outputOf("a", "never sent"))).close();
    mkdirSync(staged("notes"));
    expect(await store.reapStaging((token) => token === 2)).toEqual([1, 3]);
    expect(readdirSync(staged()).sort()).toEqual(["2", "2.parts", "notes"]);
  });
});
