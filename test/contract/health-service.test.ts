/** The gRPC health service of a hub that leads and of one that stands by, over a real connection. */
import { credentials } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WATCHERS_MAX } from "../../hub/service/health.ts";
import { startStandbyServer } from "../../hub/service/standby-server.ts";
import type { Standing } from "../../shared/journal/worker-protocol.ts";
import { createLog } from "../../shared/log.ts";
import { wireServices } from "../../shared/wire/load.ts";
import { createRig, type Rig, rigTiming } from "../helpers/control-rig.ts";

const log = createLog({ level: "silent", destination: { write: () => {} } });

let rig: Rig;
const ends: (() => void)[] = [];
beforeEach(() => {
  rig = createRig();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) end();
  await rig.stop();
});

function clientOf(address: string) {
  const client = new (wireServices().Health)(address, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
  ends.push(() => client.close());
  return client;
}

/** The answer to Check; the number of its error where there is one. */
function check(client: ReturnType<typeof clientOf>, service: string): Promise<string | number | undefined> {
  return new Promise((resolve) => {
    client.Check({ service }, (error, reply) => resolve(error === null ? reply?.status : error.code));
  });
}

/** What Watch says, as it says it. */
function watch(client: ReturnType<typeof clientOf>, service: string): (string | number)[] {
  const heard: (string | number)[] = [];
  const call = client.Watch({ service });
  call.on("data", ({ status }) => heard.push(status));
  call.on("error", ({ code }: Error & { code?: number }) => heard.push(code ?? -1));
  ends.push(() => call.cancel());
  return heard;
}

const NOT_FOUND = 5;
const RESOURCE_EXHAUSTED = 8;

async function standBy(standing: Standing) {
  let now = standing;
  const standby = await startStandbyServer({
    ...{ host: "127.0.0.1", port: 0, timing: rigTiming, log, standing: () => now },
  });
  ends.push(standby.stop);
  const change = (news: Standing): void => {
    now = news;
    standby.changed();
  };
  return { client: clientOf(`127.0.0.1:${standby.port}`), change };
}

describe("the health of a hub", () => {
  it.each([
    ["", "SERVING"],
    ["fleet.v1.Operator", "SERVING"],
    ["fleet.v1.AgentGateway", "SERVING"],
    ["spiral.Replica", "SERVING"],
    ["fleet.v2.Operator", NOT_FOUND],
  ])("that leads: service %j is %s, whoever asks", async (service, expected) => {
    await rig.startHub();
    expect(await check(clientOf(rig.address()), service)).toBe(expected);
  });

  it("is not serving as soon as another hub may lead", async () => {
    let isLeading = true;
    await rig.startHub({ isLeading: () => isLeading });
    const client = clientOf(rig.address());
    expect(await check(client, "")).toBe("SERVING");
    isLeading = false;
    expect(await check(client, "")).toBe("NOT_SERVING");
  });

  it("is told to who watches when the hub stops", async () => {
    const hub = await rig.startHub();
    const heard = watch(clientOf(rig.address()), "");
    await expect.poll(() => heard).toEqual(["SERVING"]);
    await hub.stop();
    await expect.poll(() => heard.slice(0, 2)).toEqual(["SERVING", "NOT_SERVING"]);
  });

  it("that stands by: its services do not serve, and it is a replica while it could take over", async () => {
    const { client, change } = await standBy({ leader: "127.0.0.1:1", problem: null });
    expect([await check(client, ""), await check(client, "fleet.v1.Operator")]).toEqual([
      "NOT_SERVING",
      "NOT_SERVING",
    ]);
    const heard = watch(client, "spiral.Replica");
    await expect.poll(() => heard).toEqual(["SERVING"]);
    change({ leader: "127.0.0.1:1", problem: "the root is another one" });
    await expect.poll(() => heard).toEqual(["SERVING", "NOT_SERVING"]);
    change({ leader: null, problem: "still another one" });
    change({ leader: null, problem: null });
    await expect.poll(() => heard).toEqual(["SERVING", "NOT_SERVING", "SERVING"]);
  });

  it("is watched by so many and no more; one that leaves makes a place", async () => {
    const { client } = await standBy({ leader: null, problem: null });
    const clients = Array.from({ length: WATCHERS_MAX / 8 }, () => clientOf(client.getChannel().getTarget()));
    const heard = clients.flatMap((each) => Array.from({ length: 8 }, () => watch(each, "")));
    await expect
      .poll(() => heard.every(([state]) => state === "NOT_SERVING"), { timeout: 10_000 })
      .toBe(true);
    const late = watch(client, "");
    await expect.poll(() => late).toEqual([RESOURCE_EXHAUSTED]);
    clients[0]?.close();
    const again = async (): Promise<unknown> => {
      const next = watch(client, "unknown");
      await expect.poll(() => next.length).toBe(1);
      return next[0];
    };
    await expect.poll(again, { timeout: 10_000 }).toBe("SERVICE_UNKNOWN");
  });
});
