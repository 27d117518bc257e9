/**
 * Takes a report of NHSO's into the ledger, in batches, so that memory does not grow with it. Each batch is one
 * transaction and each code is taken once: an import that was cut short is simply made again.
 */

import type { Instant, ServiceDate } from '../domain/bangkok.ts';
import type { ImportedCode, ReportedCodes, ReportFault, ReportLine } from './ports/reported-codes.ts';

/** Enough to share a way to the disk, few enough not to keep a running bridge from the ledger. */
const BATCH = 500;

export interface ImportSummary {
  /** `rows` is the sum of taken, known, elsewhere, cancelled and bad. */
  rows: number;
  taken: number;
  known: number;
  elsewhere: number;
  cancelled: number;
  bad: number;
  /** Of the cancelled: those that the ledger had as good until now. */
  withdrawn: number;
  /** Days for which the report has codes, by hospital. */
  days: ReadonlyMap<string, ReadonlySet<ServiceDate>>;
}

export interface ImportOptions {
  store: ReportedCodes;
  importedAt: Instant;
  /** Nothing is stored; the summary says what would be. */
  isDryRun: boolean;
  /** A line that could not be taken, and why. */
  onBad(row: number, faults: readonly ReportFault[]): void;
  /** After each batch. */
  onProgress(rows: number): void;
}

export async function importReport(
  lines: AsyncIterable<ReportLine>,
  options: ImportOptions,
): Promise<ImportSummary> {
  const run = new Run(options);
  for await (const line of lines) await run.take(line);
  return run.end();
}

class Run {
  readonly #options: ImportOptions;
  readonly #counts = { rows: 0, taken: 0, known: 0, elsewhere: 0, cancelled: 0, bad: 0, withdrawn: 0 };
  readonly #days = new Map<string, Set<ServiceDate>>();
  #batch: { row: number; code: ImportedCode }[] = [];

  constructor(options: ImportOptions) {
    this.#options = options;
  }

  async take(line: ReportLine): Promise<void> {
    this.#counts.rows += 1;
    if (line.kind === 'code') this.#batch.push({ row: line.row, code: line.code });
    else if (line.kind === 'bad') this.#bad(line.row, line.faults);
    else this.#counts[line.kind] += 1;
    if (this.#batch.length >= BATCH) await this.#store();
  }

  async end(): Promise<ImportSummary> {
    await this.#store();
    return { ...this.#counts, days: this.#days };
  }

  async #store(): Promise<void> {
    const { store, isDryRun, importedAt, onProgress } = this.#options;
    const batch = this.#batch;
    this.#batch = [];
    const codes = batch.map(({ code }) => code);
    const outcomes = isDryRun ? await store.look(codes) : await store.add(codes, importedAt);
    batch.forEach(({ row, code }, i) => {
      const outcome = outcomes[i];
      if (outcome === 'conflict') this.#bad(row, [OF_ANOTHER]);
      else if (code.isCancelled) this.#counts.cancelled += 1;
      else this.#counts[outcome === 'known' ? 'known' : 'taken'] += 1;
      if (outcome === 'withdrawn') this.#counts.withdrawn += 1;
      if (outcome !== 'conflict' && !code.isCancelled) this.#day(code);
    });
    onProgress(this.#counts.rows);
  }

  #day({ hcode, serviceDate }: ImportedCode): void {
    const days = this.#days.get(hcode) ?? new Set();
    this.#days.set(hcode, days.add(serviceDate));
  }

  #bad(row: number, faults: readonly ReportFault[]): void {
    this.#counts.bad += 1;
    this.#options.onBad(row, faults);
  }
}

/** Two lines of one file, or of two, that cannot both be right. */
const OF_ANOTHER: ReportFault = {
  column: 'CLAIM CODE',
  expected: {
    en: 'expected a code that no other person or day has in a report; look the code up at NHSO',
    th: 'รหัสนี้มีอยู่แล้วในรายงานของบุคคลอื่นหรือวันอื่น ให้ตรวจสอบรหัสนี้ที่ สปสช.',
  },
};
