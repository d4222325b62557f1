import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Metadata } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  agentSecretPath,
  ensureSecret,
  operatorSecretPath,
  principalMetadata,
  viewerSecretPath,
} from "../../shared/wire/secret.ts";
import { createSecretIdentity } from "./identity.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "identity-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const authenticate = (metadata: Metadata, peer = "127.0.0.1:40000") =>
  createSecretIdentity(root)({ metadata, getPeer: () => peer });

describe("the secret identity", () => {
  it.each([
    ["operator", () => operatorSecretPath(root), { role: "operator", id: "operator" }],
    ["viewer", () => viewerSecretPath(root), { role: "viewer", id: "viewer" }],
    ["agent/alpha", () => agentSecretPath(root, "alpha"), { role: "agent", id: "alpha" }],
  ])("knows %s by its secret", (name, path, expected) => {
    const metadata = principalMetadata(name, ensureSecret(path()));
    expect(authenticate(metadata)).toEqual({ ...expected, via: "loopback-secret" });
  });

  it("refuses one principal with the secret of another", () => {
    ensureSecret(operatorSecretPath(root));
    const stolen = ensureSecret(agentSecretPath(root, "alpha"));
    for (const name of ["operator", "viewer", "agent/beta"]) {
      expect(() => authenticate(principalMetadata(name, stolen))).toThrowError(
        expect.objectContaining({ code: "unauthenticated" }),
      );
    }
  });

  it.each([
    ["nothing", new Metadata()],
    ["an unknown kind of principal", principalMetadata("root", "0".repeat(64))],
    ["an empty secret", principalMetadata("operator", "")],
  ])("refuses %s and says what to send", (_name, metadata) => {
    ensureSecret(operatorSecretPath(root));
    expect(() => authenticate(metadata)).toThrowError(/spiral-principal|present the one in/);
  });

  it.each(["../hub", "", "a/b", "Alpha", "alpha\u0000"])("takes no path from the node name %j", (node) => {
    const metadata = new Metadata();
    metadata.get = (key) => (key === "spiral-principal" ? [`agent/${node}`] : ["0".repeat(64)]);
    expect(() => authenticate(metadata)).toThrowError(/must be a node name/);
  });

  it("forgets a principal whose file is gone", () => {
    const metadata = principalMetadata("operator", ensureSecret(operatorSecretPath(root)));
    authenticate(metadata);
    rmSync(operatorSecretPath(root));
    expect(() => authenticate(metadata)).toThrowError(/unknown principal/);
  });

  it.each(["::1:5", "127.0.0.1:5", "127.8.9.1:5", "::ffff:127.0.0.1:5"])("hears %s", (peer) => {
    const metadata = principalMetadata("viewer", ensureSecret(viewerSecretPath(root)));
    expect(authenticate(metadata, peer).role).toBe("viewer");
  });

  it.each(["10.0.0.1:5", "::ffff:10.0.0.1:5", "fe80::1:5", "unknown", "127.0.0.1.evil:5"])(
    "does not hear %s, whatever it knows",
    (peer) => {
      const metadata = principalMetadata("viewer", ensureSecret(viewerSecretPath(root)));
      expect(() => authenticate(metadata, peer)).toThrowError(/plaintext is served on loopback only/);
    },
  );
});
