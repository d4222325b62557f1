/** What an agent says that has nothing to tell: the first message of a session and a frame of telemetry. */
import { type Hello, PROTOCOL, type TelemetryFrame } from "../../shared/model/messages.ts";

export function bareHello(node: string): Hello {
  return {
    kind: "hello",
    protocolMajor: PROTOCOL.major,
    protocolMinor: PROTOCOL.minor,
    node,
    bootId: "boot",
    agentInstance: `instance-${node}`,
    maxTokenSeen: 0,
    hubEpochSeen: 0,
    hubId: "",
    maxJobSeen: 0,
    generation: 0,
    machineId: "",
    helloSeq: 0,
    isLatchedDown: false,
    inventory: [],
    runners: [],
    gpus: [],
    capabilities: { cpuCores: 2, memoryBytes: 1, startLimitBurst: 5, labels: {}, agentVersion: "test" },
  };
}

export function bareFrame(sessionId: string, seq = 1): TelemetryFrame {
  return {
    sessionId,
    seq,
    gpuAgeMs: 0,
    isGpuStale: false,
    gpus: [],
    gpuPressure: 0,
    gpuLevel: "normal",
    notes: [],
    problem: null,
    cpuRatio: null,
    memoryRatio: null,
    running: 0,
  };
}
