import { createHmac } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Notice } from "../core/notify/notice.ts";
import { type ChannelConfig, describeChannel, sendTo } from "./channel.ts";

const NOTICE: Notice = {
  id: "event-42",
  topic: "wedged",
  severity: "critical",
  subject: "j_000001",
  title: "größer $(touch /tmp/never) als gedacht",
  text: "a process is stuck in \u001b[31m the kernel",
  wallMs: 1_700_000_000_000,
  node: "alpha",
  campaign: null,
};

interface Heard {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

let root = "";
let server: Server;
let url = "";
let heard: Heard[] = [];
let answer: (response: ServerResponse) => void = (response) => response.end("ok");

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "notify-"));
  heard = [];
  answer = (response) => response.end("ok");
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    heard.push({ path: request.url ?? "", headers: request.headers, body });
    answer(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true });
});

const COMMON = { limit: { count: 1, windowMs: 1 }, timeoutMs: 1_000 } as const;

function send(channel: ChannelConfig, timeoutMs = 5_000): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  return sendTo(channel, NOTICE, { root, signal, wallMs: 1_700_000_000_123 });
}

function webhook(secretFile: string | null = null, path = "/hook"): ChannelConfig {
  return { ...COMMON, kind: "webhook", url: `${url}${path}`, secretFile };
}

function secret(name: string, text: string, mode = 0o600): string {
  writeFileSync(join(root, name), text, { mode });
  return name;
}

describe("a webhook", () => {
  it("posts the notice as JSON under its id", async () => {
    await send(webhook());
    expect(JSON.parse(heard[0]?.body ?? "")).toEqual(NOTICE);
    expect(heard[0]?.headers["idempotency-key"]).toBe("event-42");
    expect(heard[0]?.headers["x-spiral-signature"]).toBeUndefined();
  });

  it("signs time and body with the secret, so that a replay can be told", async () => {
    await send(webhook(secret("key", "s3cret\n")));
    const { headers, body = "" } = heard[0] ?? {};
    expect(headers?.["x-spiral-timestamp"]).toBe("1700000000123");
    const expected = createHmac("sha256", "s3cret").update(`1700000000123.${body}`).digest("hex");
    expect(headers?.["x-spiral-signature"]).toBe(`sha256=${expected}`);
  });

  it.each([
    [500, /answered 500: not taken/],
    [404, /answered 404: not taken/],
    [302, /answered 302: a redirect, which is not followed/],
  ])("fails on status %i and goes nowhere else", async (status, message) => {
    answer = (response) => response.writeHead(status, { location: `${url}/elsewhere` }).end();
    await expect(send(webhook())).rejects.toThrow(message);
    expect(heard.map(({ path }) => path)).toEqual(["/hook"]);
  });

  it("gives up on a server that never answers", async () => {
    answer = () => {};
    await expect(send(webhook(), 100)).rejects.toThrow();
  });

  it("is done with the head of an answer whose body never ends", async () => {
    answer = (response) => response.writeHead(200).write("x");
    await send(webhook());
  });

  it("fails when nobody listens", async () => {
    server.close();
    server.closeAllConnections();
    await expect(send(webhook())).rejects.toThrow(/ECONNREFUSED|fetch failed/);
  });

  it.each([
    ["is missing", () => "none", /cannot read the secret/],
    ["may be read by others", () => secret("open", "x", 0o644), /chmod 600/],
    ["would break a header", () => secret("two", "a\nb"), /one word/],
  ])("sends nothing when its secret %s", async (_what, make, message) => {
    await expect(send(webhook(make()))).rejects.toThrow(message);
    expect(heard).toEqual([]);
  });
});

describe("ntfy", () => {
  it("publishes JSON to the root of the server, with topic, priority, tags and token", async () => {
    const tokenFile = secret("token", "tk_1");
    await send({ ...COMMON, kind: "ntfy", url: `${url}/push/my-topic`, tokenFile, tags: ["lab"] });
    expect(heard[0]?.path).toBe("/push/");
    expect(heard[0]?.headers.authorization).toBe("Bearer tk_1");
    expect(JSON.parse(heard[0]?.body ?? "")).toMatchObject({
      topic: "my-topic",
      title: NOTICE.title,
      priority: 5,
      tags: ["rotating_light", "wedged", "lab"],
    });
  });
});

describe("a command", () => {
  const command = (...argv: string[]): ChannelConfig => ({ ...COMMON, kind: "command", argv });

  it("has the notice on stdin and in its environment, and nothing of the hub's", async () => {
    const out = join(root, "out");
    const script = `cat > ${out}; env > ${out}.env`;
    await send(command("/bin/sh", "-c", script));
    expect(JSON.parse(readFileSync(out, "utf8"))).toEqual(NOTICE);
    const env = readFileSync(`${out}.env`, "utf8");
    expect(env).toContain("SPIRAL_NOTICE_TITLE=größer $(touch /tmp/never) als gedacht");
    expect(env).toContain("stuck in \\x1b[31m the kernel");
    expect(env).not.toContain("HOME=");
    expect(existsSync("/tmp/never")).toBe(false);
  });

  it("fails with the status and the first words of its stderr", async () => {
    await expect(send(command("/bin/sh", "-c", "echo no modem >&2; exit 3"))).rejects.toThrow(
      "/bin/sh: ended with 3: no modem",
    );
  });

  it("fails when it does not exist", async () => {
    await expect(send(command("/no/such/program"))).rejects.toThrow(/ENOENT/);
  });

  it("is killed with its children when its time is over", async () => {
    const pidFile = join(root, "pid");
    const script = `sleep 600 & echo $! > ${pidFile}; wait`;
    await expect(send(command("/bin/sh", "-c", script), 300)).rejects.toThrow(/killed/);
    const pid = Number(readFileSync(pidFile, "utf8"));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  it("need not read its stdin", async () => {
    await send(command("/bin/true"));
  });
});

/** A process that has ended and waits to be reaped by somebody is no longer running. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

describe("describeChannel", () => {
  it("does not tell the path of an address, which may be its only secret", () => {
    expect(describeChannel(webhook(null, "/hook/T0PS3CRET"))).toBe(url);
    expect(describeChannel({ ...COMMON, kind: "command", argv: ["/bin/x", "--key=1"] })).toBe("/bin/x");
  });
});
