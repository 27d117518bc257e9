/** Any other HIS, by configuration alone: its SQL texts, the names of their columns, its words and its dates. */

import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import {
  addDays,
  type Instant,
  type ServiceDate,
  serviceDateOf,
  startOfServiceDate,
} from '../../../src/domain/bangkok.ts';
import { BridgeError, isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { Visit } from '../../../src/domain/visit.ts';
import type { Finding } from '../../../src/service/ports/finding.ts';
import type {
  HisAdapter,
  UndoRequest,
  WriteBackOutcome,
  WriteBackRequest,
} from '../../../src/service/ports/his.ts';
import type { QueryOptions } from '../options.ts';
import type { SqlRow, SqlServer } from '../sql/database.ts';
import { openServer } from '../sql/open.ts';
import { checkQuery } from './check.ts';
import { dayValues, stylesOf } from './day-values.ts';
import { FieldMap } from './fields.ts';
import { provedWriter } from './proved-writer.ts';
import { Row } from './row.ts';
import type { Statement, Values } from './statement.ts';
import { readStatements, type Statements } from './statements.ts';
import { type Styles, toVisits } from './to-visit.ts';
import type { Shown, Writer } from './writer.ts';

/** The HIS is upgraded, and its accounts get grants, while the bridge runs. */
const FACTS_MAX_AGE_MS = 10 * 60_000;

/** With more new numbers than this the visits SELECT is cheaper than one look for each. */
const FEW = 50;

export class QueryAdapter implements HisAdapter {
  readonly hcode: string;
  readonly #options: QueryOptions;
  readonly #statements: Statements;
  readonly #styles: Styles;
  readonly #db: SqlServer;
  readonly #fields = new Map<string, FieldMap>();
  #writer: { writer: Promise<Writer>; at: number } | null = null;
  /** False: the engine does not take the visits SELECT as a table (ORDER BY or WITH on SQL Server, a column twice). */
  #isTable: { value: boolean; at: number } = { value: true, at: 0 };
  #unnumberedTold = 0;

  /** Throws BridgeError `config` when a SELECT breaks a rule. */
  constructor(options: QueryOptions) {
    this.hcode = options.hcode;
    this.#options = options;
    this.#statements = readStatements(options);
    this.#styles = stylesOf(options.dates);
    this.#db = openServer(options);
  }

  async visitsFrom(from: Instant, until: Instant): Promise<Visit[]> {
    const visits: Visit[] = [];
    for (const { date, begin } of daysOf(from, until)) {
      const all = await this.#visitsOf(this.#statements.visits, date, begin);
      // one without a time stands at the start of its day, and always belongs
      visits.push(...all.filter((v) => v.startedAt >= from || v.startedAt === startOfServiceDate(date)));
    }
    return visits;
  }

  async newVisits(from: Instant, until: Instant, isSettled: (vn: string) => boolean): Promise<Visit[]> {
    const { newer } = this.#statements;
    if (newer !== null) {
      const vns = (await this.#newer(newer, from, until)).filter((vn) => !isSettled(vn));
      if (vns.length <= FEW) {
        const visits: Visit[] = [];
        for (const vn of vns) {
          const visit = await this.visit(vn);
          if (visit !== null) visits.push(visit);
        }
        const [first, last] = [serviceDateOf(from), serviceDateOf(until)];
        return visits.filter((v) => v.serviceDate >= first && v.serviceDate <= last);
      }
    }
    return (await this.visitsFrom(from, until)).filter((visit) => !isSettled(visit.vn));
  }

  async countOn(date: ServiceDate): Promise<number> {
    const { visits } = this.#statements;
    const values = dayValues(this.#styles, date);
    const wrapped = await this.#asTable(visits.within(values, (q) => `select count(*) as n from ${q}`));
    return wrapped === null ? (await this.#rows(visits, values)).length : Number(wrapped[0]?.n);
  }

  async visitsOn(date: ServiceDate): Promise<Visit[]> {
    return this.#visitsOf(this.#statements.visits, date);
  }

  async digestOf(date: ServiceDate): Promise<string> {
    const { visits } = this.#statements;
    const values = dayValues(this.#styles, date);
    const fields = this.#fields.get(visits.name);
    if (fields !== undefined) {
      const { dialect } = this.#db;
      const each = fields.all.map((column) => dialect.asText(sql.id('q', column)));
      const { sql: fingerprint } = dialect.compile(dialect.fingerprint(each));
      const rows = await this.#asTable(
        visits.within(values, (q) => `select ${fingerprint} as digest from ${q}`),
      );
      if (rows !== null) return String(rows[0]?.digest ?? '');
    }
    return digestOf(await this.#rows(visits, values), this.#fieldsOf(visits));
  }

  async visit(vn: string): Promise<Visit | null> {
    const rows = await this.#rows(this.#statements.visit, { vn });
    const fields = this.#fieldsOf(this.#statements.visit);
    const { visits } = toVisits(rows, this.#context(fields), serviceDateOf(Date.now()));
    return visits.find((visit) => visit.vn === vn) ?? null;
  }

  async visitsWithoutCode(date: ServiceDate): Promise<Visit[]> {
    const { missing, visits } = this.#statements;
    const all = await this.#visitsOf(missing ?? visits, date);
    return missing === null ? all.filter((v) => v.code === null && v.loggedCode === null) : all;
  }

  async writeBack(request: WriteBackRequest): Promise<WriteBackOutcome> {
    return this.#writing((writer) => writer.write(request));
  }

  async undoWriteBack(request: UndoRequest): Promise<boolean> {
    return this.#writing((writer) => writer.undo(request));
  }

  watch(): null {
    return null;
  }

  async now(): Promise<Instant> {
    const { rows } = await this.#db.run(sql`select ${this.#db.dialect.epochMs} as now`);
    return Number(rows[0]?.now);
  }

  async check(): Promise<Finding[]> {
    return checkQuery({
      db: this.#db,
      options: this.#options,
      statements: this.#statements,
      styles: this.#styles,
    });
  }

  async close(): Promise<void> {
    await this.#db.close();
  }

  async #visitsOf(statement: Statement, date: ServiceDate, from?: Instant): Promise<Visit[]> {
    const rows = await this.#rows(statement, dayValues(this.#styles, date, from));
    const { visits, unnumbered } = toVisits(rows, this.#context(this.#fieldsOf(statement)), date);
    this.#tell(unnumbered, date);
    // a row of another day is that day's business
    return visits.filter((visit) => visit.serviceDate === date);
  }

  async #newer(newer: Statement, from: Instant, until: Instant): Promise<string[]> {
    const vns = new Set<string>();
    const column = (this.#options.columns.vn ?? 'vn').toLowerCase();
    for (const { date, begin } of daysOf(from, until)) {
      const { rows, columns = [] } = await this.#db.run(newer.bind(dayValues(this.#styles, date, begin)));
      const name = columns.find((one) => one.toLowerCase() === column);
      if (name === undefined)
        throw new BridgeError('his-schema', `"newer" has no column ${column}`, { retry: 'no' });
      for (const row of rows) {
        const vn = String(row[name] ?? '').trim();
        if (vn !== '') vns.add(vn);
      }
    }
    return [...vns];
  }

  /** What the `visit` SELECT shows, for a write. */
  async #look(vn: string): Promise<Shown | null> {
    const { visit } = this.#statements;
    const found = await this.#rows(visit, { vn });
    const fields = this.#fieldsOf(visit);
    const rows = found.map((row) => new Row(row, fields)).filter((row) => row.text('vn') === vn);
    const [first] = rows;
    if (first === undefined) return null;
    const keysOf = (row: Row): Record<string, string | null> =>
      Object.fromEntries(fields.keys.map((key) => [key, row.key(key)]));
    const codes = [...new Set(rows.flatMap((row) => row.text('code') ?? []))];
    if (new Set(rows.map((row) => JSON.stringify(keysOf(row)))).size > 1) {
      const message = `"visit" gives ${rows.length} rows for one visit that differ in ${fields.keys.join(', ')}`;
      throw new BridgeError('his-schema', message, { retry: 'no' });
    }
    const locked = first.text('locked');
    return {
      codes,
      isLocked: locked !== null && this.#options.values.locked.includes(locked),
      keys: keysOf(first),
    };
  }

  async #writing<T>(use: (writer: Writer) => Promise<T>): Promise<T> {
    const now = performance.now();
    if (this.#writer === null || now - this.#writer.at > FACTS_MAX_AGE_MS) {
      const parts = { db: this.#db, statements: this.#statements };
      const writer = provedWriter({
        ...parts,
        look: (vn) => this.#look(vn),
        written: (at) => this.#styles.issuedAt.write(at),
      });
      this.#writer = { writer, at: now };
    }
    try {
      return await use(await this.#writer.writer);
    } catch (error) {
      // a column, a key or a grant may have come or gone since
      this.#writer = null;
      throw error;
    }
  }

  async #rows(statement: Statement, values: Values): Promise<SqlRow[]> {
    const { rows, columns = [] } = await this.#db.run(statement.bind(values));
    const known = this.#fields.get(statement.name);
    if (known === undefined || !known.isOf(columns)) {
      const fields = new FieldMap(columns, this.#options.columns);
      if (fields.missing.length > 0) {
        const message = `"${statement.name}" has no column ${fields.missing.join(', ')}`;
        throw new BridgeError('his-schema', message, { retry: 'no' });
      }
      this.#fields.set(statement.name, fields);
    }
    return rows;
  }

  #fieldsOf(statement: Statement): FieldMap {
    const fields = this.#fields.get(statement.name);
    if (fields === undefined) throw new Error(`${statement.name} has not been run`);
    return fields;
  }

  #context(fields: FieldMap): Parameters<typeof toVisits>[1] {
    return { hcode: this.hcode, fields, styles: this.#styles, words: this.#options.values };
  }

  /** Null where the engine does not take the SELECT as a table; it is then counted here. */
  async #asTable(statement: Parameters<SqlServer['run']>[0]): Promise<SqlRow[] | null> {
    const now = performance.now();
    if (!this.#isTable.value && now - this.#isTable.at < FACTS_MAX_AGE_MS) return null;
    try {
      return (await this.#db.run(statement)).rows;
    } catch (error) {
      if (!isBridgeError(error, 'his-schema')) throw error;
      this.#isTable = { value: false, at: now };
      return null;
    }
  }

  /** Rows without a visit number can be no case; they are counted, and told of once a number. */
  #tell(unnumbered: number, date: ServiceDate): void {
    if (unnumbered > this.#unnumberedTold) {
      const about = { hcode: this.hcode, date, rows: unnumbered };
      this.#options.log?.warn(about, 'rows without a visit number: no case');
    }
    this.#unnumberedTold = Math.max(unnumbered, this.#unnumberedTold);
  }
}

/** The service dates of a span, each with the moment from which it is looked at. */
function daysOf(from: Instant, until: Instant): { date: ServiceDate; begin: Instant }[] {
  const days: { date: ServiceDate; begin: Instant }[] = [];
  for (let date = serviceDateOf(from); date <= serviceDateOf(until); date = addDays(date, 1)) {
    days.push({ date, begin: Math.max(from, startOfServiceDate(date)) });
  }
  return days;
}

/** The order of rows does not matter. */
function digestOf(rows: readonly SqlRow[], fields: FieldMap): string {
  const each = rows
    .map((row) => JSON.stringify(fields.all.map((column) => String(row[column] ?? ''))))
    .sort();
  return createHash('sha256').update(each.join('\n')).digest('base64url');
}
