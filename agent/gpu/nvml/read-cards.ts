/**
 * readCards: one look at every card through NVML. It keeps nothing between two looks, so a card that comes,
 * goes or is cut into MIG instances is simply what the next look finds.
 */
import {
  pciAddress,
  recoveryAction,
  settleMemory,
  settlePower,
  settleProcessBytes,
  settleTemperature,
  settleUtilisation,
  throttleReasons,
} from "../probe/card.ts";
import type { GpuCard, GpuProcess } from "../sensor.ts";
import { describeCode, failureOf, type NvmlFailure } from "./codes.ts";
import type { NvmlAnswer, NvmlDevice, NvmlLibrary, NvmlProcess } from "./library.ts";

export type CardsRead =
  /** `trouble`: why cards that were there before may be missing. */
  | { readonly kind: "cards"; readonly cards: readonly GpuCard[]; readonly trouble: string | null }
  | { readonly kind: "failed"; readonly isAbsent: boolean; readonly reason: string };

/** The name of a process of this box; null when it is not to be found. */
export type NameOf = (pid: number) => string | null;

/** Leaves NVML initialised after a good look and shut down after a bad one, so that the next starts afresh. */
export function readCards(nvml: NvmlLibrary, isInitialised: boolean, nameOf: NameOf): CardsRead {
  try {
    if (!isInitialised) check(nvml.initialise(), "initialising NVML");
    const count = need(nvml.deviceCount(), "counting the GPUs");
    const found = Array.from({ length: count }, (_, index) => lookAt(nvml, index, nameOf));
    const cards = found.flatMap((item) => (item.kind === "cards" ? item.cards : []));
    const trouble = found.find((item) => item.kind === "fault")?.reason ?? null;
    if (count > 0 && trouble !== null && found.every(({ kind }) => kind === "fault")) {
      throw new ProbeError(trouble, "probe");
    }
    if (count === 0) throw new ProbeError("the driver knows no GPU", "absent");
    return { kind: "cards", cards, trouble };
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    nvml.shutdown();
    return { kind: "failed", isAbsent: error.reach === "absent", reason: error.message };
  }
}

class ProbeError extends Error {
  readonly reach: NvmlFailure;
  constructor(message: string, reach: NvmlFailure) {
    super(message);
    this.reach = reach;
  }
}

type Look =
  | { readonly kind: "cards"; readonly cards: readonly GpuCard[] }
  | { readonly kind: "fault"; readonly reason: string };

/** The card at an index, or its MIG instances; a card that cannot be read spoils no other. */
function lookAt(nvml: NvmlLibrary, index: number, nameOf: NameOf): Look {
  try {
    const device = need(nvml.deviceAt(index), `GPU ${index}`);
    if (field(nvml.isMigEnabled(device)) !== true) {
      return { kind: "cards", cards: [describe(nvml, { device, parent: null, nameOf })] };
    }
    const slots = Array.from({ length: need(nvml.migDeviceCount(device), "counting MIG instances") });
    const instances = slots.flatMap((_, slot) => field(nvml.migDeviceAt(device, slot)) ?? []);
    if (instances.length === 0)
      return { kind: "fault", reason: `GPU ${index} is in MIG mode without an instance` };
    const cards = instances.map((instance) => describe(nvml, { device: instance, parent: device, nameOf }));
    return { kind: "cards", cards };
  } catch (error) {
    if (!(error instanceof ProbeError) || error.reach === "probe" || error.reach === "absent") throw error;
    return { kind: "fault", reason: error.message };
  }
}

interface Subject {
  readonly device: NvmlDevice;
  /** The GPU around a MIG instance: what the whole card has, such as a temperature, is asked of it. */
  readonly parent: NvmlDevice | null;
  readonly nameOf: NameOf;
}

function describe(nvml: NvmlLibrary, { device, parent, nameOf }: Subject): GpuCard {
  const whole = parent ?? device;
  const uuid = need(nvml.uuid(device), "the UUID of a GPU");
  const memory = settleMemory(need(nvml.memory(device), `memory of ${uuid}`));
  const { totalBytes } = memory;
  if (totalBytes === null) throw new ProbeError(`${uuid} names no total memory`, "card");
  const milliwatts = field(nvml.powerMilliwatts(whole));
  const bits = field(nvml.throttleBits(whole));
  const action = field(nvml.recoveryAction(whole));
  const busId = field(nvml.pciBusId(whole));
  const listed = field(nvml.processes(device));
  return {
    reading: {
      uuid,
      name: field(nvml.name(device)) ?? field(nvml.name(whole)) ?? uuid,
      totalBytes,
      usedBytes: memory.usedBytes,
      // NVML cannot tell the utilisation of an instance, and that of the card is not its own.
      utilisationRatio: parent === null ? settleUtilisation(field(nvml.utilisationPercent(device))) : null,
      temperatureC: settleTemperature(field(nvml.temperatureC(whole))),
      powerW: settlePower(milliwatts === null ? null : milliwatts / 1000),
      source: "nvml",
    },
    processes: listed === null ? null : mergeProcesses(listed, totalBytes, nameOf),
    freeBytes: memory.freeBytes,
    reservedBytes: memory.reservedBytes,
    throttle: bits === null ? null : throttleReasons(bits),
    recovery: action === null ? null : recoveryAction(action),
    memoryAccounting: accountingOf(nvml.numaNode(whole)),
    pciAddress: busId === null ? null : pciAddress(busId),
    parentUuid: parent === null ? null : field(nvml.uuid(parent)),
    fault: null,
  };
}

/** A process that computes and draws is in both lists with the same bytes: it counts once. */
function mergeProcesses(
  listed: readonly NvmlProcess[],
  totalBytes: number,
  nameOf: NameOf,
): readonly GpuProcess[] {
  const byPid = new Map<number, number | null>();
  for (const { pid, usedBytes } of listed) {
    const bytes = settleProcessBytes(usedBytes, totalBytes);
    const known = byPid.get(pid) ?? null;
    byPid.set(pid, known === null ? bytes : Math.max(known, bytes ?? 0));
  }
  return [...byPid].map(([pid, usedBytes]) => ({ pid, usedBytes, name: nameOf(pid) }));
}

/** nvmlDeviceGetNumaNodeId: "not supported" (3) is the answer of a card whose memory the driver manages. */
function accountingOf(node: NvmlAnswer<number>): GpuCard["memoryAccounting"] {
  if (node.kind === "value") return "os-numa";
  return node.code === 3 ? "driver" : null;
}

function check(code: number, what: string): void {
  if (code === 0) return;
  const reach = failureOf(code);
  throw new ProbeError(`${what}: ${describeCode(code)}`, reach === "field" ? "probe" : reach);
}

/** Something without which the card cannot be described. */
function need<T>(answer: NvmlAnswer<T>, what: string): T {
  if (answer.kind === "value") return answer.value;
  const reach = failureOf(answer.code);
  throw new ProbeError(`${what}: ${describeCode(answer.code)}`, reach === "field" ? "card" : reach);
}

/** Something that may be missing; a card that is lost is lost whichever question finds it out. */
function field<T>(answer: NvmlAnswer<T>): T | null {
  if (answer.kind === "value") return answer.value;
  const reach = failureOf(answer.code);
  if (reach !== "field") throw new ProbeError(describeCode(answer.code), reach);
  return null;
}
