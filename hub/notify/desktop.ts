/** Desktop: a notice on the screen of this machine, where notify-send is installed and a session listens. */
import { safeText } from "../../shared/safe-text.ts";
import type { Notice, Severity } from "../core/notify/notice.ts";
import { run } from "./command.ts";

const URGENCIES: Readonly<Record<Severity, string>> = {
  info: "low",
  warning: "normal",
  critical: "critical",
};

/** Rejects where there is no notify-send, or no session that it could reach. */
export function sendDesktop({ severity, title, text }: Notice, signal: AbortSignal): Promise<void> {
  // The body is markup for many of them.
  const body = safeText(text).replace(/[&<>]/g, (char) => ENTITIES[char] ?? char);
  const words = [`--urgency=${URGENCIES[severity]}`, "--app-name=spiral", "--", safeText(title), body];
  return run(["notify-send", ...words], { stdin: "", signal });
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
