/** Bound words: what an order says an owner may hold, as a person writes it. The wire has `slots:4`, people `4slots`. Pure. */

const MIB = 1024 ** 2;

/** `4slots`, `32GiB`, `512MiB`; any other text as it is. */
export function boundWords(value: string): string {
  const [, what, count] = /^(slots|vram):(\d{1,15})$/.exec(value) ?? [];
  if (what === undefined) return value;
  if (what === "slots") return `${count}slots`;
  const mib = Math.floor(Number(count) / MIB);
  return mib > 0 && mib % 1024 === 0 ? `${mib / 1024}GiB` : `${mib}MiB`;
}
