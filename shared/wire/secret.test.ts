import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ensureSecret, operatorSecretPath, readSecret } from "./secret.ts";

describe("ensureSecret", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "secret-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("makes a secret that its owner alone may read, in directories of the same kind", () => {
    const path = operatorSecretPath(root);
    expect(ensureSecret(path)).toMatch(/^[0-9a-f]{64}$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect(readdirSync(dirname(path))).toEqual(["operator"]);
  });

  it("keeps the secret that is there", () => {
    const path = operatorSecretPath(root);
    expect(ensureSecret(path)).toBe(ensureSecret(path));
  });

  it("refuses a file that others may read and names the cure", () => {
    const path = operatorSecretPath(root);
    ensureSecret(path);
    chmodSync(path, 0o640);
    expect(() => readSecret(path)).toThrowError(/chmod 600/);
  });

  it("refuses a file that holds no secret, without replacing it", () => {
    const path = join(root, "secret");
    writeFileSync(path, "hunter2\n", { mode: 0o600 });
    expect(() => ensureSecret(path)).toThrowError(/delete it/);
    expect(existsSync(path)).toBe(true);
  });
});
