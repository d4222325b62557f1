/**
 * Notifier: tells people what they should hear of, wherever they are (SPEC H12). It follows the durable journal with
 * a cursor of its own and keeps what is undelivered in `hub/notify-queue.json`, so that a restart loses nothing: a
 * notice leaves at least once, under an id that never changes. It only reads; what fails here stops nothing.
 */
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { describeError, FleetError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { createLoop } from "../../shared/loop.ts";
import type { NotifyView } from "../../shared/model/notify-view.ts";
import { type Alarm, fleetAlarms } from "../core/notify/alarms.ts";
import type { Notice } from "../core/notify/notice.ts";
import { takeEvent } from "../core/notify/notify.ts";
import {
  beginSend,
  createNotifyState,
  type Delivery,
  dueDeliveries,
  endSend,
  type NotifyState,
  sweepOutbox,
  takeAlarms,
} from "../core/notify/outbox.ts";
import type { Engine } from "../engine.ts";
import { type EventHistory, eventOf } from "../store/history.ts";
import { openJsonFile } from "../store/json-file.ts";
import { watchNotify } from "../store/notify-document.ts";
import { sendTo } from "./channel.ts";
import { viewNotify } from "./view.ts";

export interface NotifierOptions {
  readonly root: string;
  readonly engine: Engine;
  readonly history: EventHistory;
  readonly log: Log;
  /** What `status` warns of, by document. */
  readonly problems: Map<string, string>;
  /** Alarms that only the shell can see. */
  readonly readAlarms: () => Promise<readonly Alarm[]>;
}

export interface TestResult {
  readonly channel: string;
  readonly isTaken: boolean;
  /** Empty when it was taken. */
  readonly error: string;
  readonly elapsedMs: number;
}

export interface Notifier {
  /** Sends a notice now, past rules, quiet hours and limits. Throws `notFound` for a channel that is none. */
  test(channel: string | null): Promise<readonly TestResult[]>;
  view(): NotifyView;
  /** Final. What is under way is given up and sent again after the next start. */
  stop(): Promise<void>;
}

const LOOK_MS = 1_000;
/** How far the cursor on the disk may lag when nothing else has changed. */
const SAVE_CURSOR_MS = 10_000;

export async function openNotifier(options: NotifierOptions): Promise<Notifier> {
  const { root, engine, log, problems } = options;
  const file = await openQueue(root, engine.journalSeq, log);
  const state = file.data;
  const document = watchNotify(root, (problem) => {
    if (problem === null) problems.delete("notify.json");
    else problems.set("notify.json", problem);
    if (problem !== null)
      log.warn({ event: "document.refused", file: "notify.json", problem }, "not in force");
  });
  const stopping = new AbortController();
  const busy = new Map<string, Promise<void>>();
  const startedBootMs = engine.now().bootMs;
  const save = createSaver(file, engine);

  const trySend = async (channel: string, notice: Notice): Promise<string | null> => {
    const config = document.current.channels[channel];
    if (config === undefined) return "the channel is gone";
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(config.timeoutMs)]);
    try {
      await sendTo(config, notice, { root, signal, wallMs: engine.now().wallMs });
      return null;
    } catch (error) {
      return signal.aborted ? `no answer within ${config.timeoutMs} ms` : describeError(error);
    }
  };
  const deliver = async (delivery: Delivery): Promise<void> => {
    const { channel, notice } = delivery;
    beginSend(state, document.current, delivery, engine.now().wallMs);
    const error = await trySend(channel, notice);
    busy.delete(channel);
    if (stopping.signal.aborted) return;
    endSend(state, document.current, delivery, { error, nowMs: engine.now().wallMs });
    const fields = { channel, noticeId: notice.id, attempts: delivery.attempts };
    if (error === null) log.info({ event: "notice.sent", ...fields }, notice.title);
    else log.warn({ event: "notice.failed", ...fields, reason: error }, "a notice is tried again");
    loop.wake();
  };
  const look = async (): Promise<void> => {
    await document.look();
    const policy = document.current;
    await takeEvents(options, state, policy);
    const { bootMs, wallMs } = engine.now();
    const alarms = [...fleetAlarms(engine.core, bootMs, startedBootMs), ...(await options.readAlarms())];
    takeAlarms(state, policy, alarms, wallMs);
    sweepOutbox(state, policy, wallMs);
    await save();
    for (const delivery of dueDeliveries(state, policy, wallMs, new Set(busy.keys())))
      busy.set(delivery.channel, deliver(delivery));
  };
  const onError = (error: unknown): void =>
    log.error({ event: "notify.problem", reason: describeError(error) }, "the notifier goes on");
  await document.look();
  const loop = createLoop({ everyMs: LOOK_MS, run: look, onError });
  return {
    test: (channel) => testChannels(document.current.channels, channel, engine, trySend),
    view: () => viewNotify(state, document.current, engine.now().wallMs),
    stop: async () => {
      await loop.stop();
      stopping.abort();
      await Promise.all(busy.values());
      await save(true).catch(onError);
    },
  };
}

interface QueueFile {
  data: NotifyState;
  write(): Promise<void>;
}

/** A queue that cannot be read is put aside and begun anew: to start the fleet matters more. */
async function openQueue(root: string, cursorSeq: number, log: Log): Promise<QueueFile> {
  const path = join(root, "hub", "notify-queue.json");
  const fresh = createNotifyState(cursorSeq);
  const open = (): Promise<QueueFile> => openJsonFile(path, fresh);
  const file = await open().catch(async (error: unknown) => {
    log.error({ event: "notify.problem", reason: describeError(error) }, "what was undelivered is put aside");
    await rename(path, `${path}.broken`);
    return open();
  });
  file.data = { ...fresh, ...file.data };
  // A backup of before was restored.
  if (file.data.cursorSeq > cursorSeq) file.data.cursorSeq = cursorSeq;
  return file;
}

/** Writes when something has changed; the cursor alone is no hurry. */
function createSaver(file: QueueFile, engine: Engine): (isLast?: boolean) => Promise<void> {
  let saved = "";
  let savedBootMs = Number.NEGATIVE_INFINITY;
  let savedSeq = -1;
  return async (isLast = false) => {
    const { cursorSeq, ...rest } = file.data;
    const text = JSON.stringify(rest);
    const { bootMs } = engine.now();
    const isDue = cursorSeq !== savedSeq && (isLast || bootMs - savedBootMs >= SAVE_CURSOR_MS);
    if (text === saved && !isDue) return;
    await file.write();
    saved = text;
    savedSeq = cursorSeq;
    savedBootMs = bootMs;
  };
}

async function takeEvents(
  { engine, history }: NotifierOptions,
  state: NotifyState,
  policy: Parameters<typeof takeEvent>[1],
): Promise<void> {
  const context = { hub: engine.core.state, nowMs: engine.now().wallMs };
  const { recent } = engine;
  if (state.cursorSeq + 1 >= recent.firstSeq) {
    for (const record of recent.since(state.cursorSeq)) takeEvent(state, policy, record, context);
    return;
  }
  for await (const shown of history.since(state.cursorSeq))
    takeEvent(state, policy, { seq: shown.seq, event: eventOf(shown) }, context);
}

async function testChannels(
  channels: Readonly<Record<string, unknown>>,
  only: string | null,
  engine: Engine,
  trySend: (channel: string, notice: Notice) => Promise<string | null>,
): Promise<readonly TestResult[]> {
  const known = Object.keys(channels);
  if (only !== null && !known.includes(only))
    throw new FleetError(
      "notFound",
      `notify.json has no channel "${only}"; it has ${known.join(", ") || "none"}`,
    );
  const { wallMs } = engine.now();
  const notice: Notice = {
    id: `test-${wallMs}`,
    topic: "test",
    severity: "info",
    subject: "test",
    title: "a test of Spiral Fleet",
    text: "somebody ran `spiral notify test`; nothing is wrong",
    wallMs,
    node: null,
    campaign: null,
  };
  return Promise.all(
    (only === null ? known : [only]).map(async (channel) => {
      const beginMs = engine.now().bootMs;
      const error = await trySend(channel, notice);
      const elapsedMs = Math.round(engine.now().bootMs - beginMs);
      return { channel, isTaken: error === null, error: error ?? "", elapsedMs };
    }),
  );
}
