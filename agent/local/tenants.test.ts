import { describe, expect, it } from "vitest";
import type { LocalClaim, LocalGrant } from "../../shared/wire/local-types.ts";
import type { Peer } from "./desk.ts";
import { createTenants, type Tenants } from "./tenants.ts";

const GRACE_MS = 3_000;
const peer: Peer = { pid: 40, uid: 1000, gid: 1000, startTicks: 7 };
const claim: LocalClaim = {
  key: "k",
  priority: "batch",
  vramBytes: 1,
  gpu: null,
  subsystem: "rendering",
  label: "a render",
  owner: null,
  isEvictable: false,
  reloadMs: 0,
  keepMs: 0,
  idleMs: 0,
};
const grant: LocalGrant = {
  kind: "granted",
  consumerId: "c",
  key: "k",
  gpu: "GPU-0",
  pressure: 0,
  isOverBudget: false,
};

/** One tenant "c" of connection 1. */
function occupied(keepMs = 0): Tenants {
  const tenants = createTenants(GRACE_MS);
  tenants.hold({ consumerId: "c", holder: { connection: 1, peer }, claim: { ...claim, keepMs }, grant });
  return tenants;
}

const alive = (): boolean => true;
const dead = (): boolean => false;
const ids = (tenants: Tenants, nowMs: number, isAlive: (peer: Peer) => boolean = alive): readonly string[] =>
  tenants.due(nowMs, isAlive).map(({ consumerId }) => consumerId);

describe("due", () => {
  it("leaves a tenant whose connection and process are there, however long", () => {
    expect(ids(occupied(), 1e12)).toEqual([]);
  });

  it("gives a broken connection its grace while the process lives", () => {
    const tenants = occupied();
    tenants.connectionClosed(1, 1_000);
    expect(ids(tenants, 1_000 + GRACE_MS - 1)).toEqual([]);
    expect(ids(tenants, 1_000 + GRACE_MS)).toEqual(["c"]);
  });

  it("waits for nothing when the process has ended, connection or not", () => {
    const tenants = occupied();
    expect(ids(tenants, 0, dead)).toEqual(["c"]);
    tenants.connectionClosed(1, 1_000);
    expect(ids(tenants, 1_000, dead)).toEqual(["c"]);
  });

  it("does not take a later process of the same pid for the client", () => {
    const tenants = occupied();
    const runsNow = { pid: peer.pid, startTicks: 8 };
    const isRunning = (asked: Peer): boolean =>
      asked.pid === runsNow.pid && asked.startTicks === runsNow.startTicks;
    expect(ids(tenants, 0, isRunning)).toEqual(["c"]);
  });

  it("keeps what was to be kept for its time, counted from when its client went", () => {
    const tenants = occupied(60_000);
    expect(ids(tenants, 5_000, dead)).toEqual([]);
    expect(ids(tenants, 64_999, dead)).toEqual([]);
    expect(ids(tenants, 65_000, dead)).toEqual(["c"]);
  });

  it("asks once for each process, not for each of its reservations", () => {
    const tenants = createTenants(GRACE_MS);
    for (const consumerId of ["a", "b", "c"]) {
      tenants.hold({ consumerId, holder: { connection: 1, peer }, claim, grant });
    }
    let questions = 0;
    tenants.due(0, () => {
      questions += 1;
      return true;
    });
    expect(questions).toBe(1);
  });
});

describe("adopt", () => {
  it("makes a tenant independent of the connection it came by", () => {
    const tenants = occupied();
    tenants.connectionClosed(1, 1_000);
    tenants.adopt("c", { connection: 2, peer });
    expect(ids(tenants, 1e9)).toEqual([]);
    tenants.connectionClosed(1, 2_000);
    expect(ids(tenants, 1e9)).toEqual([]);
    tenants.connectionClosed(2, 3_000);
    expect(ids(tenants, 3_000 + GRACE_MS)).toEqual(["c"]);
  });

  it("does not bring back what was dropped", () => {
    const tenants = occupied();
    tenants.drop("c");
    tenants.adopt("c", { connection: 2, peer });
    expect(tenants.list()).toEqual([]);
  });
});
