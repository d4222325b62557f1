/**
 * Ports: what the agent's shell asks of the network, so that it can be driven by a scripted hub as well as by
 * a real one. The link and the bulk client of `link/` have these shapes.
 */
import type { Content } from "../shared/part-file.ts";
import type { AttemptOutputs } from "./link/bulk.ts";
import type { Link, LinkOptions } from "./link/link.ts";

/** One hub, be it one address or several: the way for messages and the way for files. */
export interface Uplink {
  readonly link: Pick<Link, "send" | "telemetry" | "sessionId" | "stop">;
  readonly bulk: {
    fetch(content: Content, toPath: string): Promise<void>;
    upload(outputs: AttemptOutputs): Promise<{ readonly manifestSha256: string }>;
    stop(): Promise<void>;
  };
}

export type LinkEvents = Pick<LinkOptions, "hello" | "onWelcome" | "onMessage" | "onDown">;

/** Begins to dial and never throws. `addresses`: one `host:port`, or several with commas between them. */
export type Dial = (addresses: string, events: LinkEvents) => Uplink;
