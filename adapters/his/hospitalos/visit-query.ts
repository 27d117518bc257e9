/**
 * The queries for visits. `t_visit` is entered by a range of `visit_begin_visit_time`, which is exact, or by a number.
 *
 * A visit's number is `visit_vn` until the patient is admitted: HospitalOS then moves it to `visit_an` and puts the
 * admission's number into `visit_vn`, and moves it back when the admission is undone. The number of the visit, as the
 * bridge knows it, is therefore `visit_an` for an admission that has one there.
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
import { CODES, type HospitalOsLayout, OPTIONAL } from './layout.ts';
import { isAstray, isOnDay, shownAsText } from './times.ts';

/** What `to-visit.ts` reads; a visit comes in several rows when several codes stand for it. */
export const VISIT_FIELDS = [
  'id',
  'vn',
  'hn',
  'an',
  'type',
  'status',
  'begun',
  'recorded',
  'patient_id',
  'pid',
  'prefix',
  'fname',
  'lname',
  'birthday',
  'sex',
  'nationality',
  'mobile',
  'phone',
  'right',
  'right_name',
  'scheme',
  'hospmain',
  'hospsub',
  'code',
  'code_recorded',
  'ipd_code',
] as const;

export type VisitField = (typeof VISIT_FIELDS)[number];
export type VisitRow = Readonly<Record<VisitField, string | number | null>>;

/** What follows from the code of the right: no digest need look it up for each visit. */
const NAMES: ReadonlySet<VisitField> = new Set(['right_name', 'scheme']);

/** `f_visit_type_id`: an admission; and a survey of households, which is no visit to the hospital. */
const ADMISSION = '1';
const SURVEY = 'S';

export class VisitQuery implements VisitQueries {
  readonly #layout: HospitalOsLayout;
  readonly #dialect: SqlDialect;
  readonly #fields: Readonly<Record<VisitField, SqlText>>;
  readonly #from: SqlText;

  constructor(layout: HospitalOsLayout, dialect: SqlDialect) {
    this.#layout = layout;
    this.#dialect = dialect;
    this.#fields = fieldsOf(layout);
    this.#from = fromClause(layout);
  }

  /** Visits of one service date, from a time of day (`HH:MM:SS`) on. One without a time always belongs. */
  ofDay(date: ServiceDate, fromTime?: string): SqlText {
    return this.#select(this.#onDay(date, fromTime));
  }

  /** Of the visits that began from a moment on: their numbers, and the keys of their rows. */
  numbers(from: Instant, until: ServiceDate): SqlText {
    const days: SqlText[] = [];
    for (let date = serviceDateOf(from); date <= until; date = addDays(date, 1)) {
      days.push(this.#onDay(date, days.length === 0 ? timeOfDay(from) : undefined));
    }
    return sql`select ${numberOf(this.#layout)} as vn, v.t_visit_id as key from t_visit v
      where ${sql.join(days, sql` or `)}`;
  }

  byKeys(ids: readonly string[]): SqlText {
    return this.#select(sql`v.t_visit_id in (${sql.join(filled(ids))})`);
  }

  byVn(vn: string): SqlText {
    return this.#select(hasNumber(this.#layout, vn));
  }

  /** Visits of the date. */
  count(date: ServiceDate): SqlText {
    return sql`select count(*) as n from t_visit v where ${this.#onDay(date)}`;
  }

  /** Visits of the date for which no code stands. */
  withoutCode(date: ServiceDate): SqlText {
    return this.#select(
      sql`${this.#onDay(date)} and not ${hasAdmissionCode(this.#layout)} and not exists (
        select 1 from t_nhso_authencode h where ${isCodeOf(this.#layout, 'h')})`,
    );
  }

  /** Visits that no day can find, because their time is none, by the day on which they were recorded. */
  strays(date: ServiceDate): SqlText | null {
    const where = this.#isStray(date);
    return where === null ? null : this.#select(where);
  }

  digests(date: ServiceDate): SqlText[] {
    const strays = this.#isStray(date);
    return [this.#onDay(date), ...(strays === null ? [] : [strays])].map((where) => this.#digestOf(where));
  }

  #select(where: SqlText): SqlText {
    const fields = VISIT_FIELDS.map((name) => sql`${this.#fields[name]} as ${sql.ref(name)}`);
    return sql`select ${sql.join(fields)} ${this.#from} where ${where}`;
  }

  #digestOf(where: SqlText): SqlText {
    const all = VISIT_FIELDS.filter((name) => !NAMES.has(name)).map((name) => this.#fields[name]);
    return sql`select ${this.#dialect.fingerprint(all)} as digest ${this.#from} where ${where}`;
  }

  #onDay(date: ServiceDate, fromTime?: string): SqlText {
    const { column, kind } = this.#time('visit_begin_visit_time');
    return sql`${isOnDay(column, kind, date, fromTime)} and ${isAttended()}`;
  }

  #isStray(date: ServiceDate): SqlText | null {
    if (!this.#layout.has('t_visit', 'visit_record_date_time')) return null;
    const begun = this.#time('visit_begin_visit_time');
    const recorded = this.#time('visit_record_date_time');
    return sql`${isAstray(begun.column, begun.kind, date)}
      and ${isOnDay(recorded.column, recorded.kind, date)} and ${isAttended()}`;
  }

  #time(name: string) {
    return { column: this.#layout.ref('v', 't_visit', name), kind: this.#layout.kindOf('t_visit', name) };
  }
}

/** A row whose type is missing is a visit all the same. */
function isAttended(): SqlText {
  return sql`(v.f_visit_type_id is null or v.f_visit_type_id <> ${SURVEY})`;
}

function isAdmitted(layout: HospitalOsLayout): SqlText {
  const an = layout.ref('v', 't_visit', 'visit_an');
  return sql`(v.f_visit_type_id is not distinct from ${ADMISSION} and coalesce(${an}, '') <> '')`;
}

function numberOf(layout: HospitalOsLayout): SqlText {
  if (!layout.has('t_visit', 'visit_an')) return sql`v.visit_vn`;
  return sql`case when ${isAdmitted(layout)} then ${layout.ref('v', 't_visit', 'visit_an')} else v.visit_vn end`;
}

/**
 * The visit of a number. Admissions are looked for only when it is not found otherwise: where `visit_an` has no index,
 * that reads the table.
 */
export function hasNumber(layout: HospitalOsLayout, vn: string): SqlText {
  if (!layout.has('t_visit', 'visit_an')) return sql`v.visit_vn = ${vn}`;
  const isAdmission = isAdmitted(layout);
  const outpatient = sql`from t_visit v where v.visit_vn = ${vn} and not ${isAdmission}`;
  return sql`v.t_visit_id in (
    select v.t_visit_id ${outpatient}
    union all
    select v.t_visit_id from t_visit v where v.visit_an = ${vn} and ${isAdmission}
      and not exists (select 1 ${outpatient}))`;
}

/** A code that stands: not deleted, and something in it. Of an admission it may stand under either number. */
export function isCodeOf(layout: HospitalOsLayout, alias: string): SqlText {
  const code = (column: string): SqlText => layout.ref(alias, CODES, column);
  const numbers = layout.has('t_visit', 'visit_an')
    ? // an array, so that one look into the index finds both
      sql`${code('vn')} = any(array[v.visit_vn, ${numberOf(layout)}])`
    : sql`${code('vn')} = v.visit_vn`;
  return sql`${numbers} and ${isUndeleted(layout, alias)} and trim(${code('claim_code')}) <> ''`;
}

export function isUndeleted(layout: HospitalOsLayout, alias: string): SqlText {
  const deleted = layout.ref(alias, CODES, 'delete_date_time');
  return layout.kindOf(CODES, 'delete_date_time') === 'text'
    ? sql`coalesce(${deleted}, '') = ''`
    : sql`${deleted} is null`;
}

/** The code of an admission that HospitalOS keeps in the visit's own row. */
export function hasAdmissionCode(layout: HospitalOsLayout): SqlText {
  const code = layout.ref('v', 't_visit', 'visit_ipd_authen_code');
  return sql`(v.f_visit_type_id is not distinct from ${ADMISSION} and coalesce(trim(${code}), '') <> '')`;
}

function fieldsOf(layout: HospitalOsLayout): Record<VisitField, SqlText> {
  const of =
    (alias: string, table: string) =>
    (column: string): SqlText =>
      shownAsText(layout.ref(alias, table, column), layout.kindOf(table, column));
  const [v, p, c] = [of('v', 't_visit'), of('p', 't_patient'), of('c', CODES)];
  const y = of('y', 't_visit_payment');
  return {
    id: v('t_visit_id'),
    vn: numberOf(layout),
    hn: v('visit_hn'),
    an: sql`case when v.f_visit_type_id = ${ADMISSION} then v.visit_vn end`,
    type: v('f_visit_type_id'),
    status: v('f_visit_status_id'),
    begun: v('visit_begin_visit_time'),
    recorded: v('visit_record_date_time'),
    patient_id: p('t_patient_id'),
    pid: p('patient_pid'),
    prefix: hasPrefixes(layout)
      ? layout.ref('x', 'f_patient_prefix', 'patient_prefix_description')
      : sql`null`,
    fname: p('patient_firstname'),
    lname: p('patient_lastname'),
    birthday: sql`cast(${layout.ref('p', 't_patient', 'patient_birthday')} as text)`,
    sex: p('f_sex_id'),
    nationality: p('f_patient_nation_id'),
    mobile: p('patient_patient_mobile_phone'),
    phone: p('patient_phone_number'),
    right: hasRights(layout) ? y('b_contract_plans_id') : sql`null`,
    right_name: hasPlans(layout)
      ? layout.ref('k', 'b_contract_plans', 'contract_plans_description')
      : sql`null`,
    scheme: schemeOf(layout),
    hospmain: hasRights(layout) ? y('visit_payment_main_hospital') : sql`null`,
    hospsub: hasRights(layout) ? y('visit_payment_sub_hospital') : sql`null`,
    code: c('claim_code'),
    code_recorded: c('record_date_time'),
    ipd_code: v('visit_ipd_authen_code'),
  };
}

function hasRights(layout: HospitalOsLayout): boolean {
  return layout.has('t_visit_payment', 't_visit_id') && layout.has('t_visit_payment', 'b_contract_plans_id');
}

function hasPlans(layout: HospitalOsLayout): boolean {
  return hasRights(layout) && layout.has('b_contract_plans', 'b_contract_plans_id');
}

function hasPrefixes(layout: HospitalOsLayout): boolean {
  return (
    layout.has('f_patient_prefix', 'f_patient_prefix_id') && layout.has('t_patient', 'f_patient_prefix_id')
  );
}

/** UCS, OFC, …: of the plan's code in the Ministry's list, which stands with the plan or in a table between. */
function schemeOf(layout: HospitalOsLayout): SqlText {
  if (!hasPlans(layout) || !layout.has('r_rp1853_instype', 'id')) return sql`null`;
  const own = layout.ref('k', 'b_contract_plans', 'r_rp1853_instype_id');
  const mapped =
    layout.has('b_map_rp1853_instype', 'b_contract_plans_id') &&
    layout.has('b_map_rp1853_instype', 'r_rp1853_instype_id')
      ? sql`(select min(m.r_rp1853_instype_id) from b_map_rp1853_instype m
          where m.b_contract_plans_id = k.b_contract_plans_id)`
      : sql`null`;
  return sql`(select min(${layout.ref('i', 'r_rp1853_instype', 'maininscl')}) from r_rp1853_instype i
    where i.id = coalesce(nullif(${own}, ''), ${mapped}))`;
}

function fromClause(layout: HospitalOsLayout): SqlText {
  const parts = [sql`from t_visit v`, sql`left join t_patient p on p.t_patient_id = v.t_patient_id`];
  if (hasPrefixes(layout)) {
    parts.push(sql`left join f_patient_prefix x on x.f_patient_prefix_id = p.f_patient_prefix_id`);
  }
  if (hasRights(layout)) {
    const y = (column: string): SqlText => layout.ref('y', 't_visit_payment', column);
    const active = layout.has('t_visit_payment', 'visit_payment_active')
      ? sql` and ${y('visit_payment_active')} = '1'`
      : sql``;
    const wanted = OPTIONAL.t_visit_payment.filter((column) => layout.has('t_visit_payment', column)).map(y);
    // '0' is the first right, '1' the next
    const priority = y('visit_payment_priority');
    parts.push(sql`left join lateral (
      select ${sql.join(wanted)} from t_visit_payment y where y.t_visit_id = v.t_visit_id${active}
      order by length(${priority}), ${priority}, ${y('b_contract_plans_id')} limit 1) y on true`);
  }
  if (hasPlans(layout)) {
    parts.push(sql`left join b_contract_plans k on k.b_contract_plans_id = y.b_contract_plans_id`);
  }
  parts.push(sql`left join t_nhso_authencode c on ${isCodeOf(layout, 'c')}`);
  return sql.join(parts, sql` `);
}
