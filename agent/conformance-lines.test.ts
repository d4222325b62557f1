import { PassThrough, Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { answerLines, MAX_REQUEST_CHARS } from "./conformance-lines.ts";

const POLL = '{"op":"pollInterval","watched":"gpu","level":"critical"}';
const ANSWER = '{"ok":true,"op":"pollInterval","result":{"intervalMs":500}}';

async function answersTo(chunks: readonly (string | Buffer)[]): Promise<readonly string[]> {
  const output = new PassThrough();
  const written = text(output);
  await answerLines(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), output);
  return (await written).split("\n").slice(0, -1);
}

describe("answerLines", () => {
  it.each([
    ["ends with LF", [`${POLL}\n`], 1],
    ["ends with CRLF", [`${POLL}\r\n${POLL}\r\n`], 2],
    ["ends with nothing", [`${POLL}\n${POLL}`], 2],
    ["has blank lines", [`\n\n${POLL}\n \r\n`], 1],
    ["comes in pieces", [...`${POLL}\n${POLL}`], 2],
    ["holds a lone CR between tokens", [POLL.replace(",", ",\r")], 1],
    ["starts with a byte order mark", [`\ufeff${POLL}\n`], 1],
    ["is empty", [], 0],
  ])("answers input that %s", async (_what, chunks, count) => {
    expect(await answersTo(chunks)).toEqual(Array.from({ length: count }, () => ANSWER));
  });

  it("does not take a line separator inside a string for the end of a line", async () => {
    const request = { op: "touch", id: "a\u2028b", nowMs: 0, state: { totalBytes: 1 } };
    expect(await answersTo([`${JSON.stringify(request)}\n${POLL}\n`])).toHaveLength(2);
  });

  it("puts a character together that two chunks share, and answers bytes that are no text", async () => {
    const [head, tail] = [Buffer.from([0x22, 0xc3]), Buffer.from([0xa9, 0x22, 0x0a])];
    const answers = await answersTo([head, tail, Buffer.from([0xff, 0xfe, 0x0a]), POLL]);
    expect(answers.map((answer) => JSON.parse(answer).error ?? "well")).toEqual([
      "request must be an object",
      "request is not JSON",
      "well",
    ]);
  });

  it("answers a request beyond its bound with an error and goes on", async () => {
    const mebibyte = Buffer.alloc(1024 * 1024, "x");
    const chunks = Array.from({ length: MAX_REQUEST_CHARS / mebibyte.length + 1 }, () => mebibyte);
    const [first = "", second] = await answersTo([...chunks, `\n${POLL}`]);
    expect(JSON.parse(first)).toMatchObject({
      ok: false,
      error: expect.stringContaining("request has more"),
    });
    expect(second).toBe(ANSWER);
  });

  it("ends quietly when nobody reads any more", async () => {
    const closed = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
    const output = new Writable({ write: (_chunk, _encoding, done) => done(closed) });
    await expect(answerLines(Readable.from([Buffer.from(POLL)]), output)).resolves.toBeUndefined();
  });

  it("does not swallow another failure", async () => {
    const full = Object.assign(new Error("write ENOSPC"), { code: "ENOSPC" });
    const output = new Writable({ write: (_chunk, _encoding, done) => done(full) });
    await expect(answerLines(Readable.from([Buffer.from(POLL)]), output)).rejects.toThrow("ENOSPC");
  });
});
