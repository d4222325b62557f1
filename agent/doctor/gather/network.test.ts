import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lookAtNetwork, parseListeners } from "./network.ts";
import { isOurProgram, programText } from "./processes.ts";

let root = "";
let server: Http2Server | null = null;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "doctor-network-"));
  mkdirSync(join(root, "hub"));
});
afterEach(() => {
  server?.close();
  server = null;
  rmSync(root, { recursive: true });
});

function endpoint(text: string): void {
  writeFileSync(join(root, "hub/endpoint.json"), text);
}

describe("lookAtNetwork", () => {
  it("reaches the hub that the root names", async () => {
    const hub = createServer();
    server = hub;
    await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
    const { port } = hub.address() as AddressInfo;
    endpoint(JSON.stringify({ host: "127.0.0.1", port, pid: 1 }));
    const facts = await lookAtNetwork(root, null);
    expect(facts).toMatchObject({ isHubBox: true, hub: { kind: "reached", address: `127.0.0.1:${port}` } });
  });

  it("prefers the hub that a person names", async () => {
    endpoint(JSON.stringify({ host: "127.0.0.1", port: 9820 }));
    const { hub } = await lookAtNetwork(root, { address: "127.0.0.1:1", source: "--hub" });
    expect(hub).toMatchObject({
      kind: "silent",
      source: "--hub",
      reason: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it("knows no hub where nobody names one", async () => {
    expect(await lookAtNetwork(root, null)).toMatchObject({ isHubBox: false, hub: { kind: "none" } });
  });

  it.each(["{", "[]", '{"host":"h"}', ""])("cannot use an endpoint of %j", async (text) => {
    endpoint(text);
    expect((await lookAtNetwork(root, null)).hub).toMatchObject({ kind: "unusable" });
  });
});

describe("parseListeners", () => {
  const line = (local: string, state: string): string =>
    `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 77665 1 0000 100 0 0 10 0`;
  it("takes what listens, on IPv4 and IPv6, and nothing that is merely connected", () => {
    const table = [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
      line("0100007F:265C", "0A"),
      line("00000000000000000000000000000000:265D", "0A"),
      line("0100007F:265E", "01"),
      "garbage",
    ].join("\n");
    expect(parseListeners(table)).toEqual([
      { port: 9820, inode: "77665" },
      { port: 9821, inode: "77665" },
    ]);
  });
});

describe("isOurProgram", () => {
  it.each([
    [["/usr/bin/node", "/opt/spiral/bin/spiral-hub.mjs", "serve"], true],
    [["node", "/x/node_modules/.cache/spiral/ab/agent.mjs"], true],
    [["/usr/bin/python3", "server.py", "--spiral"], false],
    [["vim", "notes/agent.mjs.txt"], false],
    [[], false],
  ])("%j", (argv, isOurs) => expect(isOurProgram(argv)).toBe(isOurs));
});

describe("programText", () => {
  it("names program and script and never an argument, which may be a secret", () => {
    expect(programText(["/usr/bin/python3", "/srv/main.py", "--token=abc"])).toBe("python3 main.py");
    expect(programText(["/usr/bin/curl", "-H", "Authorization: abc"])).toBe("curl");
  });
});
