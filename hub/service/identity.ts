/**
 * Identity: who is calling, proved by a secret that the machine keeps per principal. Because such a secret
 * travels as it is, it is only ever heard on loopback; a fleet of more machines proves itself otherwise.
 */
import { timingSafeEqual } from "node:crypto";
import type { Metadata } from "@grpc/grpc-js";
import { describeError, FleetError } from "../../shared/errors.ts";
import {
  agentSecretPath,
  operatorSecretPath,
  PRINCIPAL_KEY,
  readSecret,
  SECRET_KEY,
  viewerSecretPath,
} from "../../shared/wire/secret.ts";
import { readNode } from "../../shared/wire/values.ts";
import type { Principal } from "./ports.ts";

/** What a call shows of its caller before any message is read. */
export interface Caller {
  readonly metadata: Metadata;
  /** `address:port` of the other end. */
  getPeer(): string;
}

/** Throws "unauthenticated" naming the cure, or "permissionDenied" to a caller of another machine. */
export type Authenticate = (caller: Caller) => Principal;

const LOOPBACK = /^(?:(?:::ffff:)?127\.\d+\.\d+\.\d+|::1):\d+$/;

/** Secrets are read at each call, so that replacing or deleting a file takes effect at once. */
export function createSecretIdentity(root: string): Authenticate {
  return (caller) => {
    if (!LOOPBACK.test(caller.getPeer())) {
      throw new FleetError("permissionDenied", "plaintext is served on loopback only");
    }
    const principal = parsePrincipal(textOf(caller.metadata, PRINCIPAL_KEY));
    const path = secretPath(root, principal);
    if (!isSame(textOf(caller.metadata, SECRET_KEY), expectedSecret(path))) {
      throw unauthenticated(`wrong secret: present the one in ${path}`);
    }
    return principal;
  };
}

function parsePrincipal(name: string): Principal {
  const via = "loopback-secret";
  if (name === "operator" || name === "viewer") return { role: name, id: name, via };
  if (name.startsWith("agent/")) return { role: "agent", id: readNode(name.slice(6), PRINCIPAL_KEY), via };
  throw unauthenticated(`no principal: send ${PRINCIPAL_KEY} as operator, viewer or agent/NODE`);
}

function secretPath(root: string, { role, id }: Principal): string {
  if (role === "agent") return agentSecretPath(root, id);
  return role === "operator" ? operatorSecretPath(root) : viewerSecretPath(root);
}

function expectedSecret(path: string): string {
  try {
    return readSecret(path);
  } catch (error) {
    throw unauthenticated(`unknown principal: ${describeError(error)}`);
  }
}

function textOf(metadata: Metadata, key: string): string {
  const [value] = metadata.get(key);
  return typeof value === "string" ? value : "";
}

/** In a time that does not tell how much of the secret was right. */
function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function unauthenticated(message: string): FleetError {
  return new FleetError("unauthenticated", message);
}
