/** Words: figures as the report prints them. */
const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

/** `139.8 GiB`, `512 MiB`, `64 KiB`. */
export function bytesText(bytes: number): string {
  if (bytes >= GIB) return `${(bytes / GIB).toFixed(1)} GiB`;
  if (bytes >= MIB) return `${Math.round(bytes / MIB)} MiB`;
  return `${Math.round(bytes / 1024)} KiB`;
}

/** `42 %`. */
export function shareText(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}

/** `3 d`, `5 h`, `12 min`, `40 s`: the largest unit alone. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** `0700`. */
export function modeText(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

/** `1 report`, `2 reports`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `a, b and c`. */
export function listText(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? "") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

const TIME = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone: "UTC" });

/** `2026-03-01 14:05:09 UTC`. */
export function timeText(wallMs: number): string {
  return `${TIME.format(wallMs)} UTC`;
}
