/**
 * Library: NVML's functions as typed calls. Structures are plain buffers with their offsets written down here,
 * because a layout that is spelled out can be compared with nvml.h line by line. Functions that an older driver
 * lacks answer as if they were not supported. Every call blocks its thread until the driver answers.
 */
import koffi, { type LibraryHandle } from "koffi";
import { NVML_FUNCTION_NOT_FOUND, NVML_INSUFFICIENT_SIZE, NVML_SUCCESS } from "./codes.ts";

export type NvmlAnswer<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "code"; readonly code: number };

/** Address of a device inside the driver's library. */
export type NvmlDevice = bigint;

/** Null: the driver calls it not available. A value beyond 2^53 is kept as a number that cannot be true. */
export interface NvmlMemory {
  readonly total: number | null;
  readonly reserved: number | null;
  readonly free: number | null;
  readonly used: number | null;
}

export interface NvmlProcess {
  readonly pid: number;
  readonly usedBytes: number | null;
}

export interface NvmlLibrary {
  initialise(): number;
  shutdown(): number;
  deviceCount(): NvmlAnswer<number>;
  deviceAt(index: number): NvmlAnswer<NvmlDevice>;
  uuid(device: NvmlDevice): NvmlAnswer<string>;
  name(device: NvmlDevice): NvmlAnswer<string>;
  pciBusId(device: NvmlDevice): NvmlAnswer<string>;
  memory(device: NvmlDevice): NvmlAnswer<NvmlMemory>;
  utilisationPercent(device: NvmlDevice): NvmlAnswer<number>;
  temperatureC(device: NvmlDevice): NvmlAnswer<number>;
  powerMilliwatts(device: NvmlDevice): NvmlAnswer<number>;
  throttleBits(device: NvmlDevice): NvmlAnswer<number>;
  recoveryAction(device: NvmlDevice): NvmlAnswer<number>;
  /** Answers only where the card's memory is a NUMA node of the host. */
  numaNode(device: NvmlDevice): NvmlAnswer<number>;
  isMigEnabled(device: NvmlDevice): NvmlAnswer<boolean>;
  migDeviceCount(device: NvmlDevice): NvmlAnswer<number>;
  migDeviceAt(device: NvmlDevice, index: number): NvmlAnswer<NvmlDevice>;
  /** Compute, graphics and MPS clients; a process in several lists is in the answer several times. */
  processes(device: NvmlDevice): NvmlAnswer<readonly NvmlProcess[]>;
}

type Argument = bigint | number | Buffer | null;
type Call = (...args: readonly Argument[]) => number;

/** NVML_VALUE_NOT_AVAILABLE. */
const NOT_AVAILABLE = 2n ** 64n - 1n;
const UUID_BYTES = 96;
const NAME_BYTES = 96;
/** nvmlPciInfo_t: char busIdLegacy[16], five u32, char busId[32]. */
const PCI_INFO = { bytes: 68, busId: 36 } as const;
/** nvmlMemory_t: u64 total, free, used. */
const MEMORY_V1 = { bytes: 24, total: 0, free: 8, used: 16 } as const;
/** nvmlMemory_v2_t: u32 version (and padding), u64 total, reserved, free, used. */
const MEMORY_V2 = { bytes: 40, total: 8, reserved: 16, free: 24, used: 32 } as const;
/** nvmlFieldValue_t: u32 field, u32 scope, i64 time, i64 latency, i32 type, i32 return, u64 value. */
const FIELD_VALUE = { bytes: 40, field: 0, returned: 28, value: 32 } as const;
/** NVML_FI_DEV_GET_GPU_RECOVERY_ACTION. */
const RECOVERY_FIELD = 230;
/** nvmlProcessInfo_t of the `_v2` and `_v3` calls: u32 pid, u64 used, u32 GPU instance, u32 compute instance. */
const PROCESS = { bytes: 24, pid: 0, used: 8 } as const;
const PROCESS_CALLS = ["Compute", "Graphics", "MPSCompute"] as const;
const FIRST_PROCESSES = 64;
const MAX_PROCESSES = 4_096;

/** @throws Error of the dynamic loader when the library is not there */
export function loadNvml(path: string): NvmlLibrary {
  const handle = koffi.load(path);
  const word = Buffer.alloc(8);
  const device = (...names: readonly string[]): Call => bind(handle, names, ["uint64_t", "void *"]);
  const u32 = (call: Call) => (of: NvmlDevice) => answer(call(of, word), () => word.readUInt32LE(0));
  const deviceAt = bind(handle, ["nvmlDeviceGetHandleByIndex_v2"], ["uint32_t", "void *"]);
  const migDeviceAt = bind(handle, ["nvmlDeviceGetMigDeviceHandleByIndex"], THREE);
  const deviceCount = bind(handle, ["nvmlDeviceGetCount_v2"], ["void *"]);
  const throttle = device(
    "nvmlDeviceGetCurrentClocksEventReasons",
    "nvmlDeviceGetCurrentClocksThrottleReasons",
  );
  const temperature = bind(handle, ["nvmlDeviceGetTemperature"], THREE);
  const migMode = bind(handle, ["nvmlDeviceGetMigMode"], ["uint64_t", "void *", "void *"]);
  const pending = Buffer.alloc(4);
  return {
    initialise: bind(handle, ["nvmlInit_v2"], []),
    shutdown: bind(handle, ["nvmlShutdown"], []),
    deviceCount: () => answer(deviceCount(word), () => word.readUInt32LE(0)),
    deviceAt: (index) => answer(deviceAt(index, word), () => word.readBigUInt64LE(0)),
    uuid: text(bind(handle, ["nvmlDeviceGetUUID"], TEXT), UUID_BYTES),
    name: text(bind(handle, ["nvmlDeviceGetName"], TEXT), NAME_BYTES),
    pciBusId: pciBusId(device("nvmlDeviceGetPciInfo_v3", "nvmlDeviceGetPciInfo_v2")),
    memory: memory(device("nvmlDeviceGetMemoryInfo_v2"), device("nvmlDeviceGetMemoryInfo")),
    utilisationPercent: u32(device("nvmlDeviceGetUtilizationRates")),
    temperatureC: (of) => answer(temperature(of, 0, word), () => word.readUInt32LE(0)),
    powerMilliwatts: u32(device("nvmlDeviceGetPowerUsage")),
    throttleBits: (of) => answer(throttle(of, word), () => word.readUInt32LE(0)),
    recoveryAction: recovery(bind(handle, ["nvmlDeviceGetFieldValues"], ["uint64_t", "int", "void *"])),
    numaNode: u32(device("nvmlDeviceGetNumaNodeId")),
    isMigEnabled: (of) => answer(migMode(of, word, pending), () => word.readUInt32LE(0) === 1),
    migDeviceCount: u32(device("nvmlDeviceGetMaxMigDeviceCount")),
    migDeviceAt: (of, index) => answer(migDeviceAt(of, index, word), () => word.readBigUInt64LE(0)),
    processes: processes(handle),
  };
}

const TEXT: readonly string[] = ["uint64_t", "void *", "uint32_t"];
const THREE: readonly string[] = ["uint64_t", "uint32_t", "void *"];

/** The first of `names` that this library has; a call to none of them answers "function not found". */
function bind(handle: LibraryHandle, names: readonly string[], args: readonly string[]): Call {
  for (const name of names) {
    try {
      return handle.func(name, "int", [...args]);
    } catch {
      // An older driver: the next name may be the one it knows.
    }
  }
  return () => NVML_FUNCTION_NOT_FOUND;
}

function answer<T>(code: number, value: () => T): NvmlAnswer<T> {
  return code === NVML_SUCCESS ? { kind: "value", value: value() } : { kind: "code", code };
}

function text(call: Call, bytes: number): (of: NvmlDevice) => NvmlAnswer<string> {
  const buffer = Buffer.alloc(bytes);
  return (of) => answer(call(of, buffer, bytes), () => cString(buffer));
}

function pciBusId(call: Call): (of: NvmlDevice) => NvmlAnswer<string> {
  const info = Buffer.alloc(PCI_INFO.bytes);
  return (of) => answer(call(of, info), () => cString(info.subarray(PCI_INFO.busId)));
}

function memory(v2: Call, v1: Call): (of: NvmlDevice) => NvmlAnswer<NvmlMemory> {
  const info = Buffer.alloc(MEMORY_V2.bytes);
  const at = (offset: number): number | null => amount(info.readBigUInt64LE(offset));
  return (of) => {
    info.writeUInt32LE(MEMORY_V2.bytes | (2 << 24), 0);
    if (v2(of, info) === NVML_SUCCESS) {
      const { total, reserved, free, used } = MEMORY_V2;
      return answer(NVML_SUCCESS, () => ({
        total: at(total),
        reserved: at(reserved),
        free: at(free),
        used: at(used),
      }));
    }
    const { total, free, used } = MEMORY_V1;
    return answer(v1(of, info), () => ({ total: at(total), reserved: null, free: at(free), used: at(used) }));
  };
}

function recovery(call: Call): (of: NvmlDevice) => NvmlAnswer<number> {
  const field = Buffer.alloc(FIELD_VALUE.bytes);
  return (of) => {
    field.fill(0);
    field.writeUInt32LE(RECOVERY_FIELD, FIELD_VALUE.field);
    const code = call(of, 1, field);
    // The call succeeds when any field does, so each carries a code of its own.
    return answer(code === NVML_SUCCESS ? field.readInt32LE(FIELD_VALUE.returned) : code, () =>
      field.readUInt32LE(FIELD_VALUE.value),
    );
  };
}

function processes(handle: LibraryHandle): (of: NvmlDevice) => NvmlAnswer<readonly NvmlProcess[]> {
  const calls = PROCESS_CALLS.map((kind) => {
    const name = `nvmlDeviceGet${kind}RunningProcesses`;
    return bind(handle, [`${name}_v3`, `${name}_v2`], ["uint64_t", "void *", "void *"]);
  });
  let table = Buffer.alloc(FIRST_PROCESSES * PROCESS.bytes);
  const count = Buffer.alloc(4);
  const list = (call: Call, of: NvmlDevice): NvmlAnswer<readonly NvmlProcess[]> => {
    for (;;) {
      const room = table.length / PROCESS.bytes;
      count.writeUInt32LE(room, 0);
      const code = call(of, count, table);
      if (code !== NVML_INSUFFICIENT_SIZE || room >= MAX_PROCESSES) {
        return answer(code, () => decodeProcesses(table, Math.min(room, count.readUInt32LE(0))));
      }
      table = Buffer.alloc(Math.min(MAX_PROCESSES, room * 4) * PROCESS.bytes);
    }
  };
  return (of) => {
    const answers = calls.map((call) => list(call, of));
    const [compute] = answers;
    // Without the compute list nothing is known; the others only add to it.
    if (compute?.kind === "code") return compute;
    const all = answers.flatMap((item) => (item.kind === "value" ? item.value : []));
    return { kind: "value", value: all };
  };
}

function decodeProcesses(table: Buffer, count: number): readonly NvmlProcess[] {
  return Array.from({ length: count }, (_, index) => {
    const entry = table.subarray(index * PROCESS.bytes, (index + 1) * PROCESS.bytes);
    return { pid: entry.readUInt32LE(PROCESS.pid), usedBytes: amount(entry.readBigUInt64LE(PROCESS.used)) };
  });
}

function amount(value: bigint): number | null {
  return value === NOT_AVAILABLE ? null : Number(value);
}

function cString(buffer: Buffer): string {
  const end = buffer.indexOf(0);
  return buffer.toString("utf8", 0, end === -1 ? buffer.length : end);
}
