/** What an outside observer saw: every request with its time and outcome. Tests judge the bridge by it. */

/** Oldest entries go first, so that a simulator left running for weeks does not grow. */
const KEEP = 200_000;

/**
 * `answered` 200 · `refused` 4xx · `failed` 5xx · `nhso-down` broken because NHSO is down, no work done ·
 * `lost` the work was done and the answer was not delivered
 */
export const OUTCOMES = ['answered', 'refused', 'failed', 'nhso-down', 'lost'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** What is known of every request, whichever simulator got it. */
export interface Seen {
  /** Grows by one; ask for what came after a number. */
  seq: number;
  /** UTC, ISO 8601: when the request came in, by the simulator's clock. */
  at: string;
  call: string;
  pid: string | null;
  outcome: Outcome;
  /** HTTP status that was sent, null when none was. */
  status: number | null;
  /** Milliseconds from request to answer. */
  ms: number;
}

export type Filter<Entry extends Seen> = Partial<Pick<Entry, 'call' | 'pid' | 'outcome'>> & {
  afterSeq?: number;
};

export class Journal<Entry extends Seen> {
  #entries: Entry[] = [];
  #seq = 0;

  add(entry: Omit<Entry, 'seq'>): Entry {
    const kept = { seq: ++this.#seq, ...entry } as Entry;
    this.#entries.push(kept);
    if (this.#entries.length > KEEP) this.#entries = this.#entries.slice(-KEEP / 2);
    return kept;
  }

  entries(filter: Filter<Entry> = {}): Entry[] {
    return this.#entries.filter(
      (e) =>
        (filter.call === undefined || e.call === filter.call) &&
        (filter.pid === undefined || e.pid === filter.pid) &&
        (filter.outcome === undefined || e.outcome === filter.outcome) &&
        (filter.afterSeq === undefined || e.seq > filter.afterSeq),
    );
  }

  clear(): void {
    this.#entries = [];
  }
}
