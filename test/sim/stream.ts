/**
 * SimStream: one control stream between an agent and the hub, and the connection below it. Each direction keeps
 * its order and loses nothing until the connection breaks, as HTTP/2 does; a cut path holds everything up, and a
 * side that has gone tells the other only if the path lets it.
 */
import type { Session } from "../../hub/service/ports.ts";
import { FleetError } from "../../shared/errors.ts";
import type { AgentMessage, Hello, HubMessage, TelemetryFrame } from "../../shared/model/messages.ts";
import type { SimAgent } from "./agent.ts";
import type { HubRun } from "./hub.ts";
import type { World } from "./world.ts";

interface Parcel {
  readonly what: string;
  readonly epoch: number;
  readonly deliver: () => void;
  /** In the receiver's own buffers: no cut can hold it up any more. */
  hasArrived: boolean;
}

interface Lane {
  readonly who: string;
  /** True time until which the receiver stands still. */
  readonly stoppedUntilMs: () => number;
  /** Whether the receiver still reads this stream. */
  readonly isOpen: () => boolean;
  lastMs: number;
  epoch: number;
  parked: Parcel[];
}

export class SimStream {
  readonly agent: SimAgent;
  readonly hub: HubRun;
  readonly #world: World;
  readonly #up: Lane;
  readonly #down: Lane;
  #isAgentOpen = true;
  #isHubOpen = true;
  #session: Session | null = null;
  #isWelcomed = false;
  #held: HubMessage[] = [];

  constructor(world: World, agent: SimAgent, hub: HubRun) {
    this.#world = world;
    this.agent = agent;
    this.hub = hub;
    const lane = { lastMs: 0, epoch: 0 };
    this.#up = {
      ...lane,
      parked: [],
      who: "hub",
      stoppedUntilMs: () => world.hub.stoppedUntilMs,
      isOpen: () => this.#isHubOpen && hub.isAlive,
    };
    this.#down = {
      ...lane,
      parked: [],
      who: agent.box.name,
      stoppedUntilMs: () => agent.stoppedUntilMs,
      isOpen: () => this.#isAgentOpen && agent.isAlive,
    };
    hub.streams.add(this);
    agent.box.streams.add(this);
  }

  hello(hello: Hello): void {
    this.#carry(this.#up, "hub.hello", () => this.#attach(hello));
  }

  say(message: AgentMessage): void {
    if (!this.#isAgentOpen) return;
    this.#carry(this.#up, `hub.${message.kind}`, () => {
      const session = this.#session;
      if (session === null) return;
      const { id: sessionId, node } = session;
      this.#world.tell({ kind: "hub.heard", run: this.hub, node, sessionId, message });
      this.hub.desk.receive(session, message);
    });
  }

  /** Lossy: what is late is dropped, and nobody is told. */
  telemetry(frame: TelemetryFrame): void {
    if (!this.#isAgentOpen || this.#world.may(this.#world.options.telemetryLoss)) return;
    this.#carry(this.#up, "hub.telemetry", () => {
      if (this.#session !== null && this.hub.desk.isLive(frame.sessionId, this.#session.node))
        this.hub.desk.telemetry(this.#session.node, frame);
    });
  }

  /** The agent lets go. */
  agentCloses(reason: string): void {
    if (!this.#isAgentOpen) return;
    this.#isAgentOpen = false;
    this.#forgetWhenDone();
    this.#carry(this.#up, "hub.streamEnd", () => this.#hubEnds(reason));
  }

  /** The agent's process is gone; `isSilent`: and nothing of its machine is left to say so. */
  agentDied(isSilent: boolean): void {
    this.#isAgentOpen = false;
    this.#forgetWhenDone();
    this.#maybeLose(this.#up);
    if (!isSilent) this.#carry(this.#up, "hub.streamEnd", () => this.#hubEnds("connection reset"));
  }

  hubDied(isSilent: boolean): void {
    this.#isHubOpen = false;
    this.#forgetWhenDone();
    this.#maybeLose(this.#down);
    if (!isSilent)
      this.#carry(this.#down, "agent.streamEnd", () => this.agent.streamEnded("connection reset"));
  }

  /** The connection breaks: what is under way is lost, and each side notices when it does. */
  breaks(): void {
    for (const lane of [this.#up, this.#down]) this.#lose(lane);
    const late = (): number => (this.#world.may(0.5) ? 0 : this.#world.between(0, 9_000));
    this.#carry(this.#up, "hub.streamEnd", () => this.#hubEnds("connection broke"), late());
    this.#carry(this.#down, "agent.streamEnd", () => this.agent.streamEnded("connection broke"), late());
  }

  /** The path is open again: everything that was held up arrives, in order. */
  pathOpened(): void {
    for (const lane of [this.#up, this.#down]) {
      if (lane.parked.length === 0) continue;
      const atMs = Math.max(this.#world.nowMs + this.#delay(), lane.lastMs);
      lane.lastMs = atMs;
      this.#world.after(atMs - this.#world.nowMs, "net.flush", lane.who, () => {
        const parcels = lane.parked;
        lane.parked = [];
        for (const parcel of parcels) this.#arrive(lane, parcel);
        return parcels.length > 0;
      });
    }
  }

  #attach(hello: Hello): void {
    const session: Session = {
      id: this.hub.newSessionId(),
      node: hello.node,
      send: (message) => this.#send(message),
      close: (reason) => this.#hubCloses(reason),
    };
    // Set before the desk hears: its answer may be urgent.
    this.#session = session;
    try {
      this.hub.desk.attach(session, hello);
    } catch (error) {
      if (!(error instanceof FleetError) || error.code !== "alreadyExists") throw error;
      this.#session = null;
      this.#isHubOpen = false;
      this.#carry(this.#down, "agent.refused", () => this.agent.streamEnded("refused"));
    }
  }

  /** Nothing before the welcome, nothing after the goodbye. */
  #send(message: HubMessage): void {
    if (!this.#isHubOpen) return;
    if (message.kind !== "welcome" && !this.#isWelcomed) {
      this.#held.push(message);
      return;
    }
    this.#isWelcomed = true;
    this.#tellAgent(message);
    for (const held of this.#held.splice(0)) this.#tellAgent(held);
  }

  #tellAgent(message: HubMessage): void {
    this.#carry(this.#down, `agent.${message.kind}`, () => this.agent.hears(this, message));
    if (message.kind === "grants") this.agent.box.spring("grants");
  }

  #hubCloses(reason: string): void {
    if (!this.#isHubOpen) return;
    this.#tellAgent({ kind: "goodbye", reason });
    this.#isHubOpen = false;
    this.#forgetWhenDone();
  }

  #hubEnds(reason: string): void {
    this.#isHubOpen = false;
    this.#forgetWhenDone();
    const session = this.#session;
    this.#session = null;
    if (session !== null) this.hub.desk.detach(session, reason);
  }

  #forgetWhenDone(): void {
    if (!this.#isHubOpen) this.hub.streams.delete(this);
    if (!this.#isHubOpen && !this.#isAgentOpen) this.agent.box.streams.delete(this);
  }

  #maybeLose(lane: Lane): void {
    if (this.#world.may(0.5)) this.#lose(lane);
  }

  #lose(lane: Lane): void {
    lane.epoch++;
    lane.parked = [];
  }

  #carry(lane: Lane, what: string, deliver: () => void, lateMs = 0): void {
    const atMs = Math.max(this.#world.nowMs + this.#delay() + lateMs, lane.lastMs);
    lane.lastMs = atMs;
    const parcel = { what, deliver, epoch: lane.epoch, hasArrived: false };
    this.#world.after(atMs - this.#world.nowMs, what, lane.who, () => this.#arrive(lane, parcel));
  }

  #arrive(lane: Lane, parcel: Parcel): boolean {
    if (parcel.epoch !== lane.epoch || !lane.isOpen()) return false;
    if (!parcel.hasArrived && (this.agent.box.isCut || lane.parked.length > 0)) {
      lane.parked.push(parcel);
      return false;
    }
    parcel.hasArrived = true;
    const waitMs = lane.stoppedUntilMs() - this.#world.nowMs;
    if (waitMs > 0) {
      this.#world.after(waitMs, parcel.what, lane.who, () => this.#arrive(lane, parcel));
      return false;
    }
    if (lane === this.#up) this.hub.guard(parcel.deliver);
    else this.agent.guard(parcel.deliver);
    return true;
  }

  #delay(): number {
    const { delayMs, tailRatio, tailMs } = this.#world.options;
    if (this.#world.may(tailRatio)) return this.#world.between(0, tailMs);
    return this.#world.around(delayMs);
  }
}
