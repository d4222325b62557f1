/**
 * Local client: how a workload asks the agent of its box for VRAM. It keeps one connection, makes it again
 * when it is lost, and then tells the agent what it still holds, so that neither a restarted agent nor a
 * broken connection costs a workload its reservation.
 */
import { randomUUID } from "node:crypto";
import { describeError } from "../errors.ts";
import { createLoop, type Loop } from "../loop.ts";
import { createRng } from "../rng.ts";
import { type LocalChannel, openLocalChannel } from "../wire/local-channel.ts";
import {
  decodeBudgetVerdict,
  decodeCandidates,
  decodeRegistry,
  decodeResources,
  decodeStats,
  encodeActivity,
  encodeBudgetChange,
  encodeQosReport,
} from "../wire/local-client-codec.ts";
import type {
  BudgetChange,
  BudgetVerdict,
  CandidateRow,
  LocalEvent,
  LocalStats,
  LocalVerdict,
  OwnerActivity,
  QosReport,
  RegistryRow,
  ResourcesQuery,
  SystemResources,
} from "../wire/local-types.ts";
import { type ClaimInput, createHoldings, type Holdings } from "./holdings.ts";

/** Methods reject with a FleetError when the agent cannot be asked; a refusal is an answer. */
export interface LocalClient {
  reserve(claim: ClaimInput): Promise<LocalVerdict>;
  /** Books what is loaded already, past the gates. */
  account(claim: ClaimInput): Promise<LocalVerdict>;
  /** False when nothing is held under this id any more. */
  touch(consumerId: string): Promise<boolean>;
  /** Gives back all or `vramBytes` of it; resolves with the bytes freed. */
  release(consumerId: string, vramBytes?: number): Promise<number>;
  /** How many consumers changed their priority. */
  setActivity(activity: OwnerActivity): Promise<number>;
  reportQos(report: QosReport): Promise<void>;
  stats(): Promise<LocalStats>;
  registry(): Promise<readonly RegistryRow[]>;
  candidates(): Promise<readonly CandidateRow[]>;
  setBudget(change: BudgetChange): Promise<BudgetVerdict>;
  systemResources(query: ResourcesQuery): Promise<SystemResources>;
  /** Hears events until the returned function is called; `onLost` tells each time the agent goes away. */
  watch(listener: WatchListener): () => void;
  /** Final. What is still held ends as if the process had gone: by its `keepMs`, or after a short grace. */
  close(): Promise<void>;
}

export interface WatchListener {
  readonly onEvent: (event: LocalEvent) => void;
  readonly onLost?: (reason: string) => void;
}

const RECONNECT_MS = 250;

/** Begins to connect with the first call and keeps the process alive from the first claim or watch to `close`. */
export function connectLocal(socketPath: string): LocalClient {
  const channel = openLocalChannel(socketPath);
  const holdings = createHoldings(channel);
  const listeners = new Set<WatchListener>();
  let link: Loop | null = null;
  const startLink = (): void => {
    link ??= followAgent(channel, holdings, listeners);
  };
  const book = async (method: "Reserve" | "Account", claim: ClaimInput): Promise<LocalVerdict> => {
    const verdict = await holdings.book(method, claim);
    if (verdict.kind === "granted") startLink();
    return verdict;
  };
  return {
    reserve: (claim) => book("Reserve", claim),
    account: (claim) => book("Account", claim),
    touch: async (consumerId) => {
      const { isHeld } = await channel.call("Touch", { consumerId });
      if (!isHeld) holdings.forget(consumerId);
      return isHeld;
    },
    release: holdings.release,
    setActivity: async (activity) => (await channel.call("SetActivity", encodeActivity(activity))).moved,
    reportQos: async (report) => {
      await channel.call("ReportQos", encodeQosReport(report));
    },
    stats: async () => decodeStats(await channel.call("Stats", {})),
    registry: async () => decodeRegistry(await channel.call("EvictionRegistry", {})),
    candidates: async () => decodeCandidates(await channel.call("EvictionCandidates", {})),
    setBudget: async (change) =>
      decodeBudgetVerdict(await channel.call("SetBudget", encodeBudgetChange(change))),
    systemResources: async (query) => decodeResources(await channel.call("GetSystemResources", query)),
    watch: (listener) => {
      listeners.add(listener);
      startLink();
      return () => listeners.delete(listener);
    },
    close: async () => {
      await link?.stop();
      channel.close();
    },
  };
}

/** Watches the agent for as long as it is there, and again when it is back. */
function followAgent(channel: LocalChannel, holdings: Holdings, listeners: ReadonlySet<WatchListener>): Loop {
  const tellLost = (error: unknown): void => {
    for (const listener of listeners) listener.onLost?.(describeError(error));
  };
  const watchOnce = (stopping: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const over = new AbortController();
      const cancel = channel.watch({
        onOpen: () => holdings.announceAll(over.signal),
        onEvent: (event) => {
          for (const listener of listeners) listener.onEvent(event);
        },
        onEnd: (error) => {
          over.abort();
          stopping.removeEventListener("abort", cancel);
          if (!stopping.aborted) tellLost(error);
          resolve();
        },
      });
      stopping.addEventListener("abort", cancel);
    });
  return createLoop({
    everyMs: RECONNECT_MS,
    jitter: { ratio: 0.5, rng: createRng(randomUUID()) },
    run: watchOnce,
    onError: tellLost,
  });
}
