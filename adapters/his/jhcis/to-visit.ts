/**
 * Rows of the visit query as visits. Nothing here throws: a row that cannot be understood becomes a visit with a
 * `problem` that names the column and what was expected, so that a person sees it, and no other row is lost.
 */

import {
  type Instant,
  parseBangkokDateTime,
  parseServiceDate,
  type ServiceDate,
  startOfServiceDate,
} from '../../../src/domain/bangkok.ts';
import type { Person, Visit, VisitRight } from '../../../src/domain/visit.ts';
import { birthDateOf, gregorian, sexOf, shown, textOf } from '../fields.ts';
import type { Told } from '../sql/tables.ts';
import type { VisitField, VisitRow } from './visit-query.ts';

export interface VisitContext {
  hcode: string;
  cancelledFlags: readonly string[];
}

type Text = (field: VisitField) => string | null;

/**
 * One visit a row, in order of time. `askedFor` is the service date of a row whose own date cannot be read. `unnumbered`:
 * rows without a visit number, of which no case can be made. `saw` is told when each visit began, or when its row was
 * entered, as far as it says.
 */
export function toVisits(
  rows: readonly VisitRow[],
  context: VisitContext,
  askedFor: ServiceDate,
  saw: (visitno: number, at: Instant) => void = () => undefined,
): Told {
  const visits = new Map<string, Visit>();
  let unnumbered = 0;
  for (const row of rows) {
    const text: Text = (field) => textOf(row[field]);
    const vn = text('visitno');
    if (vn === null) {
      unnumbered++;
      continue;
    }
    const visit = toVisit(vn, text, context, askedFor);
    visits.set(vn, visit);
    const entered = text('timestart') === null ? instantOf(text('updated')) : null;
    if (/^\d+$/.test(vn)) saw(Number(vn), entered ?? visit.startedAt);
  }
  const inOrder = [...visits.values()].sort(
    (a, b) => a.startedAt - b.startedAt || Number(a.vn) - Number(b.vn) || (a.vn < b.vn ? -1 : 1),
  );
  return { visits: inOrder, unnumbered };
}

function toVisit(
  vn: string,
  text: Text,
  { hcode, cancelledFlags }: VisitContext,
  askedFor: ServiceDate,
): Visit {
  const problems: string[] = [];
  const serviceDate = readDate(text, askedFor, problems);
  const startedAt = readTime(text('timestart'), serviceDate, problems);
  if (text('pid') === null) problems.push('visit.pid is empty: expected the number of a person');
  else if (text('person_pid') === null) problems.push('visit.pcucodeperson, visit.pid have no row in person');
  const flag = text('flag');
  return {
    hcode,
    vn,
    hn: personNumber(text, hcode),
    an: null,
    serviceDate,
    startedAt,
    pid: text('idcard'),
    person: toPerson(text),
    phones: [text('mobile'), text('telephoneperson')].filter((p) => p !== null),
    right: toRight(text),
    kind: 'outpatient',
    department: null,
    cancelled: flag !== null && cancelledFlags.includes(flag),
    code: text('code'),
    loggedCode: null,
    problem: problems.length === 0 ? null : problems.join('; '),
  };
}

/** A number counts people of one unit: where the person is kept in another unit's name, that is part of it. */
function personNumber(text: Text, hcode: string): string | null {
  const pid = text('pid');
  const unit = text('pcucodeperson');
  return pid === null || unit === null || unit === hcode ? pid : `${unit}-${pid}`;
}

/** Where the date is missing the day of the last change stands in for it, and a person is told. */
function readDate(text: Text, askedFor: ServiceDate, problems: string[]): ServiceDate {
  const written = text('visitdate');
  const read = parseServiceDate(gregorian(written ?? ''));
  if (read !== null) return read;
  problems.push(`visit.visitdate is ${shown(written)}: expected a date YYYY-MM-DD`);
  return parseServiceDate(gregorian(text('updated') ?? '').slice(0, 10)) ?? askedFor;
}

/**
 * JHCIS opens a visit without a time. It then begins with its day, which means that the time is not known: the time of the
 * last change would put it after a code that was given for it.
 */
function readTime(text: string | null, date: ServiceDate, problems: string[]): Instant {
  if (text === null) return startOfServiceDate(date);
  const instant = parseBangkokDateTime(`${date}T${text}`);
  if (instant !== null) return instant;
  problems.push(`visit.timestart is ${shown(text)}: expected a time 00:00:00–23:59:59`);
  return startOfServiceDate(date);
}

function instantOf(text: string | null): Instant | null {
  return text === null ? null : parseBangkokDateTime(gregorian(text).slice(0, 19).replace(' ', 'T'));
}

function toPerson(text: Text): Person {
  const prename = text('prename');
  return {
    // a code that no table explains is no title
    title: text('title') ?? (/^\d+$/.test(prename ?? '') ? null : prename),
    fname: text('fname'),
    lname: text('lname'),
    birthDate: birthDateOf(text('birth')),
    sex: sexOf(text('sex')),
    nationality: text('nation'),
  };
}

function toRight(text: Text): VisitRight | null {
  const code = text('rightcode');
  if (code === null) return null;
  return {
    code,
    name: text('right_name'),
    scheme: schemeOf(text('main_inscl')),
    hospMain: text('hosmain'),
    hospSub: text('hossub'),
  };
}

/** NHSO's own word, as it was written beside the visit: `UCS`, or `(UCS) สิทธิ…`. JHCIS's groups of rights are not asked. */
function schemeOf(mainInscl: string | null): string | null {
  return /^\(?([A-Z]{3})\)?(?:\s|$)/.exec(mainInscl ?? '')?.[1] ?? null;
}
