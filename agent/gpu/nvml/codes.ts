/**
 * Codes: what NVML's return values mean for a reading. One missing field, one lost card and a driver that is
 * not there are three different things, and none of them is a zero.
 */
export const NVML_SUCCESS = 0;
export const NVML_INSUFFICIENT_SIZE = 7;

/** The call is not in this library at all; NVML's own number for it. */
export const NVML_FUNCTION_NOT_FOUND = 13;

/** What a return code says about the reach of a failure. */
export type NvmlFailure =
  /** This field is unknown, the rest goes on. */
  | "field"
  /** This card cannot be read. */
  | "card"
  /** Nothing can be read now. */
  | "probe"
  /** There is no driver here to ask. */
  | "absent";

const FAILURES: Readonly<Record<number, NvmlFailure>> = {
  1: "probe", // uninitialised
  9: "absent", // driver not loaded
  10: "card", // timeout
  12: "absent", // library not found
  15: "card", // GPU is lost
  16: "card", // reset required
  17: "probe", // operating system
  18: "probe", // library and driver versions differ, as after an upgrade without a reboot
  20: "probe", // out of memory
  23: "probe", // insufficient resources
  28: "card", // GPU not found
};

const NAMES: Readonly<Record<number, string>> = {
  1: "NVML is not initialised",
  3: "not supported",
  4: "no permission",
  9: "the NVIDIA driver is not loaded",
  10: "the driver timed out",
  12: "the driver's library was not found",
  15: "GPU is lost",
  16: "GPU requires reset",
  17: "the operating system refused",
  18: "driver and library versions differ: reboot after the driver upgrade",
  28: "GPU not found",
  999: "unknown error",
};

export function failureOf(code: number): NvmlFailure {
  return FAILURES[code] ?? "field";
}

export function describeCode(code: number): string {
  return `${NAMES[code] ?? "NVML error"} (NVML ${code})`;
}
