/** Any HIS that keeps its visits in a SQL database; what is peculiar to one stands in its `HisTables`. */

import { sql } from 'kysely';
import {
  addDays,
  type Instant,
  type ServiceDate,
  serviceDateOf,
  timeOfDay,
} from '../../../src/domain/bangkok.ts';
import { isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { Visit } from '../../../src/domain/visit.ts';
import type { Finding } from '../../../src/service/ports/finding.ts';
import type {
  ChangeListener,
  ChangeWatch,
  HisAdapter,
  UndoRequest,
  WriteBackOutcome,
  WriteBackRequest,
} from '../../../src/service/ports/his.ts';
import type { SqlHisOptions } from '../options.ts';
import { checkCapture, openCapture } from './capture/capture.ts';
import type { LogOptions } from './capture/open-log.ts';
import type { SqlDatabase, SqlRow } from './database.ts';
import type { SqlText } from './dialect.ts';
import type { Layout } from './layout.ts';
import { openSql } from './open.ts';
import type { CodeWriter, HisTables, VisitQueries } from './tables.ts';

/** A HIS is upgraded, and its accounts get grants, while the bridge runs. */
const LAYOUT_MAX_AGE_MS = 10 * 60_000;

/** Keys in one query. */
const KEYS = 512;

/** What follows from the tables as they were found. */
interface Known<L> {
  layout: L;
  queries: VisitQueries;
  writer: CodeWriter;
}

export class SqlHis<L extends Layout> implements HisAdapter {
  readonly hcode: string;
  readonly #options: SqlHisOptions;
  readonly #tables: HisTables<L>;
  readonly #db: SqlDatabase;
  #known: { read: Promise<Known<L>>; at: number } | null = null;
  #unnumberedTold = 0;

  constructor(options: SqlHisOptions, tables: HisTables<L>) {
    this.hcode = options.hcode;
    this.#options = options;
    this.#tables = tables;
    this.#db = openSql(options);
  }

  async visitsFrom(from: Instant, until: Instant): Promise<Visit[]> {
    const first = serviceDateOf(from);
    const visits: Visit[] = [];
    for (let date = first; date <= serviceDateOf(until); date = addDays(date, 1)) {
      visits.push(
        ...(await this.#read((q) => q.ofDay(date, date === first ? timeOfDay(from) : undefined), date)),
      );
    }
    return visits;
  }

  async newVisits(from: Instant, until: Instant, isSettled: (vn: string) => boolean): Promise<Visit[]> {
    const [first, last] = [serviceDateOf(from), serviceDateOf(until)];
    const rows = await this.#query((q) => q.numbers(from, last));
    const keys = rows
      .filter((row) => !isSettled(String(row.vn).trim()))
      .map((row) => String(row.key ?? row.vn));
    const visits: Visit[] = [];
    for (let i = 0; i < keys.length; i += KEYS) {
      visits.push(...(await this.#read((q) => q.byKeys(keys.slice(i, i + KEYS)), last)));
    }
    // a number of today on a visit of another day: that day's business
    return visits.filter((v) => v.serviceDate >= first && v.serviceDate <= last);
  }

  async countOn(date: ServiceDate): Promise<number> {
    return Number((await this.#query((q) => q.count(date)))[0]?.n);
  }

  async visitsOn(date: ServiceDate): Promise<Visit[]> {
    const dated = await this.#read((q) => q.ofDay(date), date);
    const strays = await this.#read((q) => q.strays(date), date);
    return [...dated, ...strays];
  }

  async digestOf(date: ServiceDate): Promise<string> {
    const { queries } = await this.#current();
    const digests: string[] = [];
    for (const statement of queries.digests(date)) {
      digests.push(String((await this.#query(() => statement))[0]?.digest ?? ''));
    }
    return digests.join('/');
  }

  async visit(vn: string): Promise<Visit | null> {
    const [visit] = await this.#read((q) => q.byVn(vn), serviceDateOf(Date.now()));
    return visit ?? null;
  }

  async visitsWithoutCode(date: ServiceDate): Promise<Visit[]> {
    return this.#read((q) => q.withoutCode(date), date);
  }

  async writeBack(request: WriteBackRequest): Promise<WriteBackOutcome> {
    return (await this.#current()).writer.write(request);
  }

  async undoWriteBack(request: UndoRequest): Promise<boolean> {
    return (await this.#current()).writer.undo(request);
  }

  watch(listener: ChangeListener): ChangeWatch | null {
    const capture = this.#capture();
    return capture === null ? null : openCapture(capture, listener);
  }

  async now(): Promise<Instant> {
    const { rows } = await this.#db.run(sql`select ${this.#db.dialect.epochMs} as now`);
    return Number(rows[0]?.now);
  }

  async check(): Promise<Finding[]> {
    const findings = await this.#tables.check(this.#db);
    const capture = this.#capture();
    const isThere = findings.every(({ check, level }) => check !== 'his-reachable' || level !== 'fail');
    return capture === null || !isThere ? findings : [...findings, await checkCapture(capture)];
  }

  async close(): Promise<void> {
    await this.#db.close();
  }

  /** Null where it is not configured. */
  #capture(): LogOptions | null {
    const { changeCapture = false, pglite, url } = this.#options;
    const tables = this.#tables.watched ?? [];
    // a PGlite has no log
    if (!changeCapture || tables.length === 0 || pglite !== undefined) return null;
    return { url, tables, db: this.#db };
  }

  async #read(of: (queries: VisitQueries) => SqlText | null, askedFor: ServiceDate): Promise<Visit[]> {
    const rows = await this.#query(of);
    const { visits, unnumbered } = this.#tables.toVisits(rows, askedFor);
    this.#tell(unnumbered, askedFor);
    return visits;
  }

  async #query(of: (queries: VisitQueries) => SqlText | null): Promise<SqlRow[]> {
    const statement = of((await this.#current()).queries);
    if (statement === null) return [];
    try {
      return (await this.#db.run(statement)).rows;
    } catch (error) {
      // a column or a grant may have gone since the layout was read
      if (isBridgeError(error, 'his-schema', 'his-denied')) this.#known = null;
      throw error;
    }
  }

  async #current(): Promise<Known<L>> {
    const now = performance.now();
    if (this.#known === null || now - this.#known.at > LAYOUT_MAX_AGE_MS) {
      this.#known = { read: this.#readTables(), at: now };
    }
    try {
      return await this.#known.read;
    } catch (error) {
      this.#known = null;
      throw error;
    }
  }

  async #readTables(): Promise<Known<L>> {
    const layout = await this.#tables.readLayout(this.#db);
    const queries = this.#tables.queries(layout, this.#db.dialect);
    return { layout, queries, writer: this.#tables.writer(this.#db, layout) };
  }

  /** Rows without a visit number can be no case; they are counted, and told of once a number. */
  #tell(unnumbered: number, date: ServiceDate): void {
    if (unnumbered > this.#unnumberedTold) {
      this.#options.log?.warn(
        { hcode: this.hcode, date, rows: unnumbered },
        'rows of the HIS without a visit number: no case',
      );
    }
    this.#unnumberedTold = Math.max(unnumbered, this.#unnumberedTold);
  }
}
