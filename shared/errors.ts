/**
 * FleetError: the one error type that crosses a boundary. A refusal inside a core is a value; this is what
 * the shell throws or sends when a request cannot be served, with a code that maps to gRPC and exit status
 * in one place and a message that names the cure.
 */
export const FLEET_ERRORS = {
  invalid: { grpc: 3, exit: 2, retryable: false },
  notFound: { grpc: 5, exit: 5, retryable: false },
  alreadyExists: { grpc: 6, exit: 6, retryable: false },
  permissionDenied: { grpc: 7, exit: 77, retryable: false },
  resourceExhausted: { grpc: 8, exit: 75, retryable: true },
  refused: { grpc: 9, exit: 4, retryable: false },
  unavailable: { grpc: 14, exit: 69, retryable: true },
  unauthenticated: { grpc: 16, exit: 77, retryable: false },
  config: { grpc: 9, exit: 78, retryable: false },
  internal: { grpc: 13, exit: 70, retryable: false },
} as const;

export type FleetErrorCode = keyof typeof FLEET_ERRORS;

export class FleetError extends Error {
  readonly code: FleetErrorCode;
  constructor(code: FleetErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "FleetError";
    this.code = code;
  }
  /** gRPC status number of this error. */
  get grpcStatus(): number {
    return FLEET_ERRORS[this.code].grpc;
  }
  /** Process exit status of this error. */
  get exitStatus(): number {
    return FLEET_ERRORS[this.code].exit;
  }
}

/** Any thrown thing as text: the message of an error, with the chain of causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${describeError(error.cause)}`;
}

/** What a program says on stderr of the error that ended it: a sentence, or an object where argv asks for JSON. */
export function errorText(program: string, error: unknown, argv: readonly string[]): string {
  const message = describeError(error);
  if (!argv.includes("--json")) return `${program}: ${message}`;
  const code = error instanceof FleetError ? error.code : "internal";
  return JSON.stringify({ error: { code, message } });
}

/** What the parser of a command line says of wrong usage, in the same two forms. */
export function usageText(text: string, argv: readonly string[]): string {
  if (!argv.includes("--json")) return text;
  const message = text.replace(/^error: /, "").trim();
  return `${JSON.stringify({ error: { code: "usage", message } })}\n`;
}
