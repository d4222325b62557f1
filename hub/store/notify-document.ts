/**
 * Notify document: notify.json, which people write. Watched like control.json; a bad edit is named with its place and
 * changes nothing. A hub without the document tells nobody anything.
 */
import { join } from "node:path";
import { z } from "zod";
import { describeError, FleetError } from "../../shared/errors.ts";
import { type JsonDocument, placeProblems } from "../../shared/json-document.ts";
import { SEVERITIES, TOPICS } from "../core/notify/notice.ts";
import { minuteOfDay, type NotifyPolicy } from "../core/notify/policy.ts";
import type { ChannelConfig } from "../notify/channel.ts";
import { watched } from "./documents.ts";

export interface NotifyDocument extends NotifyPolicy {
  readonly channels: Readonly<Record<string, ChannelConfig>>;
}

export const NO_NOTIFY: NotifyDocument = {
  channels: {},
  rules: [],
  dedupMs: 900_000,
  retryMs: 5_000,
  quiet: null,
};

const CHANNELS_MAX = 16;
const RULES_MAX = 64;

const name = z.string().regex(/^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$/i, "is not a name");
const ms = z.number().int().positive();
const url = z
  .url({ protocol: /^https?$/, error: "is not an http or https address" })
  .refine((text) => !hasUserInfo(text), "must hold no user and password: use a file");
const file = z.string().min(1).nullable().default(null);

const common = {
  timeoutMs: ms.max(60_000).default(10_000),
  limit: z
    .strictObject({ count: z.number().int().min(1).max(1_000), windowMs: ms.max(86_400_000) })
    .default({ count: 20, windowMs: 3_600_000 }),
};

const channel = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("webhook"), url, secretFile: file, ...common }),
  z.strictObject({
    kind: z.literal("ntfy"),
    url: url.refine((text) => /\/[^/]+$/.test(pathOf(text)), "must end in the topic"),
    tokenFile: file,
    tags: z.array(z.string().min(1).max(40)).max(8).default([]),
    ...common,
  }),
  z.strictObject({
    kind: z.literal("command"),
    argv: z
      .array(z.string())
      .min(1)
      .max(32)
      .refine(([program = ""]) => program.startsWith("/"), "must begin with an absolute path"),
    ...common,
  }),
  z.strictObject({ kind: z.literal("desktop"), ...common }),
]);

const rule = z.strictObject({
  topics: z.array(z.enum(TOPICS)).default([]),
  channels: z.array(name).default([]),
  minSeverity: z.enum(SEVERITIES).default("info"),
  nodes: z.array(z.string()).max(256).default([]),
  campaigns: z.array(name).max(256).default([]),
});

const clock = z
  .string()
  .regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, "is not a time such as 22:30")
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

const quiet = z
  .strictObject({ from: clock, to: clock, zone: z.string().refine(isZone, "is not a time zone") })
  .transform(({ from, to, zone }) => ({ fromMinute: from, toMinute: to, zone }));

const document = z
  .strictObject({
    channels: z
      .record(name, channel)
      .refine((channels) => Object.keys(channels).length <= CHANNELS_MAX, `at most ${CHANNELS_MAX}`),
    rules: z
      .array(rule)
      .max(RULES_MAX)
      .default([{ topics: [], channels: [], minSeverity: "info", nodes: [], campaigns: [] }]),
    dedupMs: ms.max(86_400_000).default(NO_NOTIFY.dedupMs),
    retryMs: ms.min(100).max(900_000).default(NO_NOTIFY.retryMs),
    quiet: quiet.nullable().default(null),
  })
  .superRefine(({ channels, rules }, context) => {
    for (const [index, each] of rules.entries())
      for (const [at, channelName] of each.channels.entries())
        if (channels[channelName] === undefined)
          context.addIssue({
            code: "custom",
            path: ["rules", index, "channels", at],
            message: `there is no channel "${channelName}"`,
          });
  });

/** The document, or a FleetError `config` that names file, line, field and what is wrong. */
export function parseNotify(path: string, json: JsonDocument): NotifyDocument {
  const result = document.safeParse(json.value);
  if (result.success) return result.data;
  throw new FleetError("config", placeProblems(path, json, result.error.issues));
}

export interface NotifyWatch {
  /** The last good document. */
  readonly current: NotifyDocument;
  /** Reads it again when it has changed. */
  look(): Promise<void>;
}

/** `onProblem`: why the document as it stands is refused; null when it is mended. */
export function watchNotify(root: string, onProblem: (problem: string | null) => void): NotifyWatch {
  let current = NO_NOTIFY;
  const read = watched(
    join(root, "notify.json"),
    (path, json) => {
      current = parseNotify(path, json);
    },
    () => {
      current = NO_NOTIFY;
    },
  );
  return {
    get current() {
      return current;
    },
    look: async () => {
      try {
        if (await read()) onProblem(null);
      } catch (error) {
        onProblem(describeError(error));
      }
    },
  };
}

function hasUserInfo(text: string): boolean {
  const { username, password } = new URL(text);
  return username !== "" || password !== "";
}

function pathOf(text: string): string {
  return new URL(text).pathname;
}

function isZone(zone: string): boolean {
  try {
    minuteOfDay(0, zone);
    return true;
  } catch {
    return false;
  }
}
