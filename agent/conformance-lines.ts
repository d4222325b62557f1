/**
 * ConformanceLines: the stream around `conform`. A line ends at LF alone, because JSON may hold every other
 * line break between its tokens; a slow reader slows the answers down instead of filling memory, and one that
 * has seen enough ends the program quietly.
 */
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { StringDecoder } from "node:string_decoder";
import { conform } from "./core/conformance.ts";

/** A longer request is answered with an error and not kept. */
export const MAX_REQUEST_CHARS = 64 * 1024 * 1024;

/** Answers every line of `input` on `output`, in order, until the input ends or nobody reads any more. */
export async function answerLines(input: Readable, output: Writable): Promise<void> {
  try {
    await pipeline(input, answers, output);
  } catch (error) {
    if (!isClosedPipe(error)) throw error;
  }
}

async function* answers(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  for await (const line of linesOf(chunks)) {
    if (line === null)
      yield answered({ ok: false, error: `request has more than ${MAX_REQUEST_CHARS} characters` });
    else if (line.trim() !== "") yield answered(conform(line));
  }
}

/** The lines of a stream; null for one that is too long. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string | null> {
  const decoder = new StringDecoder("utf8");
  let pieces: string[] = [];
  let chars = 0;
  const keep = (piece: string): void => {
    chars += piece.length;
    if (chars <= MAX_REQUEST_CHARS) pieces.push(piece);
    else pieces = [];
  };
  const take = (): string | null => {
    const line = chars <= MAX_REQUEST_CHARS ? pieces.join("") : null;
    pieces = [];
    chars = 0;
    return line;
  };
  for await (const chunk of chunks) {
    const [first = "", ...rest] = decoder.write(chunk).split("\n");
    keep(first);
    for (const text of rest) {
      yield take();
      keep(text);
    }
  }
  keep(decoder.end());
  yield take();
}

function answered(answer: object): string {
  return `${JSON.stringify(answer)}\n`;
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}
