/**
 * The one query for visits, in its variants. `visit` is always entered by its date or by its key (`pcucode`, `visitno`),
 * never by `pcucode` alone: a unit is the whole table. On InnoDB the index over `visitdate` holds the key too, so that the
 * count of a day and the numbers of the newest visits touch no row of the table at all.
 */

import { sql } from 'kysely';
import { type Instant, type ServiceDate, serviceDateOf } from '../../../src/domain/bangkok.ts';
import type { SqlDialect, SqlText } from '../sql/dialect.ts';
import type { Layout } from '../sql/layout.ts';
import { filled, type VisitQueries } from '../sql/tables.ts';
import type { NumberMark } from './number-mark.ts';

/** What `to-visit.ts` reads; one row is one visit. */
export const VISIT_FIELDS = [
  'visitno',
  'pcucode',
  'pcucodeperson',
  'pid',
  'visitdate',
  'timestart',
  'rightcode',
  'hosmain',
  'hossub',
  'main_inscl',
  'flag',
  'updated',
  'code',
  'person_pid',
  'idcard',
  'prename',
  'title',
  'fname',
  'lname',
  'birth',
  'sex',
  'nation',
  'mobile',
  'telephoneperson',
  'right_name',
] as const;

export type VisitField = (typeof VISIT_FIELDS)[number];
export type VisitRow = Readonly<Record<VisitField, string | number | null>>;

/** `dateupdate` moves whenever a doctor saves something; what a visit is made of does not. */
const DIGESTED = VISIT_FIELDS.filter((name) => name !== 'updated');

/** A visit number is an `int` without leading zeros. MariaDB would take any text that begins with one for it. */
export function isVisitNumber(vn: string): boolean {
  return /^(0|[1-9]\d{0,9})$/.test(vn);
}

export class VisitQuery implements VisitQueries {
  readonly #fields: Readonly<Record<VisitField, SqlText>>;
  readonly #from: SqlText;
  readonly #dialect: SqlDialect;
  readonly #layout: Layout;
  readonly #pcucode: string;
  readonly #mark: NumberMark;

  constructor(layout: Layout, dialect: SqlDialect, pcucode: string, mark: NumberMark) {
    this.#layout = layout;
    this.#dialect = dialect;
    this.#pcucode = pcucode;
    this.#mark = mark;
    this.#fields = fieldsOf(layout, dialect);
    this.#from = fromClause(layout);
  }

  ofDay(date: ServiceDate, fromTime?: string): SqlText {
    if (fromTime === undefined) this.#mark.readsDay(date);
    const start = this.#layout.ref('v', 'visit', 'timestart');
    return this.#select(
      fromTime === undefined
        ? this.#onDay(date)
        : sql`${this.#onDay(date)} and (${start} >= ${fromTime} or ${start} is null)`,
    );
  }

  byVn(vn: string): SqlText {
    return this.byKeys([vn]);
  }

  byKeys(keys: readonly string[]): SqlText {
    const numbers = keys.filter(isVisitNumber);
    if (numbers.length === 0) return this.#select(sql`1 = 0`);
    return this.#select(sql`${this.#isInKey()} and v.visitno in (${sql.join(filled(numbers))})`);
  }

  /** Numbers of the visits of the window's dates, without those that were there before it. */
  numbers(from: Instant, until: ServiceDate): SqlText {
    const dates = sql.join([...new Set([serviceDateOf(from), until])].flatMap(spellings));
    const mark = this.#mark.before(from, until);
    // by the key alone, or by the date alone: of both the server might make a filter, which reads the whole day each time
    const where =
      mark === null
        ? sql`v.visitdate in (${dates}) and ${this.#isOfUnit()}`
        : sql`${this.#isInKey()} and v.visitno > ${String(mark)}
            and ${this.#dialect.asText(sql`v.visitdate`)} in (${dates})`;
    return sql`select v.visitno as vn from visit v where ${where}`;
  }

  /** Rows of the date; on InnoDB the index over `visitdate` answers alone. */
  count(date: ServiceDate): SqlText {
    return sql`select count(*) as n from visit v where ${this.#onDay(date)}`;
  }

  /** Visits of the date that hold no code. A claim type (`PG…`) in the code's place is none. */
  withoutCode(date: ServiceDate): SqlText {
    const code = this.#fields.code;
    return this.#select(
      sql`${this.#onDay(date)} and (coalesce(trim(${code}), '') = '' or trim(${code}) like 'PG%')`,
    );
  }

  digests(date: ServiceDate): SqlText[] {
    return [this.#digestOf(this.#onDay(date)), this.#digestOf(this.#isStray(date))];
  }

  /** Visits without a date that were last touched on this one; nothing else would ever find them. */
  strays(date: ServiceDate): SqlText {
    return this.#select(this.#isStray(date));
  }

  #select(where: SqlText): SqlText {
    const fields = VISIT_FIELDS.map((name) => sql`${this.#fields[name]} as ${sql.ref(name)}`);
    return sql`select ${sql.join(fields)} ${this.#from} where ${where}`;
  }

  #digestOf(where: SqlText): SqlText {
    const all = DIGESTED.map((name) => this.#fields[name]);
    return sql`select ${this.#dialect.fingerprint(all)} as digest ${this.#from} where ${where}`;
  }

  #onDay(date: ServiceDate): SqlText {
    return sql`v.visitdate in (${sql.join(spellings(date))}) and ${this.#isOfUnit()}`;
  }

  /** For what is entered by the date: `pcucode` is only compared. */
  #isOfUnit(): SqlText {
    return sql`concat(v.pcucode) = ${this.#pcucode}`;
  }

  /**
   * For what may be entered by the key. Not as `v.pcucode = …`: MyISAM often knows nothing of how many rows that are, guesses
   * few, and reads the whole unit. Of a range it looks up how many there are.
   */
  #isInKey(): SqlText {
    return sql`v.pcucode >= ${this.#pcucode} and v.pcucode <= ${this.#pcucode}`;
  }

  #isStray(date: ServiceDate): SqlText {
    const updated = this.#layout.ref('v', 'visit', 'dateupdate');
    const isOfDate = sql.join(
      spellings(date).map(
        (day) => sql`(${updated} >= ${`${day} 00:00:00`} and ${updated} <= ${`${day} 23:59:59`})`,
      ),
      sql` or `,
    );
    return sql`${this.#dialect.isNoDate(sql`v.visitdate`)} and (${isOfDate}) and ${this.#isOfUnit()}`;
  }
}

/** JHCIS's dates are Gregorian; a program beside it that writes Buddhist years must not make visits disappear. */
function spellings(date: ServiceDate): string[] {
  const buddhist = `${Number(date.slice(0, 4)) + 543}${date.slice(4)}`;
  const ms = Date.parse(`${buddhist}T00:00:00Z`);
  // none for a 29 February that its number does not have
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(buddhist) ? [date, buddhist] : [date];
}

function fieldsOf(layout: Layout, dialect: SqlDialect): Record<VisitField, SqlText> {
  const v = (column: string): SqlText => layout.ref('v', 'visit', column);
  const p = (column: string): SqlText => layout.ref('p', 'person', column);
  return {
    visitno: v('visitno'),
    pcucode: v('pcucode'),
    pcucodeperson: v('pcucodeperson'),
    pid: v('pid'),
    visitdate: dialect.asText(v('visitdate')),
    timestart: dialect.asText(v('timestart')),
    rightcode: v('rightcode'),
    hosmain: v('hosmain'),
    hossub: v('hossub'),
    main_inscl: v('main_inscl'),
    flag: v('flagservice'),
    updated: dialect.asText(v('dateupdate')),
    code: v('claimcode_nhso'),
    person_pid: p('pid'),
    idcard: p('idcard'),
    prename: p('prename'),
    title: layout.hasTable('ctitle') ? layout.ref('t', 'ctitle', 'titlename') : sql`null`,
    fname: p('fname'),
    lname: p('lname'),
    birth: dialect.asText(p('birth')),
    sex: p('sex'),
    nation: p('nation'),
    mobile: p('mobile'),
    telephoneperson: p('telephoneperson'),
    right_name: layout.hasTable('cright') ? layout.ref('r', 'cright', 'rightname') : sql`null`,
  };
}

function fromClause(layout: Layout): SqlText {
  const parts = [
    sql`from visit v`,
    sql`left join person p on p.pcucodeperson = v.pcucodeperson and p.pid = v.pid`,
  ];
  if (layout.has('cright', 'rightcode')) parts.push(sql`left join cright r on r.rightcode = v.rightcode`);
  if (layout.has('ctitle', 'titlecode') && layout.has('person', 'prename')) {
    parts.push(sql`left join ctitle t on t.titlecode = p.prename`);
  }
  return sql.join(parts, sql` `);
}
