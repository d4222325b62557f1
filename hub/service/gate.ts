/**
 * Gate: what stands before every method. It names the caller, checks the role table, and turns whatever a
 * handler throws into one status for the caller and one line in the log; an error that escapes a handler
 * would end the process.
 */
import { FleetError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { ComeAgainError } from "../../shared/wire/retry-after.ts";
import { toWireStatus, type WireStatus } from "../../shared/wire/status.ts";
import type { Authenticate, Caller } from "./identity.ts";
import type { Principal } from "./ports.ts";
import { checkRole, type MethodPath } from "./roles.ts";

export interface Gate {
  /** Throws FleetError when the caller is unknown or may not call the method. */
  admit(method: MethodPath, caller: Caller): Principal;
  /** Logs why a call failed and returns what its caller is told. */
  refuse(method: MethodPath, caller: Caller, error: unknown): WireStatus;
}

export function createGate(authenticate: Authenticate, log: Log): Gate {
  return {
    admit: (method, caller) => {
      const principal = authenticate(caller);
      checkRole(principal, method);
      return principal;
    },
    refuse: (method, caller, error) => {
      const status = toWireStatus(error);
      const { code, details } = status;
      const fields = { method, peer: caller.getPeer(), code, details };
      // In a storm these are many, and each comes again by itself.
      if (error instanceof ComeAgainError) log.debug({ event: "call.refused", ...fields }, error.message);
      else if (error instanceof FleetError) log.warn({ event: "call.refused", ...fields }, error.message);
      else log.error({ event: "call.failed", ...fields, err: error }, "a handler failed; this is a bug");
      return status;
    },
  };
}
