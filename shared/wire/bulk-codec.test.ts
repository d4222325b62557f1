import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BULK_FAILURES, type BulkDown, type BulkFailureCode, type BulkUp } from "../model/bulk.ts";
import { decodeBulkDown, decodeBulkUp, encodeBulkDown, encodeBulkUp, type WireUp } from "./bulk-codec.ts";
import { wireServices } from "./load.ts";

const { Bulk } = wireServices().AgentGateway.service;
const SHA = "ab".repeat(32);

const count = fc.maxSafeNat();
const token = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const data = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));
const chunk = fc.record({ kind: fc.constant("chunk" as const), data });
const ack = fc.record({ kind: fc.constant("ack" as const), offset: count });
const sessionId = fc.uuid();
const file = fc.record({
  path: fc.stringMatching(/^[a-z]{1,9}(\/[a-zü]{1,9}){0,2}$/),
  sha256: fc.constant(SHA),
  bytes: fc.nat(),
});
const arbitraryUp: fc.Arbitrary<BulkUp> = fc.oneof(
  fc.record({ kind: fc.constant("upload" as const), sessionId, token, file }),
  fc.record({ kind: fc.constant("fetch" as const), sessionId, sha256: fc.constant(SHA), offset: count }),
  fc.record({ kind: fc.constant("commit" as const), token, manifestText: fc.string() }),
  chunk,
  ack,
);
const arbitraryDown: fc.Arbitrary<BulkDown> = fc.oneof(
  fc.record({ kind: fc.constant("resume" as const), offset: count, bytes: count }),
  fc.record({
    kind: fc.constant("failure" as const),
    code: fc.constantFrom(...(Object.keys(BULK_FAILURES) as BulkFailureCode[])),
    message: fc.string(),
  }),
  chunk,
  ack,
);

const decodeSent = (message: WireUp): BulkUp =>
  decodeBulkUp(Bulk.requestDeserialize(Bulk.requestSerialize(message)));

describe("a bulk message that crosses the wire", () => {
  it("comes back as it was: agent to hub", () => {
    fc.assert(
      fc.property(arbitraryUp, (message) => {
        expect(decodeSent(encodeBulkUp(message))).toEqual(message);
      }),
    );
  });

  it("comes back as it was: hub to agent", () => {
    fc.assert(
      fc.property(arbitraryDown, (message) => {
        const bytes = Bulk.responseSerialize(encodeBulkDown(message));
        expect(decodeBulkDown(Bulk.responseDeserialize(bytes))).toEqual(message);
      }),
    );
  });
});

describe("decodeBulkUp", () => {
  const upload = (extra: object): WireUp => ({
    open: { sessionId: "s", upload: { token: 1, path: "a", bytes: 1, sha256: SHA, ...extra } },
  });
  const refused: readonly (readonly [name: string, field: string, message: WireUp])[] = [
    ["an empty message", "bulk", {}],
    ["an opening of nothing", "open", { open: { sessionId: "s" } }],
    ["an opening without a session", "open.sessionId", { open: { fetch: { sha256: SHA } } }],
    ["a path out of its directory", "open.upload", upload({ path: "../x" })],
    ["an absolute path", "open.upload", upload({ path: "/x" })],
    ["an upload without a token", "open.upload.token", upload({ token: 0 })],
    ["an upload without a digest", "open.upload", upload({ sha256: "" })],
    ["a size beyond 2^53", "open.upload.bytes", upload({ bytes: "9007199254740993" })],
    ["a digest that is a path", "open.fetch.sha256", { open: { sessionId: "s", fetch: { sha256: "../x" } } }],
    ["a chunk of 64 KiB and one byte", "chunk.data", { chunk: { data: Buffer.alloc(65_537) } }],
    ["a long manifest", "commit.manifestJson", { commit: { token: 1, manifestJson: "x".repeat(200_000) } }],
  ];
  it.each(refused)("refuses %s and names %s", (_name, field, message) => {
    expect(() => decodeSent(message)).toThrowError(
      expect.objectContaining({ code: "invalid", message: expect.stringContaining(`${field}:`) }),
    );
  });
});

describe("decodeBulkDown", () => {
  it("takes a failure of the future for one that may pass", () => {
    const bytes = Bulk.responseSerialize({ failure: { code: "gravity", message: "?" } });
    expect(decodeBulkDown(Bulk.responseDeserialize(bytes))).toMatchObject({ code: "unavailable" });
  });
});
