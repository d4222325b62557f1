/**
 * Effects: carries out what the core decided and tells it what came of it. A step that fails is reported as
 * the failure it is; one that nobody waits for is logged.
 */
import { describeError } from "../shared/errors.ts";
import { assertNever } from "../shared/invariant.ts";
import type { JsonObject } from "../shared/json.ts";
import type { Log } from "../shared/log.ts";
import { delay } from "../shared/loop.ts";
import type { Completion } from "../shared/model/messages.ts";
import { attemptMeta } from "./adoption.ts";
import type { AgentOptions } from "./agent.ts";
import {
  delivered,
  deliveryFailed,
  inputsReady,
  prepareFailed,
  processEnded,
  processStarted,
  processWedged,
  progressed,
} from "./core/attempt.ts";
import { completionSaved } from "./core/completion.ts";
import { latchSaved } from "./core/down.ts";
import type { AgentCore, StopCause } from "./core/state.ts";
import type { Effect, Tx } from "./core/transaction.ts";
import type { Government } from "./government.ts";
import { createJobFlow, type JobFlow } from "./job-flow.ts";
import type { InputCache } from "./link/cache.ts";
import type { Uplink } from "./ports.ts";
import { planLimits } from "./process/resources/limits.ts";
import type { ProcessEvent } from "./process/supervisor-port.ts";
import { buildArgv } from "./runners/definition.ts";

/** Runs one decision and begins its effects. */
export type Act = <Reply>(decide: (tx: Tx) => Reply) => Reply;

export interface EffectsOptions extends AgentOptions {
  readonly core: AgentCore;
  readonly act: Act;
  readonly cacheStore: InputCache;
  readonly uplink: () => Uplink;
  /** A process has begun or ended. */
  readonly onWorkChanged: () => void;
  /** What governs the card; null until the agent has been put together. */
  readonly governing: () => Government | null;
}

export interface Effects {
  /** Begins an effect; never throws and never waits. */
  perform(effect: Effect): void;
  onProcess(event: ProcessEvent): void;
  /** Resolves when nothing that was begun is under way any more. */
  settled(): Promise<void>;
}

/** What every effect may need. */
interface Shell extends EffectsOptions {
  readonly flow: JobFlow;
  readonly oom: OomWatch;
  /** Work that nobody waits for; its failure is logged. */
  readonly background: (what: string, work: Promise<unknown>) => void;
}

export function createEffects(options: EffectsOptions): Effects {
  const { supervisor, uplink, log, timing, cacheStore: cache } = options;
  const flow = createJobFlow({
    supervisor,
    cache,
    upload: (outputs) => uplink().bulk.upload(outputs),
    retryMs: 2 * timing.reconnectMinMs,
  });
  const underWay = new Set<Promise<void>>();
  const background = (what: string, work: Promise<unknown>): void => {
    const settled = work
      .then(() => undefined)
      .catch((error: unknown) => reportFailure(log, what, error))
      .finally(() => underWay.delete(settled));
    underWay.add(settled);
  };
  const shell = { ...options, flow, oom: createOomWatch(options), background };
  return {
    perform: (effect) => performEffect(shell, effect),
    onProcess: (event) => noteProcess(shell, event),
    settled: async () => void (await Promise.all(underWay)),
  };
}

function performEffect(shell: Shell, effect: Effect): void {
  const { supervisor, uplink, log, flow, oom, background } = shell;
  switch (effect.kind) {
    case "send":
      // Without a session it is forgotten: what matters is said again after the next welcome.
      uplink().link.send(effect.message);
      return;
    case "telemetry":
      return uplink().link.telemetry(effect.frame);
    case "extend":
      return supervisor.extend(effect.token, effect.deadlineBootMs);
    case "abandon":
      return flow.abandon(effect.token);
    case "fetch":
      return background("fetch inputs", fetchInputs(shell, effect));
    case "launch":
      oom.begin(effect.job.token);
      return background("start a job", launch(shell, effect));
    case "stop":
      return background("stop a job", supervisor.stop(effect.token, effect.graceMs));
    case "deliver":
      return background("deliver outputs", deliver(shell, effect.token));
    case "saveCause":
      return background("remember a stop", saveItem(shell, effect.token, effect.cause, null));
    case "saveService":
      return background("keep a service", saveService(shell, effect.token));
    case "saveCompletion":
      return background("save a completion", saveCompletion(shell, effect.completion));
    case "discard":
      oom.end(effect.token);
      return background("discard an attempt", discard(shell, effect.token));
    case "saveSeen":
      return background("keep what was seen of the hub", shell.witness.save(effect.seen));
    case "saveStartLimits":
      return background("save the start limits", saveStartLimits(shell));
    case "setLatch":
    case "clearLatch":
      return background("keep the latch", keepLatch(shell, effect));
    case "makeRoom":
      return shell.governing()?.makeRoom(effect.request);
    case "wake":
      return shell.governing()?.wake(effect.id, effect.rung);
    case "publish":
      return shell.governing()?.publish(effect);
    case "rebalanced":
      return shell.governing()?.rebalanced(effect);
    case "answer":
      return answer(shell, effect);
    case "log":
      return log[effect.level]({ ...effect.fields, event: effect.event }, effect.sentence);
    case "fatal":
      return shell.onFatal(effect.message);
    default:
      return assertNever(effect);
  }
}

/** Question and answer are this node's own words; what goes wrong is the answer. */
function answer(
  { governing, uplink }: Shell,
  { queryId, method, body }: Extract<Effect, { kind: "answer" }>,
): void {
  const say = (reply: JsonObject, refusal: string | null): void => {
    uplink().link.send({ kind: "answer", queryId, body: reply, refusal });
  };
  try {
    const reply = governing()?.answer(method, body) ?? null;
    if (reply === null) say({}, "the agent is still starting");
    else say(reply, null);
  } catch (error) {
    say({}, describeError(error));
  }
}

function noteProcess(shell: Shell, event: ProcessEvent): void {
  const { act, core, flow, background, onWorkChanged } = shell;
  const { token } = event;
  switch (event.kind) {
    case "started":
      act((tx) => processStarted(tx, token, event.pid));
      return onWorkChanged();
    case "progress":
      return act((tx) => progressed(tx, token, event.ratio));
    case "wedged":
      return act((tx) => processWedged(tx, token, event.pids));
    case "exited":
    case "vanished":
      // An attempt whose record made no sense was never taken over.
      if (!core.state.attempts.has(token)) return background("forget an attempt", flow.discard(token));
      return background("note an end", noteEnd(shell, event));
    default:
      return assertNever(event);
  }
}

async function noteEnd(
  { flow, oom, act, onWorkChanged }: Shell,
  event: Extract<ProcessEvent, { kind: "exited" | "vanished" }>,
): Promise<void> {
  const { token } = event;
  const exit = event.kind === "exited" ? event.exit : null;
  const logTail = await flow.logTail(token);
  const { breach = null, oomKills = null } = event.evidence ?? {};
  // What the job's own cgroup counted is proof; the kernel's global count only says that it may have been it.
  const isOomLikely = oomKills === null ? oom.isLikely(token) : oomKills > 0;
  const endedBootMs = event.kind === "exited" ? event.endedBootMs : null;
  act((tx) => processEnded(tx, token, { exit, logTail, isOomLikely, breach, endedBootMs }));
  onWorkChanged();
}

async function fetchInputs(
  { flow, act }: Shell,
  { token, inputs }: Extract<Effect, { kind: "fetch" }>,
): Promise<void> {
  const result = await flow.fetch(token, inputs);
  if (result.kind === "ready") act((tx) => inputsReady(tx, token));
  if (result.kind === "failed") act((tx) => prepareFailed(tx, token, result.outcome, result.detail));
}

async function launch(
  { config, runners, supervisor, act, environment }: Shell,
  { job, params, isRestart, deadlineBootMs, startedBootMs }: Extract<Effect, { kind: "launch" }>,
): Promise<void> {
  const { token, jobId } = job;
  const runner = runners.get(job.runner);
  // Its definition may have been taken away since an earlier agent began it.
  const missing = `no runner "${job.runner}" here`;
  if (runner === undefined) return act((tx) => prepareFailed(tx, token, "declined", missing));
  const { memoryBytes, diskBytes } = runner;
  const { capabilities } = config;
  const box = { cores: capabilities.cpuCores, memoryBytes: capabilities.memoryBytes };
  const allowed = runner.envAllow.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value]];
  });
  const card = job.gpu === null ? {} : { CUDA_VISIBLE_DEVICES: job.gpu };
  try {
    const request = {
      token,
      jobId,
      argv: buildArgv(runner, params),
      env: { ...Object.fromEntries(allowed), ...card },
      params,
      deadlineBootMs,
      nice: runner.nice,
      meta: attemptMeta(job, startedBootMs),
      logLimitBytes: runner.logLimitBytes,
      limits: planLimits({ ...job, memoryBytes, diskBytes }, box),
    };
    await (isRestart ? supervisor.restart(request) : supervisor.start(request));
  } catch (error) {
    act((tx) => prepareFailed(tx, token, "declined", describeError(error)));
  }
}

async function deliver({ flow, act }: Shell, token: number): Promise<void> {
  const result = await flow.deliver(token);
  if (result.kind === "delivered") act((tx) => delivered(tx, token, result));
  if (result.kind === "failed") act((tx) => deliveryFailed(tx, token, result.outcome, result.detail));
}

async function saveItem(
  { core, outbox }: Shell,
  token: number,
  cause: StopCause | null,
  completion: Completion | null,
): Promise<void> {
  const attempt = core.state.attempts.get(token);
  if (attempt === undefined) return;
  const { job, service } = attempt;
  await outbox.put({ job, cause, completion, service });
}

async function saveService(shell: Shell, token: number): Promise<void> {
  const { cause = null, completion = null } = shell.core.state.attempts.get(token) ?? {};
  await saveItem(shell, token, cause, completion);
}

/** A completion that the disk does not take is told all the same once it does: it is never told before. */
async function saveCompletion(shell: Shell, completion: Completion): Promise<void> {
  const { token } = completion;
  const { state } = shell.core;
  const cause = state.attempts.get(token)?.cause ?? null;
  await persist(shell, "save a completion", () => saveItem(shell, token, cause, completion));
  shell.act((tx) => completionSaved(tx, token));
}

/** Tries until the disk takes it or the agent ends: what follows from it must not be forgotten. */
async function persist(shell: Shell, what: string, work: () => Promise<unknown>): Promise<void> {
  const { core, log, timing } = shell;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      reportFailure(log, what, error);
      if (core.state.isClosing) throw error;
      await delay(timing.reconnectMaxMs);
    }
  }
}

function reportFailure(log: Log, what: string, error: unknown): void {
  const fields = { event: "effect.failed", what, reason: describeError(error) } as const;
  log.error(fields, "the agent could not do this");
}

/** The record goes last: until then the completion could still be asked for. */
async function discard({ outbox, flow }: Shell, token: number): Promise<void> {
  await flow.discard(token);
  await outbox.remove(token);
}

function saveStartLimits({ core, startLimits, clock }: Shell): Promise<void> {
  const { bootId } = core.config;
  return startLimits.save(core.state.startLimits, { bootId, bootMs: clock.bootMs() });
}

async function keepLatch(
  shell: Shell,
  { kind, generation }: Extract<Effect, { kind: "setLatch" | "clearLatch" }>,
): Promise<void> {
  const { latch, act, clock, timing } = shell;
  if (kind === "setLatch") {
    const hold = { by: "hub", graceMs: timing.termGraceMs, wallMs: clock.wallMs() } as const;
    await persist(shell, "keep the latch", () => latch.set(hold));
  } else if (!(await latch.clear("hub"))) return;
  act((tx) => latchSaved(tx, generation));
}

interface OomWatch {
  begin(token: number): void;
  end(token: number): void;
  isLikely(token: number): boolean;
}

/** The kernel's count of kills for memory, compared over the life of an attempt: evidence, not proof. */
function createOomWatch({ host }: EffectsOptions): OomWatch {
  const before = new Map<number, number>();
  return {
    begin: (token) => {
      const kills = host.oomKills();
      if (kills !== null) before.set(token, kills);
    },
    end: (token) => void before.delete(token),
    isLikely: (token) => (host.oomKills() ?? 0) > (before.get(token) ?? Number.POSITIVE_INFINITY),
  };
}
