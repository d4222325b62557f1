/** Trace: what happened, one line a step, and a hash of it that is cheap enough to keep always. */
export class Trace {
  /** Null: nobody reads it, and nothing is put into words. */
  readonly #write: ((line: string) => void) | null;
  readonly #words = new Map<string, number>();
  #hash = 0x811c9dc5;

  constructor(write: ((line: string) => void) | null) {
    this.#write = write;
  }

  get isRead(): boolean {
    return this.#write !== null;
  }

  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  mix(number: number): void {
    this.#hash = Math.imul(this.#hash ^ (number | 0), 0x01000193);
  }

  mixWord(word: string): void {
    const known = this.#words.get(word);
    if (known !== undefined) return this.mix(known);
    let hash = 0x811c9dc5;
    for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
    this.#words.set(word, hash);
    this.mix(hash);
  }

  line(atMs: number, who: string, what: string, detail: string): void {
    this.#write?.(`${(atMs / 1000).toFixed(3).padStart(10)} ${who.padEnd(5)} ${what.padEnd(20)} ${detail}`);
  }
}
