/** What `SqlHis` must be told of one HIS: where its visits stand, how a row is read, and how a code goes into it. */

import type { Instant, ServiceDate } from '../../../src/domain/bangkok.ts';
import type { Visit } from '../../../src/domain/visit.ts';
import type { Finding } from '../../../src/service/ports/finding.ts';
import type { UndoRequest, WriteBackOutcome, WriteBackRequest } from '../../../src/service/ports/his.ts';
import type { SqlDatabase, SqlRow } from './database.ts';
import type { SqlDialect, SqlText } from './dialect.ts';
import type { Layout } from './layout.ts';

export interface HisTables<L extends Layout> {
  /** What change capture listens to, lower case: a change in one of them may be a change of a visit. None: it listens to nothing. */
  readonly watched?: readonly string[];
  /** Throws `his-schema` when something required is missing or may not be read. */
  readLayout(db: SqlDatabase): Promise<L>;
  queries(layout: L, dialect: SqlDialect): VisitQueries;
  /**
   * One visit a visit number, in order of time. Never throws: a row that cannot be understood becomes a visit with a
   * `problem`. `askedFor` is the service date of a row whose own date cannot be read.
   */
  toVisits(rows: readonly SqlRow[], askedFor: ServiceDate): Told;
  writer(db: SqlDatabase, layout: L): CodeWriter;
  /** The lines of `doctor`. */
  check(db: SqlDatabase): Promise<Finding[]>;
}

export interface Told {
  visits: Visit[];
  /** Rows without a visit number, of which no case can be made. */
  unnumbered: number;
}

/** Each is one statement that enters the table of visits by an index. */
export interface VisitQueries {
  /** Visits of one service date, from a time of day (`HH:MM:SS`) on. One without a time always belongs. */
  ofDay(date: ServiceDate, fromTime?: string): SqlText;
  /** Visits that belong to the date but whose own date is missing, which nothing else would find; null: there are none. */
  strays(date: ServiceDate): SqlText | null;
  /**
   * What is new at the least cost, from a moment to the end of a day: rows with `vn`, and with `key` where `byKeys` wants
   * another one. It may miss rows, and may name too many.
   */
  numbers(from: Instant, until: ServiceDate): SqlText;
  /** At least one. */
  byKeys(keys: readonly string[]): SqlText;
  byVn(vn: string): SqlText;
  /** One row, `n`: how many stand on the date. */
  count(date: ServiceDate): SqlText;
  /** Visits of the date that hold no code. */
  withoutCode(date: ServiceDate): SqlText;
  /** Each one row, `digest`: a text that changes with any value that a visit of the date is made of. */
  digests(date: ServiceDate): readonly SqlText[];
}

/** Rule 3, "never overwrite": see `WriteBackResult`. */
export interface CodeWriter {
  write(request: WriteBackRequest): Promise<WriteBackOutcome>;
  /** True when the row still held the code and now holds its old value again. */
  undo(request: UndoRequest): Promise<boolean>;
}

/**
 * The keys of one query, filled up to a power of two with the last one: a driver keeps a prepared statement for each
 * length that it has met.
 */
export function filled(keys: readonly string[]): string[] {
  const length = 2 ** Math.ceil(Math.log2(keys.length));
  return Array.from({ length }, (_, i) => keys[Math.min(i, keys.length - 1)] ?? '');
}
