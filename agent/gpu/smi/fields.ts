/**
 * Fields: what is asked of nvidia-smi and how its rows are read. A driver that does not know a field refuses
 * the whole query and names it, so the query steps down: to the field's older name, or to doing without. Pure.
 */
import {
  MIB,
  pciAddress,
  recoveryActionNamed,
  settleMemory,
  settlePower,
  settleTemperature,
  settleUtilisation,
  throttleReasons,
} from "../probe/card.ts";
import type { GpuCard } from "../sensor.ts";

/** Each column with its names, newest first. */
const COLUMNS = {
  uuid: ["uuid"],
  name: ["name"],
  pci: ["pci.bus_id"],
  total: ["memory.total"],
  used: ["memory.used"],
  free: ["memory.free"],
  reserved: ["memory.reserved"],
  utilisation: ["utilization.gpu"],
  temperature: ["temperature.gpu"],
  power: ["power.draw"],
  throttle: ["clocks_event_reasons.active", "clocks_throttle_reasons.active"],
  recovery: ["gpu_recovery_action"],
  mig: ["mig.mode.current"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

type Column = keyof typeof COLUMNS;
/** Without these there is no card. */
const REQUIRED: readonly Column[] = ["uuid", "total"];

export interface GpuQuery {
  readonly columns: readonly (readonly [column: Column, field: string])[];
}

export const FULL_QUERY: GpuQuery = {
  columns: Object.entries(COLUMNS).map(([column, [field]]) => [column as Column, field] as const),
};

export function queryFields({ columns }: GpuQuery): string {
  return columns.map(([, field]) => field).join(",");
}

/** The field that nvidia-smi says it does not know; null for any other line. */
export function refusedField(line: string): string | null {
  return /^Field "([a-z0-9_.]+)" is not a valid field to query/.exec(line.trim())?.[1] ?? null;
}

/** The query without a refused field; null when there is nothing to step down to. */
export function stepDown(query: GpuQuery, refused: string): GpuQuery | null {
  const found = query.columns.find(([, field]) => field === refused);
  if (found === undefined) return null;
  const [column] = found;
  const names: readonly string[] = COLUMNS[column];
  const older = names[names.indexOf(refused) + 1];
  if (older === undefined && REQUIRED.includes(column)) return null;
  const columns = query.columns.flatMap((entry): GpuQuery["columns"] => {
    if (entry !== found) return [entry];
    return older === undefined ? [] : [[column, older]];
  });
  return { columns };
}

export type GpuRow =
  | { readonly kind: "card"; readonly card: GpuCard }
  /** The driver names the card and says that it cannot be used. */
  | { readonly kind: "fault"; readonly uuid: string; readonly reason: string };

const FAULT = /GPU is lost|GPU requires reset/i;

/** One line of `--format=csv,noheader,nounits`; null when it is not a row of this query. */
export function parseGpuRow(query: GpuQuery, line: string): GpuRow | null {
  const cells = line.split(",").map((cell) => cell.trim());
  const uuid = cells[query.columns.findIndex(([column]) => column === "uuid")] ?? "";
  if (cells.length !== query.columns.length || !/^GPU-[0-9a-zA-Z-]{1,64}$/.test(uuid)) return null;
  const values = new Map(query.columns.map(([column], index) => [column, known(cells[index] ?? "")]));
  const fault = cells.find((cell) => FAULT.test(cell));
  if (fault !== undefined) return { kind: "fault", uuid, reason: fault };
  const text = (column: Column): string | null => values.get(column) ?? null;
  const number = (column: Column): number | null => toNumber(text(column));
  const bytes = (column: Column): number | null => {
    const mib = number(column);
    return mib === null ? null : mib * MIB;
  };
  const memory = settleMemory({
    total: bytes("total"),
    used: bytes("used"),
    free: bytes("free"),
    reserved: bytes("reserved"),
  });
  const { totalBytes } = memory;
  if (totalBytes === null) return { kind: "fault", uuid, reason: "it names no total memory" };
  // nvidia-smi's rows are of whole GPUs; which instance is how full they do not tell.
  const isMig = text("mig") === "Enabled";
  const bits = number("throttle");
  const recovery = text("recovery");
  return {
    kind: "card",
    card: {
      reading: {
        uuid,
        name: text("name") ?? uuid,
        totalBytes,
        usedBytes: isMig ? null : memory.usedBytes,
        utilisationRatio: settleUtilisation(number("utilisation")),
        temperatureC: settleTemperature(number("temperature")),
        powerW: settlePower(number("power")),
        source: "nvidia-smi",
      },
      processes: null,
      freeBytes: isMig ? null : memory.freeBytes,
      reservedBytes: memory.reservedBytes,
      throttle: bits === null || !Number.isSafeInteger(bits) ? null : throttleReasons(bits),
      recovery: recovery === null ? null : recoveryActionNamed(recovery),
      memoryAccounting: null,
      pciAddress: pciAddress(text("pci") ?? ""),
      parentUuid: null,
      fault: isMig ? "it is in MIG mode, whose instances only NVML can tell apart" : null,
    },
  };
}

export const APPS_FIELDS = "gpu_uuid,pid,used_gpu_memory,process_name";

export interface AppRow {
  readonly uuid: string;
  readonly pid: number;
  readonly usedBytes: number | null;
  readonly name: string | null;
}

/** One line of the process query; null when it is none. The name comes last because it may hold commas. */
export function parseAppRow(line: string): AppRow | null {
  const match = /^\s*((?:GPU|MIG)-[0-9a-zA-Z-]{1,64})\s*,\s*(\d{1,10})\s*,([^,]*),(.*)$/.exec(line);
  if (match === null) return null;
  const [, uuid = "", pid, memory = "", path = ""] = match;
  const mib = toNumber(known(memory.trim()));
  const name = known(path.trim())?.split("/").at(-1);
  return { uuid, pid: Number(pid), usedBytes: mib === null ? null : mib * MIB, name: name ?? null };
}

/** Null for nvidia-smi's ways of saying that it does not know: `[N/A]`, `[Not Supported]`, `ERR!` … */
function known(cell: string): string | null {
  return cell === "" || cell === "N/A" || cell === "ERR!" || /^\[.*\]$/.test(cell) ? null : cell;
}

/** Decimal or 0x…; NaN for a text that is neither. */
function toNumber(cell: string | null): number | null {
  if (cell === null) return null;
  return /^-?\d+(?:\.\d+)?$|^0x[0-9a-f]+$/i.test(cell) ? Number(cell) : Number.NaN;
}

const ABSENT = /No devices were found|couldn't communicate with the NVIDIA driver|driver is not loaded/i;

/** Whether a complaint means that there is no GPU to ask, as opposed to one that does not answer. */
export function isAbsence(complaint: string): boolean {
  return ABSENT.test(complaint);
}
