/**
 * Service: what each method of the local API does, once its caller is known. It joins the desk, which owns the
 * books, with the tenants, who say whose a reservation is and when it ends. Authority is by user: processes
 * of one user could end each other anyway, so they may touch and release each other's reservations.
 */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { FleetError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { explainRefusal } from "../../shared/policy/explain.ts";
import {
  decodeActivity,
  decodeBudgetChange,
  decodeClaim,
  decodeQosReport,
  decodeResourcesQuery,
  encodeBudgetVerdict,
  encodeCandidates,
  encodeRegistry,
  encodeResources,
  encodeStats,
  encodeVerdict,
} from "../../shared/wire/local-codec.ts";
import type { LocalReply, LocalRequest, LocalUnaryMethod } from "../../shared/wire/local-methods.ts";
import { localSchema } from "../../shared/wire/local-service.ts";
import type { LocalClaim, LocalRefusal, LocalVerdict } from "../../shared/wire/local-types.ts";
import { readOptional, readUint } from "../../shared/wire/values.ts";
import type { LocalDesk, Peer } from "./desk.ts";
import type { Caller } from "./door.ts";
import { MAX_TENANTS, type Tenant, type Tenants } from "./tenants.ts";
import type { Watchers } from "./watchers.ts";

export interface ServiceOptions {
  readonly desk: LocalDesk;
  readonly tenants: Tenants;
  readonly watchers: Watchers;
  readonly log: Log;
}

/** One handler per method; whatever it throws becomes the status of the call. */
export type LocalHandlers = {
  readonly [Method in LocalUnaryMethod]: (
    caller: Caller,
    request: LocalRequest<Method>,
  ) => LocalReply<Method>;
};

export function createHandlers(options: ServiceOptions): LocalHandlers {
  const { desk, log } = options;
  return {
    Reserve: (caller, wire) => encodeVerdict(book(options, caller, decodeClaim(wire), "reserve")),
    Account: (caller, wire) => encodeVerdict(book(options, caller, decodeClaim(wire), "account")),
    Touch: (caller, { consumerId }) => ({ isHeld: touch(options, caller, consumerId) }),
    Release: (caller, { consumerId, vramBytes }) => ({
      freedBytes: release(options, caller, consumerId, readOptional(vramBytes, "vramBytes", readUint)),
    }),
    SetActivity: (_caller, wire) => ({ moved: desk.setActivity(decodeActivity(wire)) }),
    ReportQos: (_caller, wire) => {
      desk.reportQos(decodeQosReport(wire));
      return {};
    },
    Stats: () => encodeStats(desk.stats()),
    EvictionRegistry: () => {
      const peerOf = (consumerId: string): Peer | null =>
        options.tenants.get(consumerId)?.holder.peer ?? null;
      const rows = desk.registry().map((row) => ({ ...row, ...whoseIs(peerOf(row.consumerId)) }));
      return encodeRegistry(rows);
    },
    EvictionCandidates: () => encodeCandidates(desk.candidates()),
    SetBudget: ({ peer, isOperator }, wire) => {
      if (!isOperator)
        throw new FleetError("permissionDenied", "budgets are set by root or the agent's own user");
      const change = decodeBudgetChange(wire);
      const verdict = desk.setBudget(change);
      log.info({ event: "operator.acted", ...change, peer, verdict: verdict.kind }, "a budget was asked for");
      return encodeBudgetVerdict(verdict);
    },
    GetSystemResources: (_caller, wire) => encodeResources(desk.resources(decodeResourcesQuery(wire))),
    GetSchema: () => ({ file: [...localSchema()] }),
  };
}

/** Ends what no client stands for any more. */
export function reap(options: ServiceOptions, nowMs: number, isAlive: (peer: Peer) => boolean): void {
  for (const { consumerId, holder, claim } of options.tenants.due(nowMs, isAlive)) {
    forget(options, consumerId);
    const freedBytes = options.desk.release(consumerId);
    const fields = { consumerId, label: claim.label, freedBytes, peer: holder.peer };
    options.log.info({ event: "decision", ...fields }, "a reservation is reaped: its client has gone");
  }
}

type Booking = "reserve" | "account";

function book(options: ServiceOptions, caller: Caller, claim: LocalClaim, how: Booking): LocalVerdict {
  const { desk, tenants, log } = options;
  const key = claim.key ?? randomUUID();
  const consumerId = `local/${caller.peer.uid}/${key}`;
  const known = tenants.get(consumerId);
  if (known !== null && isDeepStrictEqual(known.claim, claim) && desk.touch(consumerId)) {
    adopt(options, consumerId, caller);
    return known.grant;
  }
  if (known === null && tenants.isFull()) return FULL;
  const verdict = desk[how](consumerId, claim);
  const fields = { event: "decision", consumerId, peer: caller.peer, claim, verdict } as const;
  if (verdict.kind === "refused") {
    log.info(fields, `${claim.label} is refused: ${verdict.because}`);
    return verdict;
  }
  log.debug(fields, "a client holds VRAM");
  const { gpu, pressure, isOverBudget } = verdict;
  const grant = { kind: "granted", consumerId, key, gpu, pressure, isOverBudget } as const;
  tenants.hold({ consumerId, holder: holderOf(caller), claim, grant });
  return grant;
}

const FULL: LocalRefusal = {
  kind: "refused",
  reason: "ledger-full",
  ...explainRefusal({ kind: "refused", reason: "ledger-full", limit: MAX_TENANTS }),
  gate: null,
  pressure: null,
  wouldBe: null,
  headroomBytes: null,
};

/** Ids of what the node's document declares. */
const DECLARED = "node/";

function touch(options: ServiceOptions, caller: Caller, consumerId: string): boolean {
  const tenant = ownTenant(options, caller, consumerId);
  // What the operator declared has no client: whoever may call may say that it is used.
  if (tenant === null) return consumerId.startsWith(DECLARED) && options.desk.touch(consumerId);
  if (!options.desk.touch(consumerId)) {
    forget(options, consumerId);
    return false;
  }
  const isOwnUser = tenant.holder.peer.uid === caller.peer.uid;
  if (tenant.goneAtMs !== null && isOwnUser) adopt(options, consumerId, caller);
  return true;
}

function release(
  options: ServiceOptions,
  caller: Caller,
  consumerId: string,
  vramBytes: number | null,
): number {
  const { desk, tenants, log } = options;
  const tenant = ownTenant(options, caller, consumerId);
  if (tenant === null) return 0;
  const freedBytes = desk.release(consumerId, vramBytes ?? undefined);
  options.watchers.settle(consumerId);
  const keptBytes = tenant.claim.vramBytes - freedBytes;
  if (vramBytes === null || keptBytes === 0) forget(options, consumerId);
  else tenants.hold({ ...tenant, claim: { ...tenant.claim, vramBytes: keptBytes } });
  log.debug({ event: "decision", consumerId, freedBytes, peer: caller.peer }, "a client gives VRAM back");
  return freedBytes;
}

/** Null when nothing is held under the id. Throws "permissionDenied" for what another user holds. */
function ownTenant({ tenants }: ServiceOptions, caller: Caller, consumerId: string): Tenant | null {
  const tenant = tenants.get(consumerId);
  if (tenant === null || caller.isOperator || tenant.holder.peer.uid === caller.peer.uid) return tenant;
  throw new FleetError("permissionDenied", `${consumerId} belongs to uid ${tenant.holder.peer.uid}`);
}

function adopt({ tenants, watchers }: ServiceOptions, consumerId: string, caller: Caller): void {
  tenants.adopt(consumerId, holderOf(caller));
  watchers.repeat(consumerId);
}

function forget({ tenants, watchers }: ServiceOptions, consumerId: string): void {
  tenants.drop(consumerId);
  watchers.settle(consumerId);
}

function holderOf({ connection, peer }: Caller): Tenant["holder"] {
  return { connection, peer };
}

function whoseIs(peer: Peer | null): { readonly pid: number | null; readonly uid: number | null } {
  return { pid: peer?.pid ?? null, uid: peer?.uid ?? null };
}
