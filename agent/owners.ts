/**
 * Owners: which consumers stand behind a process on a card. A job is known by its session, a client of the local
 * service by the process that connected, a declared server by its pid or by the name the driver shows.
 */
import { consumerId } from "./core/completion.ts";
import type { AgentCore } from "./core/state.ts";
import type { OwnersOf, ProcessOwner } from "./gpu/sample.ts";
import type { GpuProcess } from "./gpu/sensor.ts";
import type { Peer } from "./local/desk.ts";
import type { ProcessTable } from "./process/proc.ts";

export interface OwnersOptions {
  readonly core: AgentCore;
  readonly processes: ProcessTable;
  /** The process behind each consumer that a client of the local service holds. */
  readonly holders: () => ReadonlyMap<string, Peer>;
}

export function createOwners({ core, processes, holders }: OwnersOptions): OwnersOf {
  const jobOf = (pid: number): string | null => {
    const { attempts, owed } = core.state;
    const known = [...attempts.values()].map(({ pid: leader, job }) => ({ leader, token: job.token }));
    const ended = [...owed.values()].map(({ pid: leader, token }) => ({ leader, token }));
    const session = processes.stat(pid)?.session ?? null;
    const job = [...known, ...ended].find(
      ({ leader }) => leader !== null && (leader === pid || leader === session),
    );
    return job === undefined ? null : consumerId(job.token);
  };
  const declaredOf = (process: GpuProcess): readonly string[] =>
    core.state.governance.declared
      .filter(
        ({ pid, processName }) =>
          pid === process.pid || (processName !== null && processName === process.name),
      )
      .map(({ claim }) => claim.id);
  return (process, gpu) => {
    const job = jobOf(process.pid);
    const held = [...holders()].filter(([, peer]) => peer.pid === process.pid).map(([id]) => id);
    const ids = [...(job === null ? [] : [job]), ...held, ...declaredOf(process)];
    const consumers = core.state.cards.get(gpu)?.consumers;
    return ids.flatMap((id): readonly ProcessOwner[] => {
      const promisedBytes = consumers?.get(id)?.bytes;
      // The VRAM of a job that has ended is still its own, though nothing is promised to it any more.
      if (promisedBytes === undefined) return id === job ? [{ id, promisedBytes: 0 }] : [];
      return [{ id, promisedBytes }];
    });
  };
}
