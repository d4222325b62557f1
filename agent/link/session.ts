/**
 * Session: one connection to the hub from hello to its end, control and telemetry together. It ends once,
 * for one reason, and then leaves nothing behind; the link decides what follows.
 */
import { credentials, type Metadata, type ServiceError, status } from "@grpc/grpc-js";
import type { Clock } from "../../shared/clock.ts";
import { describeError, FleetError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { createLoop, delay, type Loop } from "../../shared/loop.ts";
import type {
  AgentMessage,
  Hello,
  HubMessage,
  TelemetryFrame,
  Welcome,
} from "../../shared/model/messages.ts";
import type { Timing } from "../../shared/model/timing.ts";
import { encodeAgentMessage } from "../../shared/wire/agent-codec.ts";
import { splitBatches } from "../../shared/wire/batch.ts";
import { agentChannelOptions } from "../../shared/wire/channel-options.ts";
import { decodeHubMessage, type HubControl__Output } from "../../shared/wire/hub-codec.ts";
import { wireServices } from "../../shared/wire/load.ts";
import { createOutboundQueue, type Urgency } from "../../shared/wire/outbound-queue.ts";
import {
  checkProtocol,
  createTolerance,
  type Tolerance,
  type UnknownMessage,
} from "../../shared/wire/protocol.ts";
import { readRetryAfter } from "../../shared/wire/retry-after.ts";
import { readStandby } from "../../shared/wire/standby.ts";
import { createTelemetryStream } from "./telemetry-stream.ts";

export interface SessionOptions {
  readonly address: string;
  readonly metadata: Metadata;
  readonly timing: Timing;
  readonly clock: Clock;
  readonly log: Log;
  readonly hello: Hello;
  readonly onWelcome: (welcome: Welcome) => void;
  /** Everything after the welcome but the goodbye, which ends the session. */
  readonly onMessage: (message: HubMessage) => void;
}

export interface SessionEnd {
  readonly reason: string;
  readonly wasWelcomed: boolean;
  readonly cause: EndCause;
  /** Where a standby says that the hub is; null when nobody said so. */
  readonly leader: string | null;
  /** How long the hub asks to stay away; 0 when it said nothing. */
  readonly retryAfterMs: number;
}

/**
 * Lost: trouble on the way or at the hub. Refused: the hub answered and cannot have this agent now.
 * Unproven: the hub does not believe who this is, which only a person can change.
 */
export type EndCause = "lost" | "refused" | "unproven";

export interface LinkSession {
  readonly ended: Promise<SessionEnd>;
  /** null until the hub's welcome. */
  id(): string | null;
  /** false when the message will not be sent: no welcome yet, or the session has ended. */
  send(message: AgentMessage): boolean;
  telemetry(frame: TelemetryFrame): void;
  close(reason: string): void;
}

/** What trouble on a network looks like; any status beside these is an answer of the hub. */
const LOST: ReadonlySet<number> = new Set([
  status.OK,
  status.CANCELLED,
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.RESOURCE_EXHAUSTED,
  status.INTERNAL,
  status.UNAVAILABLE,
]);
const UNPROVEN: ReadonlySet<number> = new Set([status.PERMISSION_DENIED, status.UNAUTHENTICATED]);

/** Dials and says hello; never throws: what goes wrong is the reason of its end. */
export function openSession(options: SessionOptions): LinkSession {
  const { address, metadata, timing, log } = options;
  const client = new (wireServices().AgentGateway)(
    address,
    credentials.createInsecure(),
    agentChannelOptions(timing),
  );
  const call = client.Control(metadata);
  const telemetry = createTelemetryStream(
    (onEnd) => client.Telemetry(metadata, onEnd),
    (error) => log.warn({ event: "telemetry.invalid", reason: error.message }, "the hub ended telemetry"),
  );
  const inbound = createInbound(options);
  let over: SessionEnd | null = null;
  let announce = (_end: SessionEnd): void => {};
  const ended = new Promise<SessionEnd>((resolve) => {
    announce = resolve;
  });
  const finish = (reason: string, cause: EndCause = "lost", metadata?: Metadata): void => {
    if (over !== null) return;
    const leader = readStandby(metadata)?.leader ?? null;
    const retryAfterMs = readRetryAfter(metadata);
    const end = { reason, cause, leader, retryAfterMs, wasWelcomed: inbound.sessionId() !== null };
    over = end;
    void watchdog.stop();
    // Later: a stream that is reset while HTTP/2 still reads how the other one ended has made it write without end.
    void delay(0).then(() => {
      telemetry.close();
      call.cancel();
      client.close();
      announce(end);
    });
  };
  const watchdog = createWatchdog(options, inbound, finish);
  const queue = createOutboundQueue<AgentMessage>({
    write: (message) => call.write(encodeAgentMessage(message)),
    onOverflow: () => finish("the hub does not read what it is sent"),
  });
  const isOpen = (): boolean => over === null && inbound.sessionId() !== null;

  call.on("data", (wire: HubControl__Output) => {
    if (over !== null) return;
    const problem = inbound.accept(wire);
    if (problem !== null) finish(problem.reason, problem.cause);
  });
  call.on("drain", queue.drained);
  call.on("end", () => finish("the hub ended the session"));
  call.on("error", (error: ServiceError) => finish(error.details, causeOf(error), error.metadata));
  queue.push(options.hello, "control");
  return {
    ended,
    id: () => (isOpen() ? inbound.sessionId() : null),
    send: (message) => isOpen() && splitMessage(message).every((part) => queue.push(part, urgencyOf(part))),
    telemetry: (frame) => {
      if (isOpen()) telemetry.push(frame);
    },
    close: (reason) => finish(reason),
  };
}

/** Why what arrived ends the session. */
type Problem = Pick<SessionEnd, "reason" | "cause">;

interface Inbound {
  /** Passes the message on; a problem ends the session. */
  accept(wire: HubControl__Output): Problem | null;
  sessionId(): string | null;
  /** Whether anything has arrived since the last time this was asked. */
  takeHeard(): boolean;
}

function createInbound({ log, onWelcome, onMessage }: SessionOptions): Inbound {
  let welcomed: { readonly sessionId: string; readonly tolerance: Tolerance } | null = null;
  let isHeard = true;
  const welcome = (message: HubMessage | UnknownMessage): Problem | null => {
    if (message.kind === "goodbye") return goodbye(message.reason);
    if (message.kind !== "welcome") throw new FleetError("invalid", `expected welcome, got ${message.kind}`);
    checkProtocol({ major: message.protocolMajor, minor: message.protocolMinor });
    welcomed = {
      sessionId: message.sessionId,
      tolerance: createTolerance({
        peerMinor: message.protocolMinor,
        // A hub says nothing twice: without one of its stops or verdicts both sides would believe different things.
        maxStrikes: 1,
        onBad: (event, reason) => log.warn({ event, reason }, "a message of the hub was passed over"),
      }),
    };
    onWelcome(message);
    return null;
  };
  const accept = (wire: HubControl__Output): Problem | null => {
    if (welcomed === null) return welcome(decodeHubMessage(wire));
    const message = welcomed.tolerance.read(() => decodeHubMessage(wire));
    if (message?.kind === "goodbye") return goodbye(message.reason);
    if (message !== null) onMessage(message);
    return null;
  };
  return {
    accept: (wire) => {
      isHeard = true;
      try {
        return accept(wire);
      } catch (error) {
        if (error instanceof FleetError)
          return { reason: error.message, cause: welcomed === null ? "refused" : "lost" };
        log.error({ event: "link.failed", err: error }, "handling a message failed; this is a bug");
        return { reason: `handling a message failed: ${describeError(error)}`, cause: "lost" };
      }
    },
    sessionId: () => welcomed?.sessionId ?? null,
    takeHeard: () => {
      const wasHeard = isHeard;
      isHeard = false;
      return wasHeard;
    },
  };
}

/** Ends a session in which nothing has arrived for too long: heartbeats are echoed, so silence is loss. */
function createWatchdog(
  { clock, timing, log }: SessionOptions,
  inbound: Inbound,
  finish: (reason: string) => void,
): Loop {
  let lastHeardMs = clock.bootMs();
  return createLoop({
    everyMs: timing.suspectMs / 4,
    run: () => {
      const nowMs = clock.bootMs();
      if (inbound.takeHeard()) lastHeardMs = nowMs;
      else if (nowMs - lastHeardMs > timing.suspectMs) finish("the hub has gone silent");
    },
    onError: (error) => log.error({ event: "loop.failed", err: error }, "watching for silence failed"),
  });
}

function goodbye(reason: string): Problem {
  return { reason: `the hub said goodbye: ${reason}`, cause: "lost" };
}

function causeOf({ code }: ServiceError): EndCause {
  if (UNPROVEN.has(code)) return "unproven";
  return LOST.has(code) ? "lost" : "refused";
}

function splitMessage(message: AgentMessage): readonly AgentMessage[] {
  if (message.kind !== "complete") return [message];
  return splitBatches(message.completions).map((completions) => ({ kind: "complete", completions }));
}

function urgencyOf({ kind }: AgentMessage): Urgency {
  return kind === "renew" || kind === "heartbeat" ? "renew" : "control";
}
