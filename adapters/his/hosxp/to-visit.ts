/**
 * Rows of the visit query as visits. Nothing here throws: a row that cannot be understood becomes a visit with a
 * `problem` that names the column and what was expected, so that a person sees it, and no other row is lost.
 */

import { codeKind, isPlausibleCode } from '../../../src/domain/authen-code.ts';
import {
  parseBangkokDateTime,
  parseServiceDate,
  type ServiceDate,
  startOfServiceDate,
} from '../../../src/domain/bangkok.ts';
import type { LoggedCode, Person, Visit, VisitRight } from '../../../src/domain/visit.ts';
import { birthDateOf, gregorian, sexOf, shown, textOf } from '../fields.ts';
import type { Told } from '../sql/tables.ts';
import type { VisitField, VisitRow } from './visit-query.ts';

export interface VisitContext {
  hcode: string;
  cancelledStatuses: readonly string[];
}

/**
 * One visit a visit number, in order of time. `askedFor` is the service date of a row whose own date cannot be read.
 * `unnumbered`: rows without a visit number, of which no case can be made.
 */
export function toVisits(rows: readonly VisitRow[], context: VisitContext, askedFor: ServiceDate): Told {
  const byVn = new Map<string, VisitRow[]>();
  let unnumbered = 0;
  for (const row of rows) {
    const vn = textOf(row.vn);
    if (vn === null) unnumbered++;
    else byVn.set(vn, [...(byVn.get(vn) ?? []), row]);
  }
  const visits = [...byVn].map(([vn, [first, ...others]]) =>
    toVisit(vn, first as VisitRow, others, context, askedFor),
  );
  visits.sort((a, b) => a.startedAt - b.startedAt || (a.vn < b.vn ? -1 : 1));
  return { visits, unnumbered };
}

function toVisit(
  vn: string,
  row: VisitRow,
  others: readonly VisitRow[],
  { hcode, cancelledStatuses }: VisitContext,
  askedFor: ServiceDate,
): Visit {
  const text = (field: VisitField): string | null => textOf(row[field]);
  const problems: string[] = [];
  const serviceDate = readDate(text('vstdate'), vn, askedFor, problems);
  const startedAt = readTime(text('vsttime'), vn, serviceDate, problems);
  if (text('hn') === null) problems.push('ovst.hn is empty: expected a patient number');
  else if (text('patient_hn') === null) problems.push('ovst.hn has no row in patient');
  const an = text('an');
  const department = text('department');
  const status = text('status');
  return {
    hcode,
    vn,
    hn: text('hn'),
    an,
    serviceDate,
    startedAt,
    pid: text('cid'),
    person: toPerson(text),
    phones: [text('mobile_phone_number'), text('hometel'), text('informtel')].filter((p) => p !== null),
    right: toRight(text),
    kind: an === null ? 'outpatient' : 'inpatient',
    department: department === null ? null : { code: department, name: text('department_name') },
    cancelled: status !== null && cancelledStatuses.includes(status),
    code: text('code'),
    loggedCode: loggedCodeOf([row, ...others]),
    problem: problems.length === 0 ? null : problems.join('; '),
  };
}

function readDate(text: string | null, vn: string, askedFor: ServiceDate, problems: string[]): ServiceDate {
  const read = parseServiceDate(gregorian(text ?? ''));
  if (read !== null) return read;
  problems.push(`ovst.vstdate is ${shown(text)}: expected a date YYYY-MM-DD`);
  const numbered = /^(\d{2})(\d{2})(\d{2})\d{6}$/.exec(vn);
  const fromVn =
    numbered === null ? null : `${2500 + Number(numbered[1]) - 543}-${numbered[2]}-${numbered[3]}`;
  return parseServiceDate(fromVn ?? '') ?? askedFor;
}

/** A visit without a time gets the one in its number, else the start of the day: only the day decides anything. */
function readTime(text: string | null, vn: string, date: ServiceDate, problems: string[]): number {
  const numbered = /^\d{6}(\d{2})(\d{2})(\d{2})$/.exec(vn);
  const fromVn = numbered === null ? '' : `${numbered[1]}:${numbered[2]}:${numbered[3]}`;
  const instant = parseBangkokDateTime(`${date}T${text ?? fromVn}`);
  if (instant !== null) return instant;
  if (text !== null) problems.push(`ovst.vsttime is ${shown(text)}: expected a time 00:00:00–23:59:59`);
  return startOfServiceDate(date);
}

function toPerson(text: (field: VisitField) => string | null): Person {
  return {
    title: text('pname'),
    fname: text('fname'),
    lname: text('lname'),
    birthDate: birthDateOf(text('birthday')),
    sex: sexOf(text('sex')),
    nationality: text('nationality'),
  };
}

function toRight(text: (field: VisitField) => string | null): VisitRight | null {
  const code = text('pttype') ?? text('row_pttype');
  if (code === null) return null;
  return {
    code,
    name: text('right_name'),
    scheme: text('scheme'),
    hospMain: text('hospmain'),
    hospSub: text('hospsub'),
  };
}

/** The newest line of HOSxP's log that could be the visit's code; close-visit codes only when there is nothing else. */
function loggedCodeOf(rows: readonly VisitRow[]): LoggedCode | null {
  const lines = rows.flatMap((row): LoggedCode[] => {
    const claimCode = textOf(row.logged_code);
    if (claimCode === null) return [];
    const date = gregorian(textOf(row.logged_date) ?? '').slice(0, 10);
    return [
      {
        claimCode,
        claimType: textOf(row.logged_type),
        pid: textOf(row.logged_pid),
        createdAt: parseBangkokDateTime(`${date}T${textOf(row.logged_time) ?? '00:00:00'}`),
      },
    ];
  });
  const isCode = (line: LoggedCode): number =>
    isPlausibleCode(line.claimCode) && codeKind(line.claimCode) !== 'EP' ? 1 : 0;
  lines.sort((a, b) => isCode(b) - isCode(a) || (b.createdAt ?? 0) - (a.createdAt ?? 0));
  return lines[0] ?? null;
}
