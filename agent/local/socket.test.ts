import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ListeningSocket, listenAt } from "./socket.ts";

let directory = "";
let open: ListeningSocket[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "socket-"));
});
afterEach(async () => {
  for (const socket of open) await socket.close();
  open = [];
  rmSync(directory, { recursive: true, force: true });
});

async function listen(path: string): Promise<ListeningSocket> {
  const onConnection = (connection: Socket): void => {
    connection.on("error", () => connection.destroy());
    connection.end("hello");
  };
  const socket = await listenAt({ path, groupId: null, onConnection });
  open.push(socket);
  return socket;
}

async function greetingAt(path: string): Promise<string> {
  const connection = connect(path);
  const [greeting] = await once(connection, "data");
  connection.destroy();
  return String(greeting);
}

describe("listenAt", () => {
  it("serves the owner and the group, in a directory of its own", async () => {
    const path = join(directory, "node", "agent.sock");
    await listen(path);
    expect(await greetingAt(path)).toBe("hello");
    expect((statSync(path).mode & 0o777).toString(8)).toBe("660");
    expect((statSync(join(directory, "node")).mode & 0o777).toString(8)).toBe("700");
  });

  it("takes the place of an agent that died", async () => {
    const path = join(directory, "agent.sock");
    const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", script]);
    expect(statSync(path).isSocket()).toBe(true);
    await listen(path);
    expect(await greetingAt(path)).toBe("hello");
  });

  it("refuses the place of an agent that lives, which goes on serving", async () => {
    const path = join(directory, "agent.sock");
    await listen(path);
    await expect(listen(path)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("another agent serves"),
    });
    expect(await greetingAt(path)).toBe("hello");
  });

  it("gives the place to one of two that start together", async () => {
    const path = join(directory, "agent.sock");
    const results = await Promise.allSettled([listen(path), listen(path)]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await greetingAt(path)).toBe("hello");
  });

  it("removes nothing that is not a socket", async () => {
    const path = join(directory, "agent.sock");
    writeFileSync(path, "precious");
    await expect(listen(path)).rejects.toMatchObject({ code: "config" });
    expect(statSync(path).size).toBe(8);
  });

  it.each([
    ["a directory that others may write to", () => chmodSync(directory, 0o777), "agent.sock", "chmod 0750"],
    ["a path that the kernel would cut", () => undefined, "s".repeat(108), "shorter root"],
  ])("refuses %s", async (_name, prepare, file, cure) => {
    prepare();
    await expect(listen(join(directory, file))).rejects.toMatchObject({
      code: "config",
      message: expect.stringContaining(cure),
    });
  });

  it("leaves nothing behind, and does not remove the socket of who took its place", async () => {
    const path = join(directory, "agent.sock");
    const first = await listen(path);
    rmSync(path);
    const second = await listen(path);
    await first.close();
    expect(await greetingAt(path)).toBe("hello");
    await second.close();
    expect(readdirSync(directory)).toEqual([]);
  });
});
