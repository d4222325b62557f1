/** Protocol: which versions understand each other, and what is done with a message that is not understood. */
import { FleetError } from "../errors.ts";
import { PROTOCOL } from "../model/messages.ts";

export interface ProtocolVersion {
  readonly major: number;
  readonly minor: number;
}

/** Bad messages of one session before it is closed. */
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

/** Counts what one session could not be understood in. */
export interface Tolerance {
  /** A kind we do not know: counted; from a minor that is not newer than ours it is a bad message. */
  unknownKind(): void;
  /** A message with a bad field: throws `error` on the third. */
  badMessage(error: FleetError): void;
  readonly unknownKinds: number;
  readonly badMessages: number;
}

export function createTolerance(peerMinor: number, ourMinor: number = PROTOCOL.minor): Tolerance {
  let unknownKinds = 0;
  let badMessages = 0;
  const badMessage = (error: FleetError): void => {
    badMessages += 1;
    if (badMessages >= MAX_STRIKES) throw error;
  };
  return {
    unknownKind: () => {
      unknownKinds += 1;
      if (peerMinor <= ourMinor) badMessage(new FleetError("invalid", "kind: is missing or unknown"));
    },
    badMessage,
    get unknownKinds() {
      return unknownKinds;
    },
    get badMessages() {
      return badMessages;
    },
  };
}
