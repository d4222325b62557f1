/** Looks at who holds VRAM: jobs of a node here, servers that node.json declares, or strangers. */
import { dirname } from "node:path";
import type { DeclaredConsumer } from "../../core/governance.ts";
import type { GpuCard, GpuProcess } from "../../gpu/sensor.ts";
import type { VramHolder } from "../checks/gpu-health.ts";
import { argvOf, attemptOf, programText } from "./processes.ts";

export interface Known {
  readonly declared: readonly DeclaredConsumer[];
  /** `ROOT/agents/NODE/attempts` of the nodes whose agent runs. */
  readonly watched: readonly string[];
  /** Clients of the agents' local services. */
  readonly clientPids: readonly number[];
}

export function lookAtHolders(cards: readonly GpuCard[], known: Known): readonly VramHolder[] {
  return cards.flatMap(({ processes }) => (processes ?? []).map((process) => holderOf(process, known)));
}

function holderOf(process: GpuProcess, { declared, watched, clientPids }: Known): VramHolder {
  const { pid, usedBytes: bytes } = process;
  const argv = argvOf(pid);
  const name = process.name ?? (argv.length === 0 ? null : programText(argv));
  const attempt = attemptOf(pid);
  if (attempt !== null) {
    const isWatched = watched.includes(dirname(attempt));
    return {
      pid,
      name,
      bytes,
      owner: isWatched ? { kind: "attempt" } : { kind: "orphan", directory: attempt },
    };
  }
  if (clientPids.includes(pid)) return { pid, name, bytes, owner: { kind: "client" } };
  const server = declared.find(
    (each) => each.pid === pid || (each.processName !== null && each.processName === process.name),
  );
  return {
    pid,
    name,
    bytes,
    owner: server === undefined ? { kind: "unknown" } : { kind: "declared", id: server.claim.id },
  };
}
