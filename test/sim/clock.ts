/**
 * SimClock: time as one machine sees it. It runs a little too fast or too slow, goes on while the machine sleeps
 * (CLOCK_BOOTTIME does), and begins again at a boot; calendar time may jump.
 */
import type { Clock } from "../../shared/clock.ts";

export class SimClock implements Clock {
  readonly rate: number;
  readonly #trueMs: () => number;
  #bornMs = 0;
  #offsetMs: number;
  #wallOffsetMs = 1_700_000_000_000;

  /** @param rate machine milliseconds that pass in a true one */
  constructor(trueMs: () => number, rate: number, offsetMs: number) {
    this.#trueMs = trueMs;
    this.rate = rate;
    this.#offsetMs = offsetMs;
  }

  bootMs(): number {
    return this.#offsetMs + (this.#trueMs() - this.#bornMs) * this.rate;
  }

  wallMs(): number {
    return Math.round(this.#wallOffsetMs + this.#trueMs());
  }

  /** True milliseconds until this clock shows a time; negative when that is past. */
  untilMs(bootMs: number): number {
    return (bootMs - this.bootMs()) / this.rate;
  }

  reboot(): void {
    this.#bornMs = this.#trueMs();
    this.#offsetMs = 1_000;
  }

  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }
}
