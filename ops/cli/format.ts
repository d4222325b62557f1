/** Format: figures as people read them. Units are always shown; nothing is rounded to a lie such as "0 s". */

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

/** `8.0 GiB`, `512 MiB`, `17 B`. */
export function formatBytes(bytes: number): string {
  if (bytes >= GIB) return `${(bytes / GIB).toFixed(1)} GiB`;
  if (bytes >= MIB) return `${Math.round(bytes / MIB)} MiB`;
  return `${bytes} B`;
}

/** As `formatBytes`; what no sensor gave is unknown, never 0. */
export function formatKnownBytes(bytes: number | null): string {
  return bytes === null ? "unknown" : formatBytes(bytes);
}

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `42 %`, or `-` when it is unknown. */
export function formatShare(ratio: number | null): string {
  return ratio === null ? "-" : `${Math.round(ratio * 100)} %`;
}

/** Four decimals, enough to compare with a tolerance; `-` when it is unknown. */
export function formatDistance(distance: number | null): string {
  return distance === null ? "-" : distance.toFixed(4);
}

const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** Local time of day, `14:03:59`. */
export function formatTime(wallMs: number): string {
  return TIME.format(wallMs);
}

const MOMENT = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });

/** Local date and time of day, `2026-05-01 14:03:59`. */
export function formatMoment(wallMs: number): string {
  return MOMENT.format(wallMs);
}

/** A bar of `width` cells, filled to `ratio` (0…1) in eighths of a cell. */
export function formatBar(ratio: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, ratio)) * width * 8);
  const part = " ▏▎▍▌▋▊▉".charAt(eighths % 8);
  const full = "█".repeat(Math.floor(eighths / 8));
  return (eighths % 8 === 0 ? full : full + part).padEnd(width, " ");
}

/** The text cut to `width` characters, the cut marked. */
export function clipText(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
