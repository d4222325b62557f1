import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openWire, type Wire } from "./proxy.ts";

let server: Server;
let wire: Wire;
/** The hub's ends of the connections. */
let accepted: Socket[];

beforeEach(async () => {
  accepted = [];
  server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    accepted.push(socket);
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  wire = await openWire("127.0.0.1", () => (server.address() as AddressInfo).port);
});
afterEach(async () => {
  await wire.stop();
  for (const socket of accepted) socket.destroy();
  server.close();
});

/** Resolves however it ends; `once` would reject at an error before. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
  });
}

/** A connection to an echo: what came back, and a wait for more of it. */
async function dial() {
  const [host, port] = wire.address.split(":");
  const socket = connect(Number(port), host);
  let heard = "";
  socket.on("data", (data) => {
    heard += data;
  });
  socket.on("error", () => socket.destroy());
  const ended = closed(socket);
  await Promise.race([once(socket, "connect").catch(() => {}), ended]);
  const hears = async (text: string): Promise<void> => {
    while (heard !== text) await once(socket, "data");
  };
  return { socket, hears, heard: () => heard, ended };
}

describe("openWire", () => {
  it("passes what is said in both directions", async () => {
    const { socket, hears } = await dial();
    socket.write("one");
    await hears("one");
  });

  it.each(["blackhole", "deaf"] as const)("holds back while it is a %s, and loses nothing", async (kind) => {
    const { socket, hears, heard } = await dial();
    socket.write("one,");
    await hears("one,");
    wire.set({ kind });
    socket.write("two,");
    if (kind === "deaf") await once(accepted[0] as Socket, "data");
    expect(heard()).toBe("one,");
    wire.set({ kind: "open" });
    socket.write("three");
    await hears("one,two,three");
  });

  it("keeps the order of what is late when it is no longer late", async () => {
    const { socket, hears } = await dial();
    socket.write("zero,");
    await hears("zero,");
    wire.set({ kind: "delay", delayMs: 30 });
    socket.write("one,");
    await once(accepted[0] as Socket, "data");
    wire.set({ kind: "open" });
    socket.write("two");
    await hears("zero,one,two");
  });

  it("breaks connections and refuses new ones while it drops", async () => {
    const { ended } = await dial();
    wire.set({ kind: "drop" });
    await ended;
    const again = await dial();
    await again.ended;
    wire.set({ kind: "open" });
    const { socket, hears } = await dial();
    socket.write("back");
    await hears("back");
  });

  it("cuts inside what is being said", async () => {
    const { socket, heard, ended } = await dial();
    wire.cutAfter(0);
    socket.write("lost");
    await ended;
    expect(heard()).toBe("");
  });

  it("refuses while no hub is known", async () => {
    const lonely = await openWire("127.0.0.1", () => null);
    const socket = connect(Number(lonely.address.split(":")[1]), "127.0.0.1");
    socket.on("error", () => socket.destroy());
    await closed(socket);
    await lonely.stop();
  });
});
