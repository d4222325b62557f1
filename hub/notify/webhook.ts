/**
 * Webhook: a notice as JSON to a URL. With a secret the receiver can prove who sent it and when:
 * `X-Spiral-Signature: sha256=HEX` is the HMAC of `TIMESTAMP.BODY`, the timestamp being the header beside it.
 */
import { createHmac } from "node:crypto";
import type { Notice } from "../core/notify/notice.ts";
import type { SendContext, WebhookChannel } from "./channel.ts";
import { post } from "./http.ts";
import { readSecretFile } from "./secret-file.ts";

export async function sendWebhook(
  { url, secretFile }: WebhookChannel,
  notice: Notice,
  { root, signal, wallMs }: SendContext,
): Promise<void> {
  const body = JSON.stringify(notice);
  const timestamp = String(Math.round(wallMs));
  const headers: Record<string, string> = {
    "idempotency-key": encodeURIComponent(notice.id),
    "x-spiral-timestamp": timestamp,
  };
  if (secretFile !== null) {
    const hmac = createHmac("sha256", await readSecretFile(root, secretFile));
    headers["x-spiral-signature"] = `sha256=${hmac.update(`${timestamp}.${body}`).digest("hex")}`;
  }
  await post({ url, headers, body }, signal);
}
