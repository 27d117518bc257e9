/**
 * Rings at once, and then not more than twenty times a second, however much is written. Each burst has two rings more after
 * its end: a database hands a change to its log a moment before it shows it to others, so that a poll at the first ring may
 * see nothing (MariaDB: one in nine, measured).
 */

const GAP_MS = 50;
/** After the last ring of a burst; longer than the gap, so that a change that waits goes before. */
const ECHOES_MS: readonly number[] = [60, 250];

export class Bell {
  readonly #ring: () => void;
  #next: NodeJS.Timeout | undefined;
  #echoes: NodeJS.Timeout[] = [];
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
    for (const echo of this.#echoes) clearTimeout(echo);
    this.#next = undefined;
  }

  #rings(): void {
    this.stop();
    this.#rungAt = performance.now();
    this.#echoes = ECHOES_MS.map((ms) => setTimeout(this.#ring, ms));
    this.#ring();
  }
}
