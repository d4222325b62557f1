/**
 * Notify policy: who is told what and when, as notify.json says. Quiet hours are wall time in a named zone, because
 * the machine's own zone is an accident of its installation.
 */
import { type Notice, type Severity, severityRank, type Topic } from "./notice.ts";

export interface NotifyRule {
  /** Empty: every topic. */
  readonly topics: readonly Topic[];
  /** Names of channels; empty: all of them. */
  readonly channels: readonly string[];
  readonly minSeverity: Severity;
  /** Only notices about these; empty: whatever they are about. */
  readonly nodes: readonly string[];
  readonly campaigns: readonly string[];
}

export interface QuietHours {
  /** Minutes of the day, 0…1439; `toMinute` is no longer quiet and may be less than `fromMinute`. */
  readonly fromMinute: number;
  readonly toMinute: number;
  /** IANA name, such as Europe/Berlin. */
  readonly zone: string;
}

export interface ChannelPolicy {
  /** At most `count` sends in any `windowMs`, retries included. */
  readonly limit: { readonly count: number; readonly windowMs: number };
}

export interface NotifyPolicy {
  readonly channels: Readonly<Record<string, ChannelPolicy>>;
  readonly rules: readonly NotifyRule[];
  /** A notice about the same subject is counted and told later when one was told so recently. */
  readonly dedupMs: number;
  /** Wait after the first failure; each further one doubles it. */
  readonly retryMs: number;
  readonly quiet: QuietHours | null;
}

/** Channels that hear of a notice, each once, in the order of the policy. */
export function channelsFor({ channels, rules }: NotifyPolicy, notice: Notice): readonly string[] {
  const matching = rules.filter((rule) => isMatch(rule, notice));
  return Object.keys(channels).filter((name) =>
    matching.some((rule) => rule.channels.length === 0 || rule.channels.includes(name)),
  );
}

function isMatch(rule: NotifyRule, notice: Notice): boolean {
  const { topics, nodes, campaigns, minSeverity } = rule;
  if (severityRank(notice.severity) < severityRank(minSeverity)) return false;
  if (topics.length > 0 && !topics.includes(notice.topic)) return false;
  if (nodes.length > 0 && (notice.node === null || !nodes.includes(notice.node))) return false;
  return campaigns.length === 0 || (notice.campaign !== null && campaigns.includes(notice.campaign));
}

export function isQuiet({ quiet }: Pick<NotifyPolicy, "quiet">, wallMs: number): boolean {
  if (quiet === null) return false;
  const { fromMinute, toMinute, zone } = quiet;
  const minute = minuteOfDay(wallMs, zone);
  return fromMinute <= toMinute
    ? minute >= fromMinute && minute < toMinute
    : minute >= fromMinute || minute < toMinute;
}

/** Throws RangeError for a zone that does not exist. */
export function minuteOfDay(wallMs: number, zone: string): number {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const [hour = 0, minute = 0] = format.format(wallMs).split(":").map(Number);
  return hour * 60 + minute;
}
