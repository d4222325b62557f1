/**
 * Link: the agent's way to the hub. It dials, and dials again, for as long as the agent lives; a hub that is
 * away, asleep or frozen is a normal state and never an error of the agent.
 */
import type { Clock } from "../../shared/clock.ts";
import { describeError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { delay } from "../../shared/loop.ts";
import type { HubBook } from "../../shared/model/hub-book.ts";
import type {
  AgentMessage,
  Hello,
  HubMessage,
  TelemetryFrame,
  Welcome,
} from "../../shared/model/messages.ts";
import type { Timing } from "../../shared/model/timing.ts";
import type { Rng } from "../../shared/rng.ts";
import { principalMetadata } from "../../shared/wire/secret.ts";
import { redialDelayMs, unprovenDelayMs } from "./backoff.ts";
import { preflight } from "./preflight.ts";
import { type LinkSession, openSession, type SessionEnd } from "./session.ts";

export interface LinkOptions {
  /** Where the hub may be; dialed in turn until one serves. */
  readonly book: HubBook;
  /** `agent/NODE`. */
  readonly principal: string;
  readonly secret: string;
  readonly timing: Timing;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  /** What the agent is now; asked for at each dial. */
  readonly hello: () => Hello;
  readonly onWelcome: (welcome: Welcome) => void;
  /** Everything between the welcome and the end of the session. */
  readonly onMessage: (message: HubMessage) => void;
  /** Once per welcome, when its session has ended. */
  readonly onDown: (reason: string) => void;
}

export interface Link {
  /** false when there is no session; the message is then forgotten. */
  send(message: AgentMessage): boolean;
  /** Lossy; forgotten without a session. */
  telemetry(frame: TelemetryFrame): void;
  /** The live session, which telemetry and bulk present. */
  sessionId(): string | null;
  /** Final: resolves when the connection is gone; `onDown` has then been called if there was a session. */
  stop(): Promise<void>;
}

/** Dials at once and never throws. */
export function createLink(options: LinkOptions): Link {
  const { timing, log, rng, book } = options;
  const backoff = { minMs: timing.reconnectMinMs, maxMs: timing.reconnectMaxMs };
  const stopping = new AbortController();
  const journalist = createJournalist(log);
  let session: LinkSession | null = null;

  const connect = async (address: string): Promise<SessionEnd> => {
    try {
      await preflight(address, timing.preflightMs, stopping.signal);
      stopping.signal.throwIfAborted();
      session = openSession({
        ...options,
        address,
        metadata: principalMetadata(options.principal, options.secret),
        hello: options.hello(),
        onWelcome: (welcome) => {
          journalist.up(address, welcome);
          options.onWelcome(welcome);
        },
      });
      return await session.ended;
    } catch (error) {
      return {
        reason: describeError(error),
        wasWelcomed: false,
        cause: "lost",
        leader: null,
        retryAfterMs: 0,
      };
    } finally {
      session = null;
    }
  };
  const run = async (): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const address = book.present;
      const end = await connect(address);
      if (end.wasWelcomed) options.onDown(end.reason);
      if (!stopping.signal.aborted) journalist.down(address, end);
      // Who says when to come again is the hub.
      if (!end.wasWelcomed && end.retryAfterMs === 0) book.moveOn(end.leader);
      failures = end.wasWelcomed ? 0 : failures + 1;
      const isUnproven = end.cause === "unproven";
      const waitMs = isUnproven ? unprovenDelayMs(backoff, rng) : redialDelayMs(backoff, failures, rng);
      await delay(end.retryAfterMs + waitMs, stopping.signal);
    }
  };
  const running = run();
  return {
    send: (message) => session?.send(message) ?? false,
    telemetry: (frame) => session?.telemetry(frame),
    sessionId: () => session?.id() ?? null,
    stop: () => {
      stopping.abort();
      session?.close("the agent is stopping");
      return running;
    },
  };
}

interface Journalist {
  up(address: string, welcome: Welcome): void;
  down(address: string, end: SessionEnd): void;
}

/** Tells each turn of the link's fortune once; that a hub is still away is worth no second line. */
function createJournalist(log: Log): Journalist {
  let told: "nothing" | "up" | "down" | "refused" = "nothing";
  return {
    up: (address, { sessionId, epoch }) => {
      told = "up";
      log.info({ event: "link.up", address, sessionId, epoch }, "attached to the hub");
    },
    down: (address, { reason, cause }) => {
      const isRefused = cause !== "lost";
      const state = isRefused ? "refused" : "down";
      const fields = { address, reason };
      if (told === state) log.debug({ event: `link.${state}`, ...fields }, "still no session");
      else if (isRefused)
        log.error({ event: "link.refused", ...fields }, `the hub refuses this agent: ${reason}`);
      else log.warn({ event: "link.down", ...fields }, "no session with the hub; dialing on");
      told = state;
    },
  };
}
