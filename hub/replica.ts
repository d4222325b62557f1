/**
 * Replica: a hub whose journal is in PostgreSQL. It waits as a warm standby, names the leader to whoever asks, and
 * becomes the hub when its turn has come. Leadership is never given back: the process ends with it and begins
 * again as a standby.
 */
import { hostname } from "node:os";
import { join } from "node:path";
import { ensureFolder } from "../shared/file-problem.ts";
import type { Replica, Standing } from "../shared/journal/worker-protocol.ts";
import type { Log } from "../shared/log.ts";
import { createTiming } from "../shared/model/timing.ts";
import type { HubConfig } from "./config.ts";
import type { HubEvent } from "./core/event.ts";
import type { HubState } from "./core/state.ts";
import { type HubOptions, type RunningHub, runHub } from "./hub.ts";
import { describeStanding, startStandbyServer } from "./service/standby-server.ts";
import { hubJournal } from "./store/definition.ts";
import { openPostgresReplica } from "./store/postgres/postgres-journal.ts";

/** Still nobody knows who leads. */
const UNKNOWN: Standing = { leader: null, problem: "the journal has not been read yet" };

export interface RunningReplica {
  /** Resolves when this replica has become the hub; rejects when it never will. */
  readonly leading: Promise<RunningHub>;
  /** Gives up waiting. */
  stop(): Promise<void>;
}

/** Serves as a standby at once. Rejects with FleetError `unavailable` when the port cannot be had. */
export async function openReplica(options: HubOptions, address: string): Promise<RunningReplica> {
  const { config, log, clock } = options;
  const { root, host, advertise } = config;
  const timing = createTiming(config.timingScale);
  ensureFolder(join(root, "hub"));
  let standing = UNKNOWN;
  let formerLeader: string | null = null;
  let replicas: readonly Replica[] = [];
  let wasAccompanied = false;
  const server = await startStandbyServer({ host, port: config.port, timing, log, standing: () => standing });
  const serves = advertise ?? `${host}:${server.port}`;
  const { leadershipTtlMs: ttlMs, leadershipRenewMs: renewMs, standbyPollMs: pollMs } = timing;
  const replica = openPostgresReplica<HubState, HubEvent>({
    address,
    root,
    serves,
    holder: `${hostname()}/${process.pid}`,
    timing: { ttlMs, renewMs, pollMs },
    clock,
    workerUrl: options.workerUrl,
    definition: hubJournal,
    onReplicas: (news) => {
      replicas = news;
      wasAccompanied ||= news.some(({ isLeader }) => !isLeader);
    },
    onStanding: (news) => {
      if (describeStanding(news) !== describeStanding(standing)) tell(log, serves, news);
      standing = news;
      if (news.leader !== null && news.leader !== serves) formerLeader = news.leader;
      server.changed();
    },
  });
  const leading = replica.leading.then((opened) => {
    server.stop();
    const config = atPort(options.config, server.port);
    const others = {
      formerLeader,
      replicas: () => replicas,
      wasAccompanied: () => wasAccompanied || formerLeader !== null,
    };
    return runHub({ ...options, config, ...others }, opened);
  });
  return {
    leading,
    stop: async () => {
      server.stop();
      await replica.stop();
    },
  };
}

/** The hub takes the port over on which its standby was found. */
function atPort(config: HubConfig, port: number): HubConfig {
  return { ...config, port };
}

function tell(log: Log, serves: string, standing: Standing): void {
  const level = standing.problem === null ? "info" : "warn";
  log[level]({ event: "hub.standby", serves, ...standing }, describeStanding(standing));
}
