/**
 * Channel: the one port through which a notice leaves the hub, and which adapter stands behind a name. A channel
 * rejects when the other side has not taken the notice; it never waits longer than its bound and keeps nothing.
 */
import { assertNever } from "../../shared/invariant.ts";
import type { Notice } from "../core/notify/notice.ts";
import type { ChannelPolicy } from "../core/notify/policy.ts";
import { sendCommand } from "./command.ts";
import { sendDesktop } from "./desktop.ts";
import { sendNtfy } from "./ntfy.ts";
import { sendWebhook } from "./webhook.ts";

export interface WebhookChannel {
  readonly kind: "webhook";
  readonly url: string;
  /** Path of a file below the root with the key that signs; null: unsigned. */
  readonly secretFile: string | null;
}

export interface NtfyChannel {
  readonly kind: "ntfy";
  /** With the topic: https://ntfy.example/TOPIC. */
  readonly url: string;
  readonly tokenFile: string | null;
  readonly tags: readonly string[];
}

export interface CommandChannel {
  readonly kind: "command";
  /** Program and arguments; never a shell's line. */
  readonly argv: readonly string[];
}

export interface DesktopChannel {
  readonly kind: "desktop";
}

export type ChannelConfig = ChannelPolicy & { readonly timeoutMs: number } & (
    | WebhookChannel
    | NtfyChannel
    | CommandChannel
    | DesktopChannel
  );

export interface SendContext {
  readonly root: string;
  /** Aborts when the time is over or the hub stops. */
  readonly signal: AbortSignal;
  readonly wallMs: number;
}

/** Delivers one notice. Rejects with a reason that holds no secret. */
export function sendTo(channel: ChannelConfig, notice: Notice, context: SendContext): Promise<void> {
  switch (channel.kind) {
    case "webhook":
      return sendWebhook(channel, notice, context);
    case "ntfy":
      return sendNtfy(channel, notice, context);
    case "command":
      return sendCommand(channel, notice, context.signal);
    case "desktop":
      return sendDesktop(notice, context.signal);
    default:
      return assertNever(channel);
  }
}

/** Where a channel leads, without what would let somebody else use it. */
export function describeChannel(channel: ChannelConfig): string {
  switch (channel.kind) {
    case "webhook":
    case "ntfy":
      return new URL(channel.url).origin;
    case "command":
      return channel.argv[0] ?? "";
    case "desktop":
      return "notify-send";
    default:
      return assertNever(channel);
  }
}
