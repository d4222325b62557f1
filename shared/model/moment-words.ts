/** Moment words: a moment as people write it, by arithmetic alone, so that the core may say it too. Pure. */

const DAY_MS = 86_400_000;
/** 9999-12-31, the last day that is written with four digits. */
const LAST_DAY = 2_932_896;
/** Days of 400 years, and from 0000-03-01 to 1970-01-01. */
const ERA_DAYS = 146_097;
const EPOCH_DAYS = 719_468;

/** `2026-05-01 22:00 UTC`; null for what is no moment that people write. */
export function momentWords(wallMs: number): string | null {
  const day = Math.floor(wallMs / DAY_MS);
  if (wallMs <= 0 || day > LAST_DAY) return null;
  const minutes = Math.floor((wallMs - day * DAY_MS) / 60_000);
  return `${dateOf(day)} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)} UTC`;
}

/** Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days: years begin in March. */
function dateOf(day: number): string {
  const shifted = day + EPOCH_DAYS;
  const era = Math.floor(shifted / ERA_DAYS);
  const ofEra = shifted - era * ERA_DAYS;
  const leaps = Math.floor(ofEra / 1_460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / 146_096);
  const year = Math.floor((ofEra - leaps) / 365);
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const march = Math.floor((5 * ofYear + 2) / 153);
  const date = ofYear - Math.floor((153 * march + 2) / 5) + 1;
  const month = march < 10 ? march + 3 : march - 9;
  return `${era * 400 + year + (month <= 2 ? 1 : 0)}-${two(month)}-${two(date)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
