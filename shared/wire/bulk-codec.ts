/** Bulk codec: files in pieces and what surrounds them, to the wire and back, validated field by field. */
import type { BulkDown__Output, BulkDown as WireDown } from "../../proto/gen/fleet/v1/BulkDown.ts";
import type { BulkOpen__Output } from "../../proto/gen/fleet/v1/BulkOpen.ts";
import type { BulkUp__Output, BulkUp as WireUp } from "../../proto/gen/fleet/v1/BulkUp.ts";
import { assertNever } from "../invariant.ts";
import { BULK_FAILURES, type BulkDown, type BulkFailureCode, type BulkUp } from "../model/bulk.ts";
import { MANIFEST_LIMITS, outputProblem } from "../model/manifest.ts";
import { MESSAGE_LIMITS } from "../model/messages.ts";
import { body } from "./agent-codec.ts";
import {
  clip,
  invalid,
  readId,
  readPositive,
  readSha256,
  readText,
  readUint,
  TEXT_LIMITS,
} from "./values.ts";

export type { BulkDown__Output, BulkUp__Output, WireDown, WireUp };

export function encodeBulkUp(message: BulkUp): WireUp {
  switch (message.kind) {
    case "upload": {
      const { sessionId, token, file } = message;
      return { open: { sessionId, upload: { token, ...file } } };
    }
    case "fetch": {
      const { sessionId, sha256, offset } = message;
      return { open: { sessionId, fetch: { sha256, offset } } };
    }
    case "commit":
      return { commit: { token: message.token, manifestJson: message.manifestText } };
    case "chunk":
      return { chunk: { data: message.data } };
    case "ack":
      return { ack: { offset: message.offset } };
    default:
      return assertNever(message);
  }
}

/** Throws FleetError "invalid" naming the field. */
export function decodeBulkUp(wire: BulkUp__Output): BulkUp {
  switch (wire.kind) {
    case "open":
      return decodeOpen(body(wire.open));
    case "commit":
      return {
        kind: "commit",
        token: readPositive(body(wire.commit).token, "commit.token"),
        manifestText: readText(
          body(wire.commit).manifestJson,
          "commit.manifestJson",
          MANIFEST_LIMITS.textBytes,
        ),
      };
    case "chunk":
      return { kind: "chunk", data: readChunk(body(wire.chunk).data) };
    case "ack":
      return { kind: "ack", offset: readUint(body(wire.ack).offset, "ack.offset") };
    default:
      throw invalid("bulk", "must be open, chunk, commit or ack");
  }
}

export function encodeBulkDown(message: BulkDown): WireDown {
  switch (message.kind) {
    case "resume":
      return { resume: { offset: message.offset, bytes: message.bytes } };
    case "failure":
      return { failure: { code: message.code, message: clip(message.message, TEXT_LIMITS.reason) } };
    case "chunk":
      return { chunk: { data: message.data } };
    case "ack":
      return { ack: { offset: message.offset } };
    default:
      return assertNever(message);
  }
}

/** Throws FleetError "invalid" naming the field. */
export function decodeBulkDown(wire: BulkDown__Output): BulkDown {
  switch (wire.kind) {
    case "resume":
      return {
        kind: "resume",
        offset: readUint(body(wire.resume).offset, "resume.offset"),
        bytes: readUint(body(wire.resume).bytes, "resume.bytes"),
      };
    case "failure":
      return {
        kind: "failure",
        code: readFailureCode(body(wire.failure).code),
        message: readText(body(wire.failure).message, "failure.message", TEXT_LIMITS.reason),
      };
    case "chunk":
      return { kind: "chunk", data: readChunk(body(wire.chunk).data) };
    case "ack":
      return { kind: "ack", offset: readUint(body(wire.ack).offset, "ack.offset") };
    default:
      throw invalid("bulk", "must be resume, chunk, ack or failure");
  }
}

function decodeOpen(wire: BulkOpen__Output): BulkUp {
  const sessionId = readId(wire.sessionId, "open.sessionId");
  switch (wire.kind) {
    case "upload": {
      const { token, path, sha256, bytes } = body(wire.upload);
      const file = { path, sha256, bytes: readUint(bytes, "open.upload.bytes") };
      const problem = outputProblem(file);
      if (problem !== null) throw invalid("open.upload", problem);
      return { kind: "upload", sessionId, token: readPositive(token, "open.upload.token"), file };
    }
    case "fetch":
      return {
        kind: "fetch",
        sessionId,
        sha256: readSha256(body(wire.fetch).sha256, "open.fetch.sha256"),
        offset: readUint(body(wire.fetch).offset, "open.fetch.offset"),
      };
    default:
      throw invalid("open", "must be an upload or a fetch");
  }
}

function readChunk(data: Buffer): Uint8Array {
  if (data.length <= MESSAGE_LIMITS.chunkBytes) return data;
  throw invalid("chunk.data", `must be at most ${MESSAGE_LIMITS.chunkBytes} bytes`);
}

/** A code of a newer minor is taken for one that may pass. */
function readFailureCode(code: string): BulkFailureCode {
  return Object.hasOwn(BULK_FAILURES, code) ? (code as BulkFailureCode) : "unavailable";
}
