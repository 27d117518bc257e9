/** What an outside observer saw: every request with its time and outcome. Tests judge the bridge by it. */

import type { AgentCall } from './calls.ts';

/** Oldest entries go first, so that a simulator left running for weeks does not grow. */
const KEEP = 200_000;

export interface JournalEntry {
  /** Grows by one; ask for what came after a number. */
  seq: number;
  /** UTC, ISO 8601: when the request came in, by the simulator's clock. */
  at: string;
  /** Hospital and port of the agent that got it. */
  agent: string;
  call: AgentCall;
  pid: string | null;
  claimType: string | null;
  correlationId: string | null;
  /**
   * `answered` 200 · `refused` 4xx · `failed` 5xx · `nhso-down` broken because NHSO is down, no work done ·
   * `lost` the work was done and the answer was not delivered
   */
  outcome: 'answered' | 'refused' | 'failed' | 'nhso-down' | 'lost';
  /** HTTP status that was sent, null when none was. */
  status: number | null;
  /** Issued or found code. */
  claimCode: string | null;
  /** Milliseconds from request to answer. */
  ms: number;
}

export type JournalFilter = Partial<Pick<JournalEntry, 'call' | 'pid' | 'outcome'>> & { afterSeq?: number };

export class Journal {
  #entries: JournalEntry[] = [];
  #seq = 0;

  add(entry: Omit<JournalEntry, 'seq'>): JournalEntry {
    const kept = { seq: ++this.#seq, ...entry };
    this.#entries.push(kept);
    if (this.#entries.length > KEEP) this.#entries = this.#entries.slice(-KEEP / 2);
    return kept;
  }

  entries(filter: JournalFilter = {}): JournalEntry[] {
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
