/** HOSxP on MariaDB, MySQL and PostgreSQL. */

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
  HisAdapter,
  UndoRequest,
  WriteBackOutcome,
  WriteBackRequest,
} from '../../../src/service/ports/his.ts';
import type { HisOptions } from '../options.ts';
import type { SqlDatabase, SqlRow } from '../sql/database.ts';
import type { SqlText } from '../sql/dialect.ts';
import { openSql } from '../sql/open.ts';
import { checkHosxp } from './checks.ts';
import { type CodeColumn, type HosxpLayout, readLayout } from './layout.ts';
import { toVisits } from './to-visit.ts';
import { VisitQuery, type VisitRow } from './visit-query.ts';
import { WriteBack } from './write-back.ts';

/** A HOSxP is upgraded, and its accounts get grants, while the bridge runs. */
const LAYOUT_MAX_AGE_MS = 10 * 60_000;

/** Visit numbers in one query. */
const NUMBERS = 512;

export class HosxpAdapter implements HisAdapter {
  readonly hcode: string;
  readonly #options: HisOptions;
  readonly #db: SqlDatabase;
  readonly #codeColumn: CodeColumn;
  #layout: { read: Promise<HosxpLayout>; at: number } | null = null;
  #writes: { layout: HosxpLayout; writer: WriteBack } | null = null;
  #unnumberedTold = 0;

  constructor(options: HisOptions) {
    this.hcode = options.hcode;
    this.#options = options;
    this.#codeColumn = options.writeBack;
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
    const vns = rows.map((row) => String(row.vn)).filter((vn) => !isSettled(vn.trim()));
    const visits: Visit[] = [];
    for (let i = 0; i < vns.length; i += NUMBERS) {
      visits.push(...(await this.#read((q) => q.byVns(vns.slice(i, i + NUMBERS)), last)));
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
    const digest = async (of: (query: VisitQuery) => SqlText): Promise<string> =>
      String((await this.#query(of))[0]?.digest ?? '');
    return `${await digest((q) => q.digest(date))}/${await digest((q) => q.digestOfStrays(date))}`;
  }

  async visit(vn: string): Promise<Visit | null> {
    const [visit] = await this.#read((q) => q.byVn(vn), serviceDateOf(Date.now()));
    return visit ?? null;
  }

  async visitsWithoutCode(date: ServiceDate): Promise<Visit[]> {
    return this.#read((q) => q.withoutCode(date), date);
  }

  async writeBack(request: WriteBackRequest): Promise<WriteBackOutcome> {
    return (await this.#writer()).write(request);
  }

  async undoWriteBack(request: UndoRequest): Promise<boolean> {
    return (await this.#writer()).undo(request);
  }

  watch(): null {
    return null;
  }

  async now(): Promise<Instant> {
    const { rows } = await this.#db.run(sql`select ${this.#db.dialect.epochMs} as now`);
    return Number(rows[0]?.now);
  }

  async check(): Promise<Finding[]> {
    return checkHosxp(this.#db, { ...this.#options, codeColumn: this.#codeColumn });
  }

  async close(): Promise<void> {
    await this.#db.close();
  }

  async #read(of: (query: VisitQuery) => SqlText, askedFor: ServiceDate): Promise<Visit[]> {
    const rows = (await this.#query(of)) as VisitRow[];
    const { visits, unnumbered } = toVisits(rows, this.#options, askedFor);
    this.#tell(unnumbered, askedFor);
    return visits;
  }

  async #query(of: (query: VisitQuery) => SqlText): Promise<SqlRow[]> {
    const layout = await this.#currentLayout();
    try {
      return (await this.#db.run(of(new VisitQuery(layout, this.#db.dialect)))).rows;
    } catch (error) {
      // a column or a grant may have gone since the layout was read
      if (isBridgeError(error, 'his-schema', 'his-denied')) this.#layout = null;
      throw error;
    }
  }

  async #writer(): Promise<WriteBack> {
    const layout = await this.#currentLayout();
    if (this.#writes?.layout !== layout) {
      const writer = new WriteBack(this.#db, layout, this.#options.writeAuthDateTime);
      this.#writes = { layout, writer };
    }
    return this.#writes.writer;
  }

  async #currentLayout(): Promise<HosxpLayout> {
    const now = performance.now();
    if (this.#layout === null || now - this.#layout.at > LAYOUT_MAX_AGE_MS) {
      this.#layout = { read: readLayout(this.#db, this.#codeColumn), at: now };
    }
    try {
      return await this.#layout.read;
    } catch (error) {
      this.#layout = null;
      throw error;
    }
  }

  /** Rows without a visit number can be no case; they are counted, and told of once a number. */
  #tell(unnumbered: number, date: ServiceDate): void {
    if (unnumbered > this.#unnumberedTold) {
      this.#options.log?.warn(
        { hcode: this.hcode, date, rows: unnumbered },
        'rows of ovst without a vn: no case',
      );
    }
    this.#unnumberedTold = Math.max(unnumbered, this.#unnumberedTold);
  }
}
