/**
 * Ntfy: a notice as a push message of ntfy (docs.ntfy.sh, publish as JSON). JSON goes to the root of the server with
 * the topic inside, because headers could not carry every title.
 */
import type { Notice, Severity } from "../core/notify/notice.ts";
import type { NtfyChannel, SendContext } from "./channel.ts";
import { post } from "./http.ts";
import { readSecretFile } from "./secret-file.ts";

/** 1 min … 5 max. */
const PRIORITIES: Readonly<Record<Severity, number>> = { info: 2, warning: 4, critical: 5 };
const SIGNS: Readonly<Record<Severity, string>> = {
  info: "information_source",
  warning: "warning",
  critical: "rotating_light",
};

export async function sendNtfy(
  { url, tokenFile, tags }: NtfyChannel,
  notice: Notice,
  { root, signal }: SendContext,
): Promise<void> {
  const { severity, topic, title, text } = notice;
  const at = new URL(url);
  const segments = at.pathname.split("/");
  const name = segments.pop() ?? "";
  const body = JSON.stringify({
    topic: decodeURIComponent(name),
    title,
    message: text === "" ? title : text,
    priority: PRIORITIES[severity],
    tags: [SIGNS[severity], topic, ...tags],
  });
  const headers: Record<string, string> = {};
  if (tokenFile !== null) headers["authorization"] = `Bearer ${await readSecretFile(root, tokenFile)}`;
  await post({ url: `${at.origin}${segments.join("/")}/`, headers, body }, signal);
}
