/**
 * Rings at once, and then not more than twenty times a second, however much is written. Each burst has one ring more after
 * its end: a database hands a change to its log a moment before it shows it to others, and a poll that came in between
 * would have seen nothing.
 */

const GAP_MS = 50;
const ECHO_MS = 250;

export class Bell {
  readonly #ring: () => void;
  #next: NodeJS.Timeout | undefined;
  #echo: NodeJS.Timeout | undefined;
  #rungAt = -Infinity;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  heard(): void {
    const wait = this.#rungAt + GAP_MS - performance.now();
    if (wait <= 0) this.#rings();
    else this.#next ??= setTimeout(() => this.#rings(), wait);
  }

  stop(): void {
    clearTimeout(this.#next);
    clearTimeout(this.#echo);
    this.#next = undefined;
  }

  #rings(): void {
    this.stop();
    this.#rungAt = performance.now();
    this.#echo = setTimeout(this.#ring, ECHO_MS);
    this.#ring();
  }
}
