/**
 * VRAM peaks: the most VRAM that jobs of one kind were seen to hold, beside what they declare (SPEC N12). A kind is a
 * runner and the class of its parameters: whole numbers by their power of two, switches and short words as they are;
 * seeds, prompts and other free text do not make a kind. The figure is the largest of the latest jobs, so that one
 * that leaked does not count for ever, and it only ever raises what is declared.
 */
import type { JsonObject } from "../../../shared/json.ts";
import type { JobSpec } from "../../../shared/model/job.ts";
import type { SoftState } from "../soft.ts";
import type { HubState } from "../state.ts";

/** Kinds that are remembered; the one not seen for longest is forgotten first. */
export const KINDS_MAX = 1_024;
/** Jobs of a kind that count. */
export const PEAKS_KEPT = 8;
/** The largest power of two that a shift can make. */
const MOST = 1 << 30;
const KIND_PARTS_MAX = 16;
const WORD = /^[A-Za-z0-9._:/-]{1,48}$/;
const FREE = /seed|prompt|text|caption|name$|id$/i;

/** The kind of a job, such as `flux frames<=64 width<=1024`. */
export function kindOf({ runner, params }: Pick<JobSpec, "runner" | "params">): string {
  const parts = Object.keys(params)
    .sort()
    .flatMap((name) => partOf(name, params[name]))
    .slice(0, KIND_PARTS_MAX);
  return [runner, ...parts].join(" ");
}

function partOf(name: string, value: JsonObject[string] | undefined): readonly string[] {
  if (FREE.test(name) || !WORD.test(name)) return [];
  if (typeof value === "boolean") return [`${name}=${value}`];
  if (typeof value === "string" && WORD.test(value)) return [`${name}=${value}`];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0 || value > MOST) return [];
  return [`${name}<=${value <= 1 ? value : 1 << (32 - Math.clz32(value - 1))}`];
}

/** Takes the peak of a job over; 0 was not measured. */
export function applyPeak(state: HubState, spec: JobSpec, peakVramBytes: number): void {
  if (peakVramBytes <= 0) return;
  const kind = kindOf(spec);
  const peaks = [...(state.peaks.get(kind) ?? []), peakVramBytes].slice(-PEAKS_KEPT);
  state.peaks.delete(kind);
  state.peaks.set(kind, peaks);
  const oldest = state.peaks.keys().next();
  if (state.peaks.size > KINDS_MAX && oldest.done !== true) state.peaks.delete(oldest.value);
}

/** The largest peak of the latest jobs of this kind; null before the first. */
export function learnedVramBytes(state: HubState, spec: Pick<JobSpec, "runner" | "params">): number | null {
  const peaks = state.peaks.get(kindOf(spec));
  return peaks === undefined ? null : Math.max(...peaks);
}

/** What a job is placed by: what it declares, or what was learned where its runner asks for that and it is more. */
export function placedVramBytes(
  { state, soft }: { readonly state: HubState; readonly soft: SoftState },
  spec: JobSpec,
): number {
  if (!soft.learningRunners.has(spec.runner) || spec.lane === "cpu") return spec.vramBytes;
  return Math.max(spec.vramBytes, learnedVramBytes(state, spec) ?? 0);
}
