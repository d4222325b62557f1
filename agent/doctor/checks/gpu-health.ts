/** GPU health checks: what the driver complains about, and who holds VRAM without an account. */

import { RECOVERY_RULES, SLOWING, type XidAction, xidAction, xidRule } from "../../core/health-policy.ts";
import type { GpuCard } from "../../gpu/sensor.ts";
import type { XidReport } from "../../gpu/xid.ts";
import { type Finding, fail, note, ok, warn } from "../finding.ts";
import type { Seen } from "../seen.ts";
import { ageText, bytesText, countText, listText } from "../words.ts";
import { cardText } from "./gpu.ts";

export function checkThrottle(cards: readonly GpuCard[]): readonly Finding[] {
  if (cards.length === 0) return [];
  const id = "gpu.throttle";
  const slowed = cards.flatMap((card) => {
    const reasons = (card.throttle ?? []).filter((reason) => SLOWING.includes(reason));
    const heat = card.reading.temperatureC === null ? "" : ` at ${card.reading.temperatureC} °C`;
    return reasons.length === 0 ? [] : [`${cardText(card.reading)}: ${listText(reasons)}${heat}`];
  });
  if (slowed.length > 0) {
    return [
      warn(id, "the hardware slows a card down", {
        evidence: slowed,
        cure: "look at cooling and power of the box; `nvidia-smi -q -d PERFORMANCE,TEMPERATURE,POWER`",
      }),
    ];
  }
  if (cards.some(({ throttle }) => throttle === null)) return [note(id, "throttle reasons are unknown")];
  return [ok(id, "no card is slowed down by heat or power")];
}

export function checkRecovery(cards: readonly GpuCard[]): readonly Finding[] {
  if (cards.length === 0) return [];
  const id = "gpu.recovery";
  const ill = cards.flatMap((card) => {
    const { recovery } = card;
    if (recovery === null || recovery === "none") return [];
    return [
      fail(id, `the driver asks for ${recovery} of ${cardText(card.reading)}`, {
        evidence: [card.reading.uuid],
        cure: RECOVERY_RULES[recovery].cure,
      }),
    ];
  });
  if (ill.length > 0) return ill;
  if (cards.every(({ recovery }) => recovery === "none")) return [ok(id, "no card asks for a recovery")];
  return [note(id, "whether a card asks for a recovery is unknown: this driver does not say")];
}

export interface TimedXid extends XidReport {
  /** How long ago. */
  readonly ageMs: number;
}

const SERIOUS: readonly XidAction[] = ["drain", "quarantine", "schedule-reset"];
const XIDS_SHOWN = 5;

/** Reports since boot: a human may have cured them meanwhile, so they warn and never fail. */
export function checkXids(reports: Seen<readonly TimedXid[]>, hasCard: boolean): readonly Finding[] {
  if (!hasCard) return [];
  const id = "gpu.xid";
  if (reports.kind === "unseen") {
    return [
      note(id, "Xid reports are unknown: the kernel log cannot be read", {
        evidence: [reports.reason],
        cure: "run doctor with sudo",
      }),
    ];
  }
  const all = reports.value;
  if (all.length === 0) return [ok(id, "no Xid report in the kernel log")];
  const serious = all.filter((report) => SERIOUS.includes(xidAction(report)));
  const shown = (serious.length > 0 ? serious : all).slice(-XIDS_SHOWN).map(xidLine);
  if (serious.length === 0) {
    return [
      note(id, `${countText(all.length, "Xid report")} in the kernel log, none of them asks for a human`, {
        evidence: shown,
      }),
    ];
  }
  return [
    warn(id, `${countText(serious.length, "Xid report")} in the kernel log asking for a human`, {
      evidence: shown,
      cure: "see docs/health.md; the log keeps what a reset has cured, so compare the ages",
    }),
  ];
}

function xidLine(report: TimedXid): string {
  const { meaning } = xidRule(report.code);
  const pid = report.pid === null ? "" : `, pid ${report.pid}`;
  return `${ageText(report.ageMs)} ago: Xid ${report.code}, ${meaning}${pid}, ${report.pciAddress}: ${xidAction(report)}`;
}

/** A process that holds VRAM, as far as its owner can be found without asking anybody. */
export interface VramHolder {
  readonly pid: number;
  readonly name: string | null;
  /** Null where the driver does not say. */
  readonly bytes: number | null;
  readonly owner: /** Of an attempt whose agent lives. */
    | { readonly kind: "attempt" }
    /** Of an attempt that nobody watches any more. */
    | { readonly kind: "orphan"; readonly directory: string }
    /** Of a client of an agent's local service. */
    | { readonly kind: "client" }
    /** Declared in node.json. */
    | { readonly kind: "declared"; readonly id: string }
    | { readonly kind: "unknown" };
}

export function checkHolders(holders: readonly VramHolder[]): readonly Finding[] {
  const orphans = holders.filter(({ owner }) => owner.kind === "orphan");
  const strangers = holders.filter(({ owner }) => owner.kind === "unknown");
  const findings: Finding[] = [];
  if (orphans.length > 0) {
    findings.push(
      warn("gpu.leftover", "VRAM is held by jobs that no agent watches", {
        evidence: orphans.map(holderLine),
        cure: `start the agent, which takes them up or ends them; or end them: kill ${pidsOf(orphans)}`,
      }),
    );
  }
  if (strangers.length > 0) {
    findings.push(
      note("gpu.foreign", "VRAM is held by processes that nobody has registered", {
        evidence: strangers.map(holderLine),
        cure: "a server that belongs here: declare it in node.json under consumers; anything else: end it",
      }),
    );
  }
  return findings;
}

/** Share of a card that no process accounts for before it is worth a line. */
const HIDDEN_RATIO = 0.05;

/** VRAM in use that no process that can be seen accounts for. */
export function checkHidden(cards: readonly GpuCard[]): readonly Finding[] {
  const hidden = cards.flatMap((card) => {
    const { usedBytes, totalBytes } = card.reading;
    const isTold = card.processes?.every((each) => each.usedBytes !== null) === true;
    if (usedBytes === null || !isTold || card.memoryAccounting === "os-numa") return [];
    const told = (card.processes ?? []).reduce(
      (sum, each) => sum + (each.usedBytes ?? 0),
      card.reservedBytes ?? 0,
    );
    const bytes = usedBytes - told;
    return bytes < totalBytes * HIDDEN_RATIO
      ? []
      : [`${cardText(card.reading)}: ${bytesText(bytes)} of ${bytesText(usedBytes)}`];
  });
  if (hidden.length === 0) return [];
  return [
    note("gpu.hidden", "VRAM is in use that no visible process accounts for", {
      evidence: [...hidden, "processes of other containers and managed memory do not show"],
      cure: "run doctor on the host and outside of containers; `sudo fuser -v /dev/nvidia*` names who is left",
    }),
  ];
}

function holderLine({ pid, name, bytes, owner }: VramHolder): string {
  const amount = bytes === null ? "an unknown amount" : bytesText(bytes);
  const from = owner.kind === "orphan" ? `, ${owner.directory}` : "";
  return `pid ${pid} (${name ?? "name unknown"}): ${amount}${from}`;
}

function pidsOf(holders: readonly VramHolder[]): string {
  return holders.map(({ pid }) => pid).join(" ");
}
