/** Protocol: which versions understand each other, and what is done with a message that is not understood. */
import { FleetError } from "../errors.ts";
import { PROTOCOL } from "../model/messages.ts";

export interface ProtocolVersion {
  readonly major: number;
  readonly minor: number;
}

/** Bad messages of an agent that a hub passes over in one session before it closes it: whatever counts is said again. */
export const MAX_STRIKES = 3;

/** Throws "refused", naming both versions, unless the major is ours and the minor at most one apart. */
export function checkProtocol(peer: ProtocolVersion, ours: ProtocolVersion = PROTOCOL): void {
  if (peer.major === ours.major && Math.abs(peer.minor - ours.minor) <= 1) return;
  throw new FleetError(
    "refused",
    `protocol ${peer.major}.${peer.minor} does not understand ${ours.major}.${ours.minor}: ` +
      "run versions of hub and agent that are at most one minor apart",
  );
}

/** A kind that this version does not know. */
export interface UnknownMessage {
  readonly kind: "unknown";
}

/** What a session does with messages that it does not understand. */
export interface Tolerance {
  /** The message, or null when it is to be passed over. Throws "invalid" at the last bad one that is borne. */
  read<Message>(decode: () => Message | UnknownMessage): Message | null;
}

export interface ToleranceOptions {
  readonly peerMinor: number;
  readonly ourMinor?: number;
  readonly maxStrikes?: number;
  /** Hears of every message that was passed over. */
  readonly onBad: (event: "message.invalid" | "message.unknown", reason: string) => void;
}

/** Kinds of a newer minor are passed over; from any other peer they count as bad messages. */
export function createTolerance({
  peerMinor,
  ourMinor = PROTOCOL.minor,
  maxStrikes = MAX_STRIKES,
  onBad,
}: ToleranceOptions): Tolerance {
  let strikes = 0;
  const strike = (error: FleetError): null => {
    onBad("message.invalid", error.message);
    strikes += 1;
    if (strikes >= maxStrikes) throw error;
    return null;
  };
  const decoded = <Message>(decode: () => Message): Message | FleetError => {
    try {
      return decode();
    } catch (error) {
      if (error instanceof FleetError) return error;
      throw error;
    }
  };
  return {
    read: (decode) => {
      const message = decoded(decode);
      if (message instanceof FleetError) return strike(message);
      if (!isUnknown(message)) return message;
      if (peerMinor <= ourMinor) return strike(new FleetError("invalid", "kind: is missing or unknown"));
      onBad("message.unknown", "a kind of a newer version");
      return null;
    },
  };
}

function isUnknown<Message>(message: Message | UnknownMessage): message is UnknownMessage {
  return typeof message === "object" && message !== null && "kind" in message && message.kind === "unknown";
}
