/**
 * Notify outbox: what is to be told and has not been yet, as plain data that survives a restart. Pure: the shell
 * hands in notices, alarms and the time, asks what is due, sends it and says how that went.
 *
 * Nothing is dropped without a count and nothing critical at all: repeats of a subject are counted and told together
 * when its window ends, quiet hours and limits only delay, and where a channel's queue is full of critical ones the
 * newest takes the others up.
 */
import type { NotifyFailure } from "../../../shared/model/notify-view.ts";
import type { Alarm } from "./alarms.ts";
import { type Notice, severityRank, worse } from "./notice.ts";
import { channelsFor, isQuiet, type NotifyPolicy } from "./policy.ts";

export interface Delivery {
  readonly channel: string;
  notice: Notice;
  attempts: number;
  /** Wall time before which it is not tried. */
  notBeforeMs: number;
  lastError: string | null;
}

/** When a subject was last told on a channel, and what has come since. */
interface Told {
  atMs: number;
  /** Of the notice that was told or counted last. */
  lastId: string;
  more: number;
  last: Notice | null;
}

interface Raised {
  readonly sinceMs: number;
  isTold: boolean;
  alarm: Alarm;
}

export interface NotifyState {
  /** Events up to this one have been looked at. */
  cursorSeq: number;
  /** A hub has started and not said that it stops. */
  isHubOpen: boolean;
  queue: Delivery[];
  /** By channel, topic and subject. */
  told: Record<string, Told>;
  /** By topic and subject. */
  raised: Record<string, Raised>;
  /** Wall times of recent sends, by channel. */
  sends: Record<string, number[]>;
  /** The latest, oldest first. */
  failures: NotifyFailure[];
  delivered: number;
  /** Given up: no room, too old, or its channel is gone. */
  dropped: number;
}

/** Deliveries of one channel that may wait. */
export const QUEUE_MAX = 200;
const TOLD_MAX = 1_000;
const FAILURES_MAX = 20;
const RETRY_MAX_MS = 15 * 60_000;
/** Older news than this is none; critical ones wait for ever. */
const EXPIRE_MS = 3 * 24 * 3_600_000;
/** A channel that is gone may only be in somebody's editor. */
const ORPHAN_MS = 3_600_000;
const FOLDED_TEXT_MAX = 2_000;

export function createNotifyState(cursorSeq: number): NotifyState {
  return {
    cursorSeq,
    isHubOpen: false,
    queue: [],
    told: {},
    raised: {},
    sends: {},
    failures: [],
    delivered: 0,
    dropped: 0,
  };
}

/** Takes a notice in for every channel whose rules want it. */
export function offerNotice(state: NotifyState, policy: NotifyPolicy, notice: Notice, nowMs: number): void {
  for (const channel of channelsFor(policy, notice)) {
    const key = `${channel} ${notice.topic} ${notice.subject}`;
    const told = state.told[key];
    if (told?.lastId === notice.id) continue;
    if (told !== undefined && Math.abs(nowMs - told.atMs) < policy.dedupMs) {
      const severity = worse(notice.severity, told.last?.severity ?? notice.severity);
      told.more++;
      told.last = { ...notice, severity };
      told.lastId = notice.id;
      continue;
    }
    if (told !== undefined) tellRest(state, channel, told);
    state.told[key] = { atMs: nowMs, lastId: notice.id, more: 0, last: null };
    enqueue(state, channel, notice);
  }
  boundTold(state);
}

/** What is wrong now: told once when it has lasted, and once more when it is over. */
export function takeAlarms(
  state: NotifyState,
  policy: NotifyPolicy,
  alarms: readonly Alarm[],
  nowMs: number,
): void {
  const keys = new Set<string>();
  for (const alarm of alarms) {
    const key = `${alarm.topic} ${alarm.subject}`;
    keys.add(key);
    if (alarm.state === "unknown") continue;
    state.raised[key] ??= { sinceMs: nowMs, isTold: false, alarm };
    const raised = state.raised[key];
    if (raised === undefined || raised.isTold || nowMs - raised.sinceMs < alarm.holdMs) continue;
    raised.isTold = true;
    raised.alarm = alarm;
    offerNotice(state, policy, alarmNotice(alarm, raised.sinceMs, nowMs), nowMs);
  }
  for (const [key, { alarm, sinceMs, isTold }] of Object.entries(state.raised)) {
    if (keys.has(key)) continue;
    delete state.raised[key];
    if (isTold) offerNotice(state, policy, overNotice(alarm, sinceMs, nowMs), nowMs);
  }
}

/** Lets windows end and old news go; call it on every look. */
export function sweepOutbox(state: NotifyState, policy: NotifyPolicy, nowMs: number): void {
  for (const [key, told] of Object.entries(state.told)) {
    if (Math.abs(nowMs - told.atMs) < policy.dedupMs) continue;
    if (told.more === 0) delete state.told[key];
    else {
      tellRest(state, channelOf(key), told);
      state.told[key] = { atMs: nowMs, lastId: told.lastId, more: 0, last: null };
    }
  }
  const isStale = ({ channel, notice }: Delivery): boolean => {
    const ageMs = nowMs - notice.wallMs;
    if (policy.channels[channel] === undefined) return ageMs > ORPHAN_MS;
    return notice.severity !== "critical" && ageMs > EXPIRE_MS;
  };
  const kept = state.queue.filter((delivery) => !isStale(delivery));
  if (kept.length === state.queue.length) return;
  state.dropped += state.queue.length - kept.length;
  state.queue = kept;
}

/** The next delivery of each channel that may go now; at most one of each, critical ones first. */
export function dueDeliveries(
  state: NotifyState,
  policy: NotifyPolicy,
  nowMs: number,
  busy: ReadonlySet<string>,
): readonly Delivery[] {
  if (state.queue.length === 0) return [];
  const isSilent = isQuiet(policy, nowMs);
  return Object.entries(policy.channels).flatMap(([channel, { limit }]) => {
    if (busy.has(channel) || recentSends(state, channel, limit.windowMs, nowMs).length >= limit.count)
      return [];
    const due = state.queue.filter(
      (delivery) =>
        delivery.channel === channel &&
        isDue(delivery, nowMs) &&
        (!isSilent || delivery.notice.severity === "critical"),
    );
    const [first] = due.toSorted((a, b) => severityRank(b.notice.severity) - severityRank(a.notice.severity));
    return first === undefined ? [] : [first];
  });
}

/** A clock that was set back by more than the longest wait delays nothing. */
function isDue({ notBeforeMs }: Delivery, nowMs: number): boolean {
  return notBeforeMs <= nowMs || notBeforeMs - nowMs > RETRY_MAX_MS;
}

/** A send begins: it counts against the limit whatever comes of it. */
export function beginSend(state: NotifyState, policy: NotifyPolicy, delivery: Delivery, nowMs: number): void {
  const { channel } = delivery;
  const windowMs = policy.channels[channel]?.limit.windowMs ?? 0;
  state.sends[channel] = [...recentSends(state, channel, windowMs, nowMs), nowMs];
  delivery.attempts++;
}

/** How a send ended: `error` null when it was taken. */
export function endSend(
  state: NotifyState,
  policy: NotifyPolicy,
  delivery: Delivery,
  { error, nowMs }: { readonly error: string | null; readonly nowMs: number },
): void {
  if (error === null) {
    state.queue = state.queue.filter((other) => other !== delivery);
    state.delivered++;
    return;
  }
  let waitMs = policy.retryMs;
  for (let i = 1; i < delivery.attempts && waitMs < RETRY_MAX_MS; i++) waitMs *= 2;
  delivery.notBeforeMs = nowMs + Math.min(waitMs, RETRY_MAX_MS);
  delivery.lastError = error;
  const failure = { channel: delivery.channel, noticeId: delivery.notice.id, wallMs: nowMs, error };
  state.failures = [...state.failures, failure].slice(-FAILURES_MAX);
}

/** Wall times of the sends of a channel that still count against its limit. */
export function recentSends(state: NotifyState, channel: string, windowMs: number, nowMs: number): number[] {
  return (state.sends[channel] ?? []).filter((atMs) => Math.abs(nowMs - atMs) < windowMs);
}

function enqueue(state: NotifyState, channel: string, notice: Notice): void {
  const own = state.queue.filter((delivery) => delivery.channel === channel);
  if (own.length >= QUEUE_MAX && !makeRoom(state, own, notice)) return;
  state.queue.push({ channel, notice, attempts: 0, notBeforeMs: 0, lastError: null });
}

/** Gives up the oldest of the least important; among critical ones the newest takes the notice up. */
function makeRoom(state: NotifyState, own: readonly Delivery[], notice: Notice): boolean {
  const [victim] = own.toSorted((a, b) => severityRank(a.notice.severity) - severityRank(b.notice.severity));
  if (victim === undefined) return true;
  if (victim.notice.severity !== "critical") {
    state.dropped++;
    if (severityRank(victim.notice.severity) > severityRank(notice.severity)) return false;
    state.queue = state.queue.filter((delivery) => delivery !== victim);
    return true;
  }
  if (notice.severity !== "critical") {
    state.dropped++;
    return false;
  }
  const last = own.at(-1);
  if (last !== undefined) {
    const text = `${last.notice.text}; also: ${notice.title}`;
    const isLong = text.length > FOLDED_TEXT_MAX;
    last.notice = { ...last.notice, text: isLong ? `${text.slice(0, FOLDED_TEXT_MAX)}…` : text };
  }
  return false;
}

function tellRest(state: NotifyState, channel: string, { more, last }: Told): void {
  if (last === null) return;
  const title = more === 1 ? last.title : `${last.title} (the last of ${more})`;
  enqueue(state, channel, { ...last, title });
}

/** The oldest make room; what they had counted is told. */
function boundTold(state: NotifyState): void {
  const keys = Object.keys(state.told);
  if (keys.length <= TOLD_MAX) return;
  for (const key of keys.slice(0, keys.length - TOLD_MAX)) {
    const told = state.told[key];
    if (told !== undefined) tellRest(state, channelOf(key), told);
    delete state.told[key];
  }
}

function channelOf(key: string): string {
  return key.slice(0, key.indexOf(" "));
}

function alarmNotice(alarm: Alarm, sinceMs: number, wallMs: number): Notice {
  const { topic, severity, subject, title, text, node } = alarm;
  return {
    id: `${topic}-${subject}-${sinceMs}`,
    topic,
    severity,
    subject,
    title,
    text,
    wallMs,
    node,
    campaign: null,
  };
}

function overNotice(alarm: Alarm, sinceMs: number, nowMs: number): Notice {
  const notice = alarmNotice(alarm, sinceMs, nowMs);
  const text = `after ${Math.round((nowMs - sinceMs) / 1000)} s`;
  return {
    ...notice,
    id: `${notice.id}-over`,
    severity: "info",
    title: `no longer: ${alarm.title}`,
    text,
  };
}
