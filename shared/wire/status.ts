/** Status: FleetError and gRPC status, the one place that maps them in either direction. */
import { type Metadata, status } from "@grpc/grpc-js";
import { FLEET_ERRORS, FleetError, type FleetErrorCode } from "../errors.ts";
import { ComeAgainError, retryAfterMetadata } from "./retry-after.ts";
import { clip } from "./values.ts";

export interface WireStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata?: Metadata;
}

/** Long details would not fit into the trailers of an answer, and the answer would be lost. */
const MAX_DETAILS = 1_024;

/** A half of a character pair; gRPC percent-encodes details and throws on one. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** What the other side is told. A thing that is no FleetError is a bug of ours and stays in our log. */
export function toWireStatus(error: unknown): WireStatus {
  if (!(error instanceof FleetError))
    return { code: status.INTERNAL, details: "internal error: see the log" };
  return {
    code: error.grpcStatus,
    details: clip(error.message, MAX_DETAILS).replace(LONE_SURROGATE, "\ufffd"),
    ...(error instanceof ComeAgainError ? { metadata: retryAfterMetadata(error) } : {}),
  };
}

/** The error that a failed call stands for. */
export function fromWireStatus({ code, details }: WireStatus): FleetError {
  return new FleetError(CODES.get(code) ?? "unavailable", details);
}

const CODES = new Map<number, FleetErrorCode>([
  [status.DEADLINE_EXCEEDED, "unavailable"],
  ...(Object.keys(FLEET_ERRORS) as FleetErrorCode[])
    .filter((code) => code !== "config")
    .map((code) => [FLEET_ERRORS[code].grpc, code] as const),
]);
