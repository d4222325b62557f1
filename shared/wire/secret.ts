/**
 * Secret: how a principal proves itself on one machine. Whoever may read a principal's file is that
 * principal, so the file must belong to its owner alone.
 */
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Metadata } from "@grpc/grpc-js";
import { FleetError } from "../errors.ts";
import { fileProblem } from "../file-problem.ts";

export const PRINCIPAL_KEY = "spiral-principal";
export const SECRET_KEY = "spiral-secret";

const SECRET = /^[0-9a-f]{64}$/;
const OTHERS_MAY_USE = 0o077;

export function operatorSecretPath(root: string): string {
  return join(root, "hub/secrets/operator");
}

export function viewerSecretPath(root: string): string {
  return join(root, "hub/secrets/viewer");
}

export function agentSecretPath(root: string, node: string): string {
  return join(root, "agents", node, "secret");
}

/** The secret in `path`: 64 hex digits, made when absent. Of several makers at once exactly one wins. */
export function ensureSecret(path: string): string {
  // Nothing to write where it is there: a hub starts on a full disk too.
  if (existsSync(path)) return readSecret(path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const made = `${path}.${randomBytes(8).toString("hex")}`;
  try {
    writeFileSync(made, `${randomBytes(32).toString("hex")}\n`, { flag: "wx", mode: 0o600 });
    // A link appears whole or not at all, and never replaces a file that is there.
    linkSync(made, path);
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  } finally {
    rmSync(made, { force: true });
  }
  return readSecret(path);
}

/** Throws FleetError with the cure: "permissionDenied", or "config" when it is missing, open to others or malformed. */
export function readSecret(path: string): string {
  try {
    const mode = statSync(path).mode;
    if ((mode & OTHERS_MAY_USE) !== 0) {
      throw new FleetError("config", `${path} may be used by others: run chmod 600 ${path}`);
    }
    const secret = readFileSync(path, "utf8").trim();
    if (!SECRET.test(secret)) {
      throw new FleetError(
        "config",
        `${path} is not a secret of 64 hex digits: delete it and start the hub again to get a new one`,
      );
    }
    return secret;
  } catch (error) {
    if (error instanceof FleetError) throw error;
    throw fileProblem(path, error);
  }
}

/** What every call of a principal carries: `operator`, `viewer` or `agent/NODE`, and the proof. */
export function principalMetadata(principal: string, secret: string): Metadata {
  const metadata = new Metadata();
  metadata.set(PRINCIPAL_KEY, principal);
  metadata.set(SECRET_KEY, secret);
  return metadata;
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
