/**
 * Rows of the configuration's SELECTs as visits. Nothing here throws: a row that cannot be understood becomes a visit with a
 * `problem` that names the column and what was expected, so that a person sees it, and no other row is lost.
 */

import { codeKind, isPlausibleCode } from '../../../src/domain/authen-code.ts';
import {
  parseBangkokDateTime,
  parseServiceDate,
  type ServiceDate,
  serviceDateOf,
  startOfServiceDate,
} from '../../../src/domain/bangkok.ts';
import type { LoggedCode, Person, Visit, VisitRight } from '../../../src/domain/visit.ts';
import { shown } from '../fields.ts';
import type { QueryOptions } from '../options.ts';
import type { SqlRow } from '../sql/database.ts';
import type { DateStyle } from './date-style.ts';
import type { Field, FieldMap } from './fields.ts';
import { Row } from './row.ts';

export interface VisitContext {
  hcode: string;
  fields: FieldMap;
  styles: Styles;
  words: QueryOptions['values'];
}

export interface Styles {
  date: DateStyle;
  otherDate: DateStyle;
  time: DateStyle;
  dateTime: DateStyle;
  birthDate: DateStyle;
  issuedAt: DateStyle;
}

/**
 * One visit a visit number, in order of time. `askedFor` is the service date of a row whose own date cannot be read.
 * `unnumbered`: rows without a visit number, of which no case can be made.
 */
export function toVisits(
  rows: readonly SqlRow[],
  context: VisitContext,
  askedFor: ServiceDate,
): { visits: Visit[]; unnumbered: number } {
  const byVn = new Map<string, Row[]>();
  let unnumbered = 0;
  for (const row of rows) {
    const read = new Row(row, context.fields);
    const vn = read.text('vn');
    if (vn === null) unnumbered++;
    else byVn.set(vn, [...(byVn.get(vn) ?? []), read]);
  }
  const visits = [...byVn].map(([vn, all]) => toVisit(vn, all, context, askedFor));
  visits.sort((a, b) => a.startedAt - b.startedAt || (a.vn < b.vn ? -1 : 1));
  return { visits, unnumbered };
}

function toVisit(vn: string, rows: readonly Row[], context: VisitContext, askedFor: ServiceDate): Visit {
  const [row] = rows as [Row, ...Row[]];
  const text = (field: Field): string | null => row.text(field);
  const problems = [...differences(rows), ...noPerson(text)];
  const moment = momentOf(row, context, askedFor, problems);
  const { words } = context;
  const has = (field: Field, list: readonly string[]): boolean => {
    const value = text(field);
    return value !== null && list.includes(value);
  };
  const an = text('an');
  const department = text('department');
  return {
    hcode: context.hcode,
    vn,
    hn: text('hn'),
    an,
    ...moment,
    pid: text('pid'),
    person: toPerson(text, context),
    phones: [text('phone'), text('phone2'), text('phone3')].filter((phone) => phone !== null),
    right: toRight(text),
    kind: an !== null || has('kind', words.inpatient) ? 'inpatient' : 'outpatient',
    department: department === null ? null : { code: department, name: text('departmentName') },
    cancelled: has('status', words.cancelled),
    code: text('code'),
    loggedCode: loggedCodeOf(rows, context.styles),
    problem: problems.length === 0 ? null : problems.join('; '),
  };
}

/** Where the SELECT joins persons and finds none, all of theirs is empty. */
function noPerson(text: (field: Field) => string | null): string[] {
  const hn = text('hn');
  const isEmpty = (['pid', 'title', 'fname', 'lname'] as const).every((field) => text(field) === null);
  return hn !== null && isEmpty ? [`hn is ${shown(hn)}, and there is no person of that number`] : [];
}

/** Several rows of a visit may differ in the log's lines alone: whose code it is, is not guessed. */
function differences(rows: readonly Row[]): string[] {
  const [first, ...others] = rows;
  const fields = (['code', 'pid', 'date', 'dateTime', 'hn'] as const).filter((field) =>
    others.some((other) => other.text(field) !== first?.text(field)),
  );
  const keys = (first?.keyNames ?? []).filter((key) =>
    others.some((other) => other.key(key) !== first?.key(key)),
  );
  const differing = [...fields.map((field) => first?.column(field) ?? field), ...keys];
  return differing.length === 0
    ? []
    : [
        `the visit stands on ${rows.length} rows that differ in ${differing.join(', ')}: expected one row a visit`,
      ];
}

const WHAT = { date: 'a date', time: 'a time', dateTime: 'a date and time' };

function momentOf(
  row: Row,
  { styles }: VisitContext,
  askedFor: ServiceDate,
  problems: string[],
): Pick<Visit, 'serviceDate' | 'startedAt'> {
  const complain = (field: 'date' | 'time' | 'dateTime', style: DateStyle): void => {
    problems.push(
      `${row.column(field)} is ${shown(row.text(field))}: expected ${WHAT[field]} ${style.pattern}`,
    );
  };
  const whole = row.text('dateTime');
  const startedAt = whole === null ? null : styles.dateTime.instant(whole);
  if (startedAt !== null && whole !== null) {
    return { startedAt, serviceDate: serviceDateOf(startedAt) };
  }
  if (row.column('dateTime') !== null && (whole !== null || row.column('date') === null)) {
    complain('dateTime', styles.dateTime);
  }
  const readDate =
    styles.date.date(row.text('date') ?? '') ?? (whole === null ? null : styles.dateTime.date(whole));
  if (readDate === null && row.column('date') !== null) complain('date', styles.date);
  const serviceDate = readDate ?? askedFor;
  const time = row.text('time');
  const read = time === null ? null : styles.time.time(time);
  if (time !== null && read === null) complain('time', styles.time);
  const at = read === null ? null : parseBangkokDateTime(`${serviceDate}T${read}`);
  // a visit without a time gets the start of the day: only the day decides anything
  return { serviceDate, startedAt: at ?? startOfServiceDate(serviceDate) };
}

function toPerson(text: (field: Field) => string | null, { styles, words }: VisitContext): Person {
  const sex = text('sex') ?? '';
  return {
    title: text('title'),
    fname: text('fname'),
    lname: text('lname'),
    birthDate: birthDate(text('birthDate'), styles.birthDate),
    sex: words.male.includes(sex) ? 'male' : words.female.includes(sex) ? 'female' : null,
    nationality: text('nationality'),
  };
}

/** As far as it is known: `1980-00-00` is 1980, `0000-00-00` is nothing. */
function birthDate(text: string | null, style: DateStyle): string | null {
  const parts = text === null ? null : style.parts(text);
  if (parts === null || Number(parts.year) === 0) return null;
  const { year, month, day } = parts;
  if (month === '00' || Number(month) > 12) return year;
  if (day === '00') return `${year}-${month}`;
  return parseServiceDate(`${year}-${month}-${day}`);
}

function toRight(text: (field: Field) => string | null): VisitRight | null {
  const code = text('rightCode');
  if (code === null) return null;
  return {
    code,
    name: text('rightName'),
    scheme: text('scheme'),
    hospMain: text('hospMain'),
    hospSub: text('hospSub'),
  };
}

/** The newest line of the HIS's own log that could be the visit's code; close-visit codes only when there is nothing else. */
function loggedCodeOf(rows: readonly Row[], styles: Styles): LoggedCode | null {
  const lines = rows.flatMap((row): LoggedCode[] => {
    const claimCode = row.text('loggedCode');
    if (claimCode === null) return [];
    const createdAt = styles.dateTime.instant(row.text('loggedAt') ?? '');
    return [{ claimCode, claimType: row.text('loggedType'), pid: row.text('loggedPid'), createdAt }];
  });
  const isCode = (line: LoggedCode): number =>
    isPlausibleCode(line.claimCode) && codeKind(line.claimCode) !== 'EP' ? 1 : 0;
  lines.sort((a, b) => isCode(b) - isCode(a) || (b.createdAt ?? 0) - (a.createdAt ?? 0));
  return lines[0] ?? null;
}
