/**
 * HTTP target: one server that the ladder may ask, over fetch. Its address is fixed by config and must be this
 * machine or a host that config names, redirects are not followed, and what it answers is read up to a bound,
 * so that neither a typo nor the server itself can turn an eviction against somebody else or fill the agent.
 */
import { describeError, FleetError } from "../../shared/errors.ts";
import type { EvictOutcome } from "./evictor.ts";

export interface HttpTargetConfig {
  /** `http://127.0.0.1:8188`, with a path in front of the API's own where a proxy adds one. */
  readonly baseUrl: string;
  /** What every request carries: a key of the server. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Host names besides this machine that may be asked. */
  readonly allowedHosts?: readonly string[];
}

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Begins with a slash, query included. */
  readonly path: string;
  readonly json?: unknown;
}

export type HttpReply =
  | { readonly kind: "answered"; readonly status: number; readonly body: string }
  | { readonly kind: "failed"; readonly detail: string };

export interface HttpTarget {
  /** Never rejects; an answer of any status is an answer. */
  ask(request: HttpRequest, signal: AbortSignal): Promise<HttpReply>;
}

/** Larger answers are cut off: only a metrics page comes near. */
export const MAX_BODY_BYTES = 1024 ** 2;
const MAX_QUOTE = 200;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** @throws FleetError `config` for an address that must not be asked. */
export function createHttpTarget({ baseUrl, headers, allowedHosts }: HttpTargetConfig): HttpTarget {
  const base = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (base === null || !/^https?:$/.test(base.protocol) || base.username !== "" || base.password !== "") {
    throw new FleetError("config", `${baseUrl} is no http address without credentials`);
  }
  if (!LOOPBACK.test(base.hostname) && !allowedHosts?.includes(base.hostname)) {
    throw new FleetError("config", `${base.hostname} is neither this machine nor an allowed host`);
  }
  const prefix = base.origin + base.pathname.replace(/\/+$/, "");
  return {
    ask: async ({ method, path, json }, signal) => {
      const body = json === undefined ? {} : { body: JSON.stringify(json) };
      const type = json === undefined ? {} : { "content-type": "application/json" };
      try {
        const response = await fetch(prefix + path, {
          method,
          headers: { ...headers, ...type },
          redirect: "error",
          signal,
          ...body,
        });
        return { kind: "answered", status: response.status, body: await readBounded(response) };
      } catch (error) {
        return { kind: "failed", detail: `${method} ${path}: ${describeError(error)}` };
      }
    },
  };
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the stream, and with it the connection.
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= MAX_BODY_BYTES) break;
  }
  return Buffer.concat(chunks).toString("utf8", 0, MAX_BODY_BYTES);
}

/** The JSON of a good answer; undefined for anything else. */
export function jsonOf(reply: HttpReply): unknown {
  if (reply.kind === "failed" || !isGood(reply.status)) return undefined;
  try {
    return JSON.parse(reply.body) as unknown;
  } catch {
    // A page of another server on that port: as good as no answer.
    return undefined;
  }
}

/** `done` for 2xx, `failed` with what was said for everything else. */
export function outcomeOf(reply: HttpReply, what: string): EvictOutcome {
  if (reply.kind === "failed") return { kind: "failed", detail: reply.detail };
  if (isGood(reply.status)) return { kind: "done", detail: what };
  const quote = reply.body.slice(0, MAX_QUOTE).trim();
  return { kind: "failed", detail: `${what}: HTTP ${reply.status}${quote === "" ? "" : `: ${quote}`}` };
}

function isGood(status: number): boolean {
  return status >= 200 && status < 300;
}
