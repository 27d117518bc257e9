/**
 * Rows of the visit query as visits. Nothing here throws: a row that cannot be understood becomes a visit with a
 * `problem` that names the column and what was expected, so that a person sees it, and no other row is lost.
 */

import { codeKind, isPlausibleCode } from '../../../src/domain/authen-code.ts';
import { type ServiceDate, startOfServiceDate } from '../../../src/domain/bangkok.ts';
import type { Person, Visit, VisitRight } from '../../../src/domain/visit.ts';
import { birthDateOf, gregorian, sexOf, shown, textOf } from '../fields.ts';
import type { Told } from '../sql/tables.ts';
import { readMoment } from './times.ts';
import type { VisitField, VisitRow } from './visit-query.ts';

export interface VisitContext {
  hcode: string;
  cancelledStatuses: readonly string[];
}

/** The rows of one `t_visit`: several when several codes stand for it. */
type Rows = readonly [VisitRow, ...VisitRow[]];

/**
 * One visit a visit number, in order of time. `askedFor` is the service date of a row whose own date cannot be read.
 * `unnumbered`: rows without a visit number, of which no case can be made.
 */
export function toVisits(rows: readonly VisitRow[], context: VisitContext, askedFor: ServiceDate): Told {
  const byVn = new Map<string, Map<string, Rows>>();
  let unnumbered = 0;
  for (const row of rows) {
    const vn = textOf(row.vn);
    if (vn === null) {
      unnumbered++;
      continue;
    }
    const sameVn = byVn.get(vn) ?? new Map<string, Rows>();
    byVn.set(vn, sameVn);
    const id = textOf(row.id) ?? '';
    const known = sameVn.get(id);
    sameVn.set(id, known === undefined ? [row] : [...known, row]);
  }
  const visits = [...byVn].map(([vn, byId]) => {
    const all = [...byId.values()].map((some) => toVisit(vn, some, context, askedFor));
    return theOne(all);
  });
  visits.sort((a, b) => a.startedAt - b.startedAt || (a.vn < b.vn ? -1 : 1));
  return { visits, unnumbered };
}

/**
 * Of several visits with one number: the newest day's, and of that day's the one that stands. When two stand, nobody can
 * say whose code the number's code is.
 */
function theOne(visits: readonly Visit[]): Visit {
  const newest = visits
    .map((v) => v.serviceDate)
    .sort()
    .at(-1);
  const ofDay = visits.filter((v) => v.serviceDate === newest);
  const standing = ofDay.filter((v) => !v.cancelled);
  const [one, ...others] = standing.length === 0 ? ofDay : standing;
  const problem = `the visit number stands on ${others.length + 1} rows of t_visit: expected one`;
  if (others.length === 0 || standing.length === 0) return one as Visit;
  return { ...(one as Visit), problem: [one?.problem, problem].filter((p) => p != null).join('; ') };
}

function toVisit(
  vn: string,
  rows: Rows,
  { hcode, cancelledStatuses }: VisitContext,
  askedFor: ServiceDate,
): Visit {
  const [row] = rows;
  const text = (field: VisitField): string | null => textOf(row[field]);
  const problems: string[] = [];
  const { date, startedAt } = begun(text, askedFor, problems);
  if (text('hn') === null) problems.push('t_visit.visit_hn is empty: expected a patient number');
  else if (text('patient_id') === null) problems.push('t_visit.t_patient_id has no row in t_patient');
  const kind = text('type') === '1' ? 'inpatient' : 'outpatient';
  const status = text('status');
  return {
    hcode,
    vn,
    hn: text('hn'),
    an: text('an'),
    serviceDate: date,
    startedAt,
    pid: text('pid'),
    person: toPerson(text),
    phones: [text('mobile'), text('phone')].filter((p) => p !== null),
    right: toRight(text),
    kind,
    // b_service_point_id moves with the patient through the hospital; a department that stays is not known
    department: null,
    cancelled: status !== null && cancelledStatuses.includes(status),
    code: codeOf(rows) ?? (kind === 'inpatient' ? text('ipd_code') : null),
    loggedCode: null,
    problem: problems.length === 0 ? null : problems.join('; '),
  };
}

/** A visit without a time of day begins with the day: only the day decides anything. */
function begun(
  text: (field: VisitField) => string | null,
  askedFor: ServiceDate,
  problems: string[],
): { date: ServiceDate; startedAt: number } {
  const time = text('begun');
  const read = readMoment(time ?? '');
  if (read === null || read.badTime) {
    problems.push(
      `t_visit.visit_begin_visit_time is ${shown(time)}: expected a Buddhist date and time YYYY-MM-DD,HH:MM:SS`,
    );
  }
  const known = read ?? readMoment(text('recorded') ?? '');
  return known ?? { date: askedFor, startedAt: startOfServiceDate(askedFor) };
}

function toPerson(text: (field: VisitField) => string | null): Person {
  return {
    title: text('prefix'),
    fname: text('fname'),
    lname: text('lname'),
    birthDate: birthDateOf(text('birthday')),
    sex: sexOf(text('sex')),
    nationality: text('nationality'),
  };
}

function toRight(text: (field: VisitField) => string | null): VisitRight | null {
  const code = text('right');
  if (code === null) return null;
  return {
    code,
    name: text('right_name'),
    scheme: text('scheme'),
    hospMain: text('hospmain'),
    hospSub: text('hospsub'),
  };
}

/** Of several codes that stand, the newest that can be one; close-visit codes only when there is nothing else. */
function codeOf(rows: Rows): string | null {
  const codes = rows.flatMap((row) => {
    const code = textOf(row.code);
    const at = gregorian(textOf(row.code_recorded) ?? '');
    return code === null ? [] : [{ code, at, rank: isCode(code) ? 1 : 0 }];
  });
  codes.sort((a, b) => b.rank - a.rank || (a.at < b.at ? 1 : a.at > b.at ? -1 : a.code < b.code ? -1 : 1));
  return codes[0]?.code ?? null;
}

function isCode(code: string): boolean {
  return isPlausibleCode(code) && codeKind(code) !== 'EP';
}
