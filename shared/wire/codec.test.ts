import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AgentControl, AgentControl__Output } from "../../proto/gen/fleet/v1/AgentControl.ts";
import type { SubmitRequest } from "../../proto/gen/fleet/v1/SubmitRequest.ts";
import {
  arbitraryAgentMessage,
  arbitraryHubMessage,
  arbitrarySubmission,
  arbitraryTelemetry,
} from "../../test/helpers/wire-arbitraries.ts";
import { must } from "../invariant.ts";
import type { JobSpec } from "../model/job.ts";
import type { AgentMessage, Grant, HubMessage } from "../model/messages.ts";
import { decodeAgentMessage, encodeAgentMessage } from "./agent-codec.ts";
import { decodeHubMessage, encodeHubMessage } from "./hub-codec.ts";
import { wireServices } from "./load.ts";
import { decodeSubmit, encodeSubmit } from "./operator-codec.ts";
import { decodeTelemetry, encodeTelemetry } from "./telemetry-codec.ts";

const { AgentGateway, Operator } = wireServices();
const { Control, Telemetry } = AgentGateway.service;
const { Submit } = Operator.service;

const overWire = (message: AgentControl): AgentControl__Output =>
  Control.requestDeserialize(Control.requestSerialize(message));
const decodeSent = (message: AgentControl) => decodeAgentMessage(overWire(message));

describe("a message that crosses the wire", () => {
  it("comes back as it was: agent to hub", () => {
    fc.assert(
      fc.property(arbitraryAgentMessage, (message) => {
        expect(decodeSent(encodeAgentMessage(message))).toEqual(message);
      }),
      { numRuns: 1_000 },
    );
  });

  it("comes back as it was: hub to agent", () => {
    fc.assert(
      fc.property(arbitraryHubMessage, (message) => {
        const bytes = Control.responseSerialize(encodeHubMessage(message));
        expect(decodeHubMessage(Control.responseDeserialize(bytes))).toEqual(message);
      }),
      { numRuns: 1_000 },
    );
  });

  it("comes back as it was: telemetry, with what is unknown still unknown", () => {
    fc.assert(
      fc.property(arbitraryTelemetry, (frame) => {
        const bytes = Telemetry.requestSerialize(encodeTelemetry(frame));
        expect(decodeTelemetry(Telemetry.requestDeserialize(bytes))).toEqual(frame);
      }),
    );
  });

  it("comes back as it was: a submission", () => {
    fc.assert(
      fc.property(arbitrarySubmission, (submission) => {
        const bytes = Submit.requestSerialize(encodeSubmit(submission));
        expect(decodeSubmit(Submit.requestDeserialize(bytes))).toEqual(submission);
      }),
    );
  });

  it("covers every kind of message in these tests", () => {
    const sampled = (arbitrary: fc.Arbitrary<AgentMessage | HubMessage>) =>
      new Set(fc.sample(arbitrary, 1_000).map(({ kind }) => kind));
    const kindsOf = (type: unknown) =>
      (type as { oneofDecl: { name: string }[]; field: unknown[] }).field.length;
    expect(sampled(arbitraryAgentMessage).size).toBe(kindsOf(Control.requestType.type));
    expect(sampled(arbitraryHubMessage).size).toBe(kindsOf(Control.responseType.type));
  });
});

/** JSON of some 12 KB that is more than three times as long when it is written again. */
const SWELLING = `{"flops":[${Array(2_000).fill("1e+18").join(",")}]}`;

describe("what a hub takes", () => {
  it("makes grants that every agent can read", () => {
    fc.assert(
      fc.property(arbitrarySubmission, (submission) => {
        const taken = decodeSubmit(
          Submit.requestDeserialize(Submit.requestSerialize(encodeSubmit(submission))),
        );
        expect(grantsRead([grantOf(1, taken.spec)])).toMatchObject({ grants: [{ token: 1 }] });
      }),
    );
  });

  it("is no parameters that outgrow a grant when they are written again", () => {
    const [submission] = fc.sample(arbitrarySubmission, { numRuns: 1, seed: 1 });
    const wire = { ...encodeSubmit(must(submission, "one was asked for")), paramsJson: SWELLING };
    expect(() => decodeSubmit(Submit.requestDeserialize(Submit.requestSerialize(wire)))).toThrowError(
      "paramsJson: must be at most 16 KiB of JSON with its numbers written out",
    );
  });
});

describe("a grant that cannot be read", () => {
  it("is told apart, with its token, and takes no other with it", () => {
    const [submission] = fc.sample(arbitrarySubmission, { numRuns: 1, seed: 1 });
    const { spec } = must(submission, "one was asked for");
    const read = grantsRead([grantOf(1, spec), grantOf(2, { ...spec, subsystem: "Rendering" })]);
    expect(read.grants.map(({ token }) => token)).toEqual([1]);
    expect(read.unreadable).toMatchObject([
      { token: 2, reason: expect.stringContaining("grant.subsystem: must be a name") },
    ]);
  });
});

function grantOf(token: number, spec: JobSpec): Grant {
  const { runner, params, priority, lane, vramBytes, subsystem, maxRuntimeMs, onHubLoss, inputs } = spec;
  const terms = { runner, params, priority, lane, vramBytes, subsystem, maxRuntimeMs, onHubLoss, inputs };
  return { ...terms, token, jobId: "j_000001", ttlMs: 30_000, offlineGraceMs: 0, restarts: null };
}

function grantsRead(grants: readonly Grant[]): Extract<HubMessage, { kind: "grants" }> {
  const message = encodeHubMessage({ kind: "grants", claimId: 1, heartbeatSeq: 0, grants });
  const read = decodeHubMessage(Control.responseDeserialize(Control.responseSerialize(message)));
  if (read.kind !== "grants") throw new Error(`read as ${read.kind}`);
  return read;
}

describe("decodeAgentMessage", () => {
  const hello = encodeAgentMessage(helloOf());
  const refused: readonly (readonly [name: string, field: string, message: AgentControl])[] = [
    ["a node name with a path", "hello.node", { hello: { ...hello.hello, node: "../alpha" } }],
    ["a node name with a newline", "hello.node", { hello: { ...hello.hello, node: "alpha\n" } }],
    ["an empty boot id", "hello.bootId", { hello: { ...hello.hello, bootId: "" } }],
    ["a hello without capabilities", "hello.capabilities", { hello: { ...hello.hello, capabilities: null } }],
    ["a count beyond 2^53", "heartbeat.seq", { heartbeat: { seq: "9007199254740993" } }],
    [
      "a token so great that none could follow it",
      "hello.maxTokenSeen",
      { hello: { ...hello.hello, maxTokenSeen: Number.MAX_SAFE_INTEGER } },
    ],
    ["a token of 0", "started.token", { started: {} }],
    ["a ratio that is not a number", "progress.ratio", { progress: { token: 1, ratio: Number.NaN } }],
    ["a ratio above 1", "progress.ratio", { progress: { token: 1, ratio: 1.5 } }],
    ["an unspecified outcome", "completion.outcome", { complete: { completions: [{ token: 1 }] } }],
    [
      "an outcome of the future",
      "completion.outcome",
      { complete: { completions: [{ token: 1, outcome: 99 as 0 }] } },
    ],
    ["17 completions", "complete.completions", { complete: { completions: Array(17).fill({ token: 1 }) } }],
    ["257 renewals", "renew.tokens", { renew: { seq: 1, tokens: Array(257).fill(1) } }],
    ["a long reason", "decline.reason", { decline: { token: 1, reason: "x".repeat(1_025) } }],
    ["a result that is no JSON", "completion.resultJson", completionOf({ resultJson: "{" })],
    ["a result that is a list", "completion.resultJson", completionOf({ resultJson: "[1]" })],
    [
      "a result of 17 KiB",
      "completion.resultJson",
      completionOf({ resultJson: `{"a":"${"x".repeat(17_000)}"}` }),
    ],
    ["a short digest", "completion.manifestSha256", completionOf({ manifestSha256: "abc" })],
    ["an upper-case digest", "completion.manifestSha256", completionOf({ manifestSha256: "A".repeat(64) })],
  ];
  it.each(refused)("refuses %s and names %s", (_name, field, message) => {
    expect(() => decodeSent(message)).toThrowError(
      expect.objectContaining({ code: "invalid", message: expect.stringContaining(`${field}:`) }),
    );
  });

  it("calls a kind that it does not know unknown, for the session to judge", () => {
    // Field 99, length-delimited, empty: what a newer minor may send.
    const bytes = Buffer.from([0x9a, 0x06, 0x00]);
    expect(decodeAgentMessage(Control.requestDeserialize(bytes))).toEqual({ kind: "unknown" });
  });

  it("returns a message or names a field, whatever bytes arrive", () => {
    const mutated = fc
      .tuple(arbitraryAgentMessage, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
      .map(([message, edits]) => {
        const bytes = Buffer.from(Control.requestSerialize(encodeAgentMessage(message)));
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        return bytes;
      });
    fc.assert(
      fc.property(mutated, (bytes) => {
        const wire = attempt(() => Control.requestDeserialize(bytes));
        if (wire instanceof Error) return;
        const message = attempt(() => decodeAgentMessage(wire));
        if (message instanceof Error) expect(message).toMatchObject({ name: "FleetError", code: "invalid" });
      }),
      { numRuns: 2_000 },
    );
  });

  it("clips free text that it sends, so that a long reason is never refused", () => {
    const sent = decodeSent(encodeAgentMessage({ kind: "decline", token: 1, reason: "x".repeat(5_000) }));
    expect(sent).toMatchObject({ kind: "decline", reason: expect.stringMatching(/^x{1023}…$/) });
  });
});

describe("decodeSubmit", () => {
  const submission = encodeSubmit(submissionOf());
  const refused: readonly (readonly [name: string, field: string, edit: SubmitRequest])[] = [
    ["an empty key", "key", { key: "" }],
    ["a runner with a slash", "runner", { runner: "../exec" }],
    ["no priority", "priority", { priority: 0 }],
    ["no lane", "lane", { lane: 0 }],
    ["VRAM on the cpu lane", "vramBytes", { lane: "LANE_CPU", vramBytes: 1 }],
    ["more attempts than allowed", "maxAttempts", { maxAttempts: 17 }],
    ["a runtime above a week", "maxRuntimeMs", { maxRuntimeMs: 8 * 24 * 3_600_000 }],
    ["parameters that are no object", "paramsJson", { paramsJson: "7" }],
    ["parameters above 16 KiB", "paramsJson", { paramsJson: `{"p":"${"x".repeat(17_000)}"}` }],
    ...["../x", "/etc/passwd", "a//b", "a/./b", "a\\b", "a\u0000b", ""].map(inputAt),
  ];
  it.each(refused)("refuses %s and names %s", (_name, field, edit) => {
    const wire = Submit.requestDeserialize(Submit.requestSerialize({ ...submission, ...edit }));
    expect(() => decodeSubmit(wire)).toThrowError(
      expect.objectContaining({ code: "invalid", message: expect.stringContaining(`${field}:`) }),
    );
  });

  it("takes 0 attempts and 0 runtime for the defaults", () => {
    const wire = Submit.requestDeserialize(
      Submit.requestSerialize({ ...submission, maxAttempts: 0, maxRuntimeMs: 0 }),
    );
    expect(decodeSubmit(wire).spec).toMatchObject({ maxAttempts: 4, maxRuntimeMs: 3_600_000 });
  });
});

function helloOf(): AgentMessage {
  return fc.sample(
    arbitraryAgentMessage.filter(({ kind }) => kind === "hello"),
    { numRuns: 1, seed: 1 },
  )[0] as AgentMessage;
}

function submissionOf() {
  return fc.sample(
    arbitrarySubmission.filter(({ spec }) => spec.vramBytes === 0),
    { numRuns: 1, seed: 1 },
  )[0] as never;
}

function inputAt(path: string): readonly [string, string, SubmitRequest] {
  const inputs = [{ path, sha256: "0".repeat(64) }];
  return [`the input path ${JSON.stringify(path)}`, "inputs.path", { inputs }];
}

function completionOf(edit: object): AgentControl {
  return { complete: { completions: [{ token: 1, outcome: "OUTCOME_OK", ...edit }] } };
}

function attempt<Result>(run: () => Result): Result | Error {
  try {
    return run();
  } catch (error) {
    return error as Error;
  }
}
