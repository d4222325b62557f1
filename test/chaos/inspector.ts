/**
 * Inspector: where a Node process is in its JavaScript, asked from outside. The inspector has a thread of its own,
 * so it answers for a process that loops and hears nothing else. As much WebSocket as that takes.
 */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { describeError } from "../../shared/errors.ts";
import { delay } from "../../shared/loop.ts";

interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly location: { readonly lineNumber: number };
}

const LIMIT_MS = 8_000;
const FRAMES_MAX = 40;
const TEXT_FINAL = 0x81;
const MASKED = 0x80;
const LENGTH_IN_2 = 126;
const LENGTH_IN_8 = 127;

/** Pauses the process, reads its stack and lets it go. @param url as Node says it: ws://HOST:PORT/ID */
export async function javascriptStack(url: string): Promise<string> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  try {
    return await Promise.race([askFrames(socket, pathname), delay(LIMIT_MS).then(() => STUCK)]);
  } catch (error) {
    return `the inspector failed: ${describeError(error)}\n`;
  } finally {
    socket.destroy();
  }
}

const STUCK = `JavaScript did not pause within ${LIMIT_MS} ms: it is in native code and does not come back\n`;

async function askFrames(socket: Socket, path: string): Promise<string> {
  const key = randomBytes(16).toString("base64");
  const upgrade = [
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
  ];
  socket.write([`GET ${path} HTTP/1.1`, ...upgrade, `Sec-WebSocket-Key: ${key}`, "", ""].join("\r\n"));
  let waiting: Buffer = Buffer.alloc(0);
  let isOpen = false;
  for await (const chunk of socket) {
    waiting = Buffer.concat([waiting, chunk as Buffer]);
    if (!isOpen) {
      const end = waiting.indexOf("\r\n\r\n");
      if (end < 0) continue;
      isOpen = true;
      waiting = waiting.subarray(end + 4);
      for (const method of ["Debugger.enable", "Debugger.pause"]) send(socket, method);
    }
    for (let next = takeText(waiting); next !== null; next = takeText(waiting)) {
      waiting = next.rest;
      const { method, params } = JSON.parse(next.text);
      if (method === "Debugger.paused") return drawFrames(params.callFrames);
    }
  }
  throw new Error("it closed the connection");
}

function send(socket: Socket, method: string): void {
  const payload = Buffer.from(JSON.stringify({ id: 1, method }));
  const mask = randomBytes(4);
  for (const [at, byte] of payload.entries()) payload[at] = byte ^ (mask[at % 4] ?? 0);
  socket.write(Buffer.concat([Buffer.of(TEXT_FINAL, MASKED | payload.length), mask, payload]));
}

/** The first message of what has arrived; null while it is not whole. */
function takeText(data: Buffer): { readonly text: string; readonly rest: Buffer } | null {
  const short = data[1];
  if (short === undefined) return null;
  const start = short === LENGTH_IN_8 ? 10 : short === LENGTH_IN_2 ? 4 : 2;
  if (data.length < start) return null;
  const length =
    short === LENGTH_IN_8
      ? Number(data.readBigUInt64BE(2))
      : short === LENGTH_IN_2
        ? data.readUInt16BE(2)
        : short;
  if (data.length < start + length) return null;
  return { text: data.toString("utf8", start, start + length), rest: data.subarray(start + length) };
}

function drawFrames(frames: readonly Frame[]): string {
  return frames
    .slice(0, FRAMES_MAX)
    .map(
      ({ functionName, url, location }) => `  ${functionName || "?"} (${url}:${location.lineNumber + 1})\n`,
    )
    .join("");
}
