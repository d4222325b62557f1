/**
 * Tenants: which client holds which reservation, and for how long it outlives that client. A reservation is
 * tied to a connection and to the process behind it, pid and start time together: a pid alone may be somebody
 * else's by now. When either has gone it is due at the end of its time, unless a client takes it up again.
 */
import type { LocalClaim, LocalGrant } from "../../shared/wire/local-types.ts";
import type { Peer } from "./desk.ts";

/** One accepted connection and the process that opened it. */
export interface Holder {
  readonly connection: number;
  readonly peer: Peer;
}

export interface Tenant {
  readonly consumerId: string;
  readonly holder: Holder;
  readonly claim: LocalClaim;
  readonly grant: LocalGrant;
  /** Since when its connection or its process has gone; null while both are there. */
  readonly goneAtMs: number | null;
}

/** Clients may fill this much of a ledger and no more, so that the agent's own jobs always find a line. */
export const MAX_TENANTS = 2048;

export interface Tenants {
  get(consumerId: string): Tenant | null;
  isFull(): boolean;
  /** Books a new tenant, or what replaces an old one. */
  hold(tenant: Omit<Tenant, "goneAtMs">): void;
  /** A client has come for it: it is theirs from now on. */
  adopt(consumerId: string, holder: Holder): void;
  drop(consumerId: string): void;
  connectionClosed(connection: number, nowMs: number): void;
  /** Those whose time is up. `isAlive` tells whether exactly this process still runs. */
  due(nowMs: number, isAlive: (peer: Peer) => boolean): readonly Tenant[];
  list(): readonly Tenant[];
}

/** `graceMs`: how long a connection that broke may take to come back while its process lives. */
export function createTenants(graceMs: number): Tenants {
  const tenants = new Map<string, Tenant>();
  const byConnection = new Map<number, Set<string>>();
  const unlink = ({ consumerId, holder }: Tenant): void => {
    const ids = byConnection.get(holder.connection);
    ids?.delete(consumerId);
    if (ids?.size === 0) byConnection.delete(holder.connection);
  };
  const put = (tenant: Tenant): void => {
    const before = tenants.get(tenant.consumerId);
    if (before !== undefined) unlink(before);
    tenants.set(tenant.consumerId, tenant);
    const ids = byConnection.get(tenant.holder.connection) ?? new Set();
    byConnection.set(tenant.holder.connection, ids.add(tenant.consumerId));
  };
  return {
    get: (consumerId) => tenants.get(consumerId) ?? null,
    isFull: () => tenants.size >= MAX_TENANTS,
    hold: (tenant) => put({ ...tenant, goneAtMs: null }),
    adopt: (consumerId, holder) => {
      const tenant = tenants.get(consumerId);
      if (tenant !== undefined) put({ ...tenant, holder, goneAtMs: null });
    },
    drop: (consumerId) => {
      const tenant = tenants.get(consumerId);
      if (tenant === undefined) return;
      unlink(tenant);
      tenants.delete(consumerId);
    },
    connectionClosed: (connection, nowMs) => {
      for (const id of byConnection.get(connection) ?? []) {
        const tenant = tenants.get(id);
        if (tenant !== undefined) tenants.set(id, { ...tenant, goneAtMs: tenant.goneAtMs ?? nowMs });
      }
      byConnection.delete(connection);
    },
    due: (nowMs, isAlive) => {
      const lives = rememberByPid(isAlive);
      const due: Tenant[] = [];
      for (const tenant of [...tenants.values()]) {
        const isProcessAlive = lives(tenant.holder.peer);
        const goneAtMs = tenant.goneAtMs ?? (isProcessAlive ? null : nowMs);
        if (goneAtMs === null) continue;
        tenants.set(tenant.consumerId, { ...tenant, goneAtMs });
        const graceOfMs = isProcessAlive ? graceMs : 0;
        if (nowMs - goneAtMs >= Math.max(tenant.claim.keepMs, graceOfMs)) due.push(tenant);
      }
      return due;
    },
    list: () => [...tenants.values()],
  };
}

/** A thousand reservations of one process cost one look at it. */
function rememberByPid(isAlive: (peer: Peer) => boolean): (peer: Peer) => boolean {
  const seen = new Map<string, boolean>();
  return (peer) => {
    const name = `${peer.pid} ${peer.startTicks}`;
    const known = seen.get(name);
    if (known !== undefined) return known;
    const answer = isAlive(peer);
    seen.set(name, answer);
    return answer;
  };
}
