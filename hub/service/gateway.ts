/**
 * Gateway: the control and telemetry streams of the agents. It proves that a session speaks for the node it
 * names, in a protocol that both sides know, before the desk hears of it; after that it only carries
 * validated messages to the desk and the desk's messages back, in bounded memory.
 */
import { randomBytes } from "node:crypto";
import { monotonicMs } from "../../shared/clock.ts";
import { FleetError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { type AgentMessage, type Hello, type HubMessage, PROTOCOL } from "../../shared/model/messages.ts";
import { type AgentControl__Output, decodeAgentMessage } from "../../shared/wire/agent-codec.ts";
import { splitBatches } from "../../shared/wire/batch.ts";
import { encodeHubMessage, type HubControl } from "../../shared/wire/hub-codec.ts";
import { createOutboundQueue, type Urgency } from "../../shared/wire/outbound-queue.ts";
import {
  checkProtocol,
  createTolerance,
  type Tolerance,
  type UnknownMessage,
} from "../../shared/wire/protocol.ts";
import { ComeAgainError } from "../../shared/wire/retry-after.ts";
import { decodeTelemetry, type TelemetryFrame__Output } from "../../shared/wire/telemetry-codec.ts";
import { type AttachGate, createAttachGate } from "./attach-gate.ts";
import type { AgentDesk, Principal, Session } from "./ports.ts";
import type { OpenHandler, OpenStream, StreamOwner } from "./stream.ts";

export interface Gateway {
  readonly control: OpenHandler<AgentControl__Output, HubControl>;
  readonly telemetry: OpenHandler<TelemetryFrame__Output, never>;
  /** Says goodbye to every session and ends it. */
  closeAll(reason: string): void;
}

export function createGateway(desk: AgentDesk, log: Log, attachGate = createAttachGate()): Gateway {
  const sessions = new Set<Session>();
  return {
    control: (principal, stream) => openControl({ desk, log, sessions, attachGate, principal, stream }),
    telemetry: (principal) => openTelemetry(desk, log, principal),
    closeAll: (reason) => {
      for (const session of sessions) session.close(reason);
    },
  };
}

interface Control {
  readonly desk: AgentDesk;
  readonly log: Log;
  readonly sessions: Set<Session>;
  readonly attachGate: AttachGate;
  readonly principal: Principal;
  readonly stream: OpenStream<HubControl>;
}

/** A session that the desk has accepted. */
interface Attached {
  readonly session: Session;
  readonly tolerance: Tolerance;
}

function openControl(control: Control): StreamOwner<AgentControl__Output> {
  const { desk, log, principal, sessions, attachGate } = control;
  const outbox = createOutbox(control);
  let attached: Attached | null = null;
  const attach = (hello: Hello): void => {
    checkProtocol({ major: hello.protocolMajor, minor: hello.protocolMinor });
    const afterMs = attachGate.admit(monotonicMs(), hello.inventory.length > 0);
    if (afterMs > 0) throw new ComeAgainError(afterMs);
    const session: Session = {
      id: randomBytes(16).toString("hex"),
      node: principal.id,
      send: outbox.send,
      close: outbox.close,
    };
    desk.attach(session, hello);
    attached = { session, tolerance: toleranceOf(hello, log) };
    sessions.add(session);
    log.info({ event: "session.opened", node: session.node, sessionId: session.id }, "an agent has attached");
  };
  return {
    onMessage: (wire) => {
      if (outbox.isClosed()) return;
      if (attached === null) return attach(expectHello(decodeAgentMessage(wire), principal));
      const message = attached.tolerance.read(() => decodeLater(wire));
      if (message !== null) desk.receive(attached.session, message);
    },
    onDrain: outbox.drained,
    onEnd: (reason) => {
      if (attached === null) return;
      const { session } = attached;
      sessions.delete(session);
      desk.detach(session, reason);
      log.info(
        { event: "session.closed", node: session.node, sessionId: session.id, reason },
        "an agent has gone",
      );
    },
  };
}

function toleranceOf({ node, protocolMinor: peerMinor }: Hello, log: Log): Tolerance {
  return createTolerance({
    peerMinor,
    onBad: (event, reason) => log.warn({ event, node, reason }, "a message was passed over"),
  });
}

/** Any message but the first. */
function decodeLater(wire: AgentControl__Output): AgentMessage | UnknownMessage {
  const message = decodeAgentMessage(wire);
  if (message.kind === "hello") throw new FleetError("invalid", "hello: was already said in this session");
  return message;
}

function expectHello(message: AgentMessage | UnknownMessage, principal: Principal): Hello {
  if (message.kind !== "hello") {
    throw new FleetError("invalid", `the first message must be hello, got ${message.kind}`);
  }
  if (message.node !== principal.id) {
    throw new FleetError(
      "permissionDenied",
      `this connection is ${principal.id} and may not speak for ${message.node}`,
    );
  }
  return message;
}

interface Outbox {
  send(message: HubMessage): void;
  close(reason: string): void;
  drained(): void;
  isClosed(): boolean;
}

/** What the hub says: nothing before the welcome and nothing after the goodbye. */
function createOutbox({ principal, stream, log }: Control): Outbox {
  let isClosed = false;
  const write = (message: HubMessage): boolean => stream.write(encodeHubMessage(message));
  const queue = createOutboundQueue<HubMessage>({
    write,
    isHeld: true,
    onOverflow: () => {
      isClosed = true;
      log.warn(
        { event: "session.overflowed", node: principal.id },
        "an agent does not read; its session ends",
      );
      stream.fail(new FleetError("resourceExhausted", "this agent does not read what it is sent"));
    },
  });
  return {
    send: (message) => {
      if (isClosed) return;
      if (message.kind === "welcome") {
        write(message);
        queue.drained();
      } else {
        for (const part of splitMessage(message)) queue.push(part, urgencyOf(part));
      }
    },
    close: (reason) => {
      if (isClosed) return;
      isClosed = true;
      write({ kind: "goodbye", reason });
      stream.end();
    },
    drained: queue.drained,
    isClosed: () => isClosed,
  };
}

function openTelemetry(desk: AgentDesk, log: Log, principal: Principal): StreamOwner<TelemetryFrame__Output> {
  const node = principal.id;
  const tolerance = createTolerance({
    peerMinor: PROTOCOL.minor,
    onBad: (_event, reason) => log.warn({ event: "telemetry.invalid", node, reason }, "a frame was dropped"),
  });
  return {
    onMessage: (wire) => {
      const frame = tolerance.read(() => decodeTelemetry(wire));
      if (frame === null) return;
      if (!desk.isLive(frame.sessionId, node)) {
        throw new FleetError("refused", `session ${frame.sessionId} of ${node} is not live: attach first`);
      }
      desk.telemetry(node, frame);
    },
    onDrain: () => {},
    onEnd: () => {},
  };
}

function splitMessage(message: HubMessage): readonly HubMessage[] {
  if (message.kind !== "grants") return [message];
  return splitBatches(message.grants).map((grants) => ({ ...message, grants }));
}

function urgencyOf({ kind }: HubMessage): Urgency {
  return kind === "renewed" || kind === "heartbeatEcho" ? "renew" : "control";
}
