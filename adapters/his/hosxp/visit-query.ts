/**
 * The one query for visits, in its variants. `ovst` is always entered through an index: by bare `vstdate` and
 * `vsttime`, or by `vn`. Most sites index `vstdate` alone, so that a range of time reads the rows of the whole day; a
 * range of `vn`, which begins with date and time, reads the newest only. A function over either column would read the whole table (over a second at 5 million rows).
 */

import { sql } from 'kysely';
import {
  addDays,
  type Instant,
  type ServiceDate,
  serviceDateOf,
  timeOfDay,
} from '../../../src/domain/bangkok.ts';
import type { SqlDialect, SqlText } from '../sql/dialect.ts';
import { filled, type VisitQueries } from '../sql/tables.ts';
import type { HosxpLayout } from './layout.ts';

/** What `to-visit.ts` reads; a visit can come in several rows when HOSxP's own log holds several lines of it. */
export const VISIT_FIELDS = [
  'vn',
  'hn',
  'an',
  'vstdate',
  'vsttime',
  'pttype',
  'hospmain',
  'hospsub',
  'status',
  'department',
  'department_name',
  'patient_hn',
  'cid',
  'pname',
  'fname',
  'lname',
  'birthday',
  'sex',
  'nationality',
  'mobile_phone_number',
  'hometel',
  'informtel',
  'right_name',
  'scheme',
  'row_pttype',
  'code',
  'locked',
  'logged_code',
  'logged_type',
  'logged_pid',
  'logged_date',
  'logged_time',
] as const;

export type VisitField = (typeof VISIT_FIELDS)[number];
export type VisitRow = Readonly<Record<VisitField, string | number | null>>;

export class VisitQuery implements VisitQueries {
  readonly #fields: Readonly<Record<VisitField, SqlText>>;
  readonly #from: SqlText;
  readonly #dialect: SqlDialect;
  readonly #layout: HosxpLayout;

  constructor(layout: HosxpLayout, dialect: SqlDialect) {
    this.#layout = layout;
    this.#dialect = dialect;
    this.#fields = fieldsOf(layout, dialect);
    this.#from = fromClause(layout);
  }

  /** Visits of one service date, from a time of day (`HH:MM:SS`) on. One without a time always belongs. */
  ofDay(date: ServiceDate, fromTime?: string): SqlText {
    return this.#select(
      fromTime === undefined
        ? onDay(date)
        : sql`${onDay(date)} and (o.vsttime >= ${fromTime} or o.vsttime is null)`,
    );
  }

  /** Visits whose number belongs to the date, but whose date is missing; nothing else would ever find them. */
  strays(date: ServiceDate): SqlText {
    return this.#select(this.#isStray(date));
  }

  byVn(vn: string): SqlText {
    return this.#select(sql`o.vn = ${vn}`);
  }

  /** HOSxP's own key of a visit is its number. */
  byKeys(vns: readonly string[]): SqlText {
    return this.#select(sql`o.vn in (${sql.join(filled(vns))})`);
  }

  /** Numbers that HOSxP gave from a moment on, up to the end of a day; the index over `vn` answers alone. */
  numbers(from: Instant, until: ServiceDate): SqlText {
    const first = `${vnPrefix(serviceDateOf(from))}${timeOfDay(from).replaceAll(':', '')}`;
    return sql`select o.vn as vn from ovst o where o.vn >= ${first} and o.vn <= ${lastVn(until)}`;
  }

  /** Rows of the date; an index over `vstdate` answers alone. */
  count(date: ServiceDate): SqlText {
    return sql`select count(*) as n from ovst o where ${onDay(date)}`;
  }

  /** Visits of the date that hold no code, neither in their right's row nor in HOSxP's own log. */
  withoutCode(date: ServiceDate): SqlText {
    const logged = this.#layout.hasTable('authenhos')
      ? sql` and not exists (select 1 from authenhos l where l.vn = o.vn and l.claim_code <> '')`
      : sql``;
    return this.#select(sql`${onDay(date)} and coalesce(trim(${this.#fields.code}), '') = ''${logged}`);
  }

  /** Of the day's visits, and of those whose date is missing. */
  digests(date: ServiceDate): SqlText[] {
    return [this.#digestOf(onDay(date)), this.#digestOf(this.#isStray(date))];
  }

  #select(where: SqlText): SqlText {
    const fields = VISIT_FIELDS.map((name) => sql`${this.#fields[name]} as ${sql.ref(name)}`);
    return sql`select ${sql.join(fields)} ${this.#from} where ${where}`;
  }

  #digestOf(where: SqlText): SqlText {
    const all = VISIT_FIELDS.map((name) => this.#fields[name]);
    return sql`select ${this.#dialect.fingerprint(all)} as digest ${this.#from} where ${where}`;
  }

  #isStray(date: ServiceDate): SqlText {
    return sql`o.vn >= ${vnPrefix(date)} and o.vn <= ${lastVn(date)} and ${this.#dialect.isNoDate(sql`o.vstdate`)}`;
  }
}

/** HOSxP's dates are Gregorian; a program beside it that writes Buddhist years must not make visits disappear. */
function onDay(date: ServiceDate): SqlText {
  return sql`o.vstdate in (${sql.join([date, ...buddhist(date)])})`;
}

/** The same day and month in the Buddhist year; none for a 29 February that its number does not have. */
function buddhist(date: ServiceDate): string[] {
  const text = `${Number(date.slice(0, 4)) + 543}${date.slice(4)}`;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text) ? [text] : [];
}

/** The date in a HOSxP visit number: Buddhist `yymmdd`. */
export function vnPrefix(date: ServiceDate): string {
  const at = addDays(date, 0);
  return `${String((Number(at.slice(0, 4)) + 543) % 100).padStart(2, '0')}${at.slice(5, 7)}${at.slice(8, 10)}`;
}

function lastVn(date: ServiceDate): string {
  return `${vnPrefix(date)}9999999`;
}

function fieldsOf(layout: HosxpLayout, dialect: SqlDialect): Record<VisitField, SqlText> {
  const text = (value: SqlText): SqlText => dialect.asText(value);
  const o = (column: string): SqlText => layout.ref('o', 'ovst', column);
  const p = (column: string): SqlText => layout.ref('p', 'patient', column);
  const log = (column: string): SqlText =>
    layout.hasTable('authenhos') ? layout.ref('h', 'authenhos', column) : sql`null`;
  /** Of the row of the visit's own right; of the main one where the visit's own has none. */
  const right = (column: string): SqlText => {
    const own = layout.ref('a', 'visit_pttype', column);
    if (!layout.has('visit_pttype', 'pttype_number')) return own;
    return sql`case when a.vn is not null then ${own} else ${layout.ref('b', 'visit_pttype', column)} end`;
  };
  return {
    vn: o('vn'),
    hn: o('hn'),
    an: o('an'),
    vstdate: text(o('vstdate')),
    vsttime: text(o('vsttime')),
    pttype: o('pttype'),
    hospmain: firstOf(right('hospmain'), o('hospmain')),
    hospsub: firstOf(right('hospsub'), o('hospsub')),
    status: o('ovstost'),
    department: department(layout),
    department_name: layout.hasTable('kskdepartment')
      ? layout.ref('d', 'kskdepartment', 'department')
      : sql`null`,
    patient_hn: p('hn'),
    cid: p('cid'),
    pname: p('pname'),
    fname: p('fname'),
    lname: p('lname'),
    birthday: text(p('birthday')),
    sex: p('sex'),
    nationality: p('nationality'),
    mobile_phone_number: p('mobile_phone_number'),
    hometel: p('hometel'),
    informtel: p('informtel'),
    right_name: layout.ref('t', 'pttype', 'name'),
    scheme: layout.ref('t', 'pttype', 'hipdata_code'),
    row_pttype: right('pttype'),
    code: right(layout.codeColumn),
    locked: right('confirm_and_locked'),
    logged_code: log('claim_code'),
    logged_type: log('claim_type'),
    logged_pid: log('pid'),
    logged_date: text(log('created_date')),
    logged_time: text(log('created_time')),
  };
}

function fromClause(layout: HosxpLayout): SqlText {
  const parts = [
    sql`from ovst o`,
    sql`left join patient p on p.hn = o.hn`,
    sql`left join pttype t on t.pttype = o.pttype`,
    sql`left join visit_pttype a on a.vn = o.vn and a.pttype = o.pttype`,
  ];
  if (layout.has('visit_pttype', 'pttype_number')) {
    parts.push(sql`left join visit_pttype b on a.vn is null and b.vn = o.vn and b.pttype_number = 1`);
  }
  if (layout.hasTable('authenhos'))
    parts.push(sql`left join authenhos h on h.vn = o.vn and h.claim_code <> ''`);
  if (layout.hasTable('kskdepartment')) {
    parts.push(sql`left join kskdepartment d on d.depcode = ${department(layout)}`);
  }
  return sql.join(parts, sql` `);
}

function department(layout: HosxpLayout): SqlText {
  return firstOf(layout.ref('o', 'ovst', 'main_dep'), layout.ref('o', 'ovst', 'cur_dep'));
}

/** The first of two texts that holds something. */
function firstOf(first: SqlText, second: SqlText): SqlText {
  return sql`coalesce(nullif(${first}, ''), ${second})`;
}
