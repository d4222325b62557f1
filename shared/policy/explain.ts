/**
 * Explain: a refusal as two sentences, why and what would change it. `why`, the node log and a decline all
 * print these, so that one rule never has two wordings.
 */
import { assertNever } from "../invariant.ts";
import type { GateEvidence, Refusal } from "./admission.ts";

export interface Explanation {
  readonly because: string;
  readonly wouldChange: string;
}

/** The sentences for a refusal of VRAM. */
export function explainRefusal(refusal: Refusal): Explanation {
  switch (refusal.reason) {
    case "gate":
      return { because: `${pressures(refusal)}: at or above the gate`, wouldChange: cureOf(refusal) };
    case "structurally-starved":
      return {
        because: `${pressures(refusal)}: the residents alone keep this gate shut`,
        wouldChange: "unload a resident, use the gate policy resident-aware, or raise the priority",
      };
    case "budget":
      return {
        because: `${refusal.subsystem} would hold ${mib(refusal.wouldHoldBytes)} of its hard budget of ${mib(refusal.budgetBytes)}`,
        wouldChange: `a larger budget for ${refusal.subsystem}, or less of it loaded`,
      };
    case "card-fault":
      return { because: refusal.detail, wouldChange: refusal.cure ?? "a clean period of the card" };
    case "throttled":
      return { because: refusal.detail, wouldChange: "a cooler card, or interactive priority" };
    case "telemetry-unknown":
      return { because: `VRAM is unknown: ${refusal.detail}`, wouldChange: "one good GPU sample" };
    case "telemetry-stale":
      return {
        because: `the last GPU sample is ${seconds(refusal.ageMs)} old, good for ${seconds(refusal.validForMs)}`,
        wouldChange: "a fresh GPU sample, or interactive priority",
      };
    case "no-gpu":
      return { because: "this node has no usable GPU memory", wouldChange: "another node" };
    case "invalid-claim":
      return {
        because: `${refusal.bytes} is not a number of bytes`,
        wouldChange: "a whole number, 0 or more",
      };
    case "ledger-full":
      return {
        because: `${refusal.limit} consumers are registered already`,
        wouldChange: "clients that release what they reserved",
      };
    default:
      return assertNever(refusal);
  }
}

function pressures(evidence: GateEvidence): string {
  const [now, then, gate] = [evidence.pressure, evidence.wouldBe, evidence.gate].map((ratio) =>
    ratio.toFixed(3),
  );
  return `pressure ${now} would become ${then} with ${mib(evidence.bytes)}, gate ${gate}`;
}

function cureOf(evidence: GateEvidence): string {
  const { shortfallBytes, capacityBytes, headroomBytes } = evidence;
  if (shortfallBytes === null) {
    if (capacityBytes < WORTH_ASKING_BYTES) return "another node: nothing of this priority ever fits here";
    return `a node with room: at most ${mib(capacityBytes)} ever fits here at this priority`;
  }
  const free = `free ${mib(shortfallBytes)}`;
  if (headroomBytes < WORTH_ASKING_BYTES) return `${free}: until then nothing of this priority gets in`;
  return `${free}, or ask for at most ${mib(headroomBytes)}`;
}

/** Nobody is told to ask for less than this. */
const WORTH_ASKING_BYTES = 1024 ** 2;

/** Bytes for people: MiB, with a tenth below 10 so that a near miss does not read as equality. */
function mib(bytes: number): string {
  const count = bytes / 1024 ** 2;
  return `${count < 10 ? Math.round(count * 10) / 10 : Math.round(count)} MiB`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
