/**
 * Http: one POST of JSON, with nothing followed and nothing read back. A redirect is refused, because it would carry
 * the notice and its proof to somebody whom nobody has named.
 */
import { FleetError } from "../../shared/errors.ts";

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Resolves when the server has answered with 2xx. */
export async function post({ url, headers, body }: Post, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": "spiral-fleet", ...headers },
    body,
    redirect: "manual",
    signal,
  });
  await response.body?.cancel();
  if (response.ok) return;
  const isRedirect = response.status >= 300 && response.status < 400;
  const what = isRedirect ? "a redirect, which is not followed" : "not taken";
  throw new FleetError("unavailable", `${new URL(url).host} answered ${response.status}: ${what}`);
}
