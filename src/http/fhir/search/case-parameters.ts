/** The search parameters of what is kept one a visit, beside the identifiers. */

import { addDays, type ServiceDate, serviceDateOf } from '../../../domain/bangkok.ts';
import { CASE_STATES, type CaseState } from '../../../domain/case.ts';
import type { SearchQuery } from '../../../service/ports/ledger.ts';
import { parseCaseId, parsePatientId } from '../ids.ts';
import { badParameter } from '../outcome.ts';
import { type AnswerOutcome, REFUSALS } from '../resources/coverage-eligibility-response.ts';
import { ENCOUNTER_CLASS, ENCOUNTER_STATUS } from '../resources/encounter.ts';
import { THAI_COVERAGE_TYPES } from '../resources/right.ts';
import { type BusinessStatus, TASK_PROGRESS, WAITS_FOR_NHSO } from '../resources/task.ts';
import { CODES, STATUS_SYSTEM } from '../systems.ts';
import { type CaseParameter, EVERY, NONE } from './parameter.ts';
import { type DateValue, parseDate, parseReference, parseToken } from './values.ts';

type Span<T> = { from?: T; to?: T };

/** The span in which a value must lie for the prefix to hold; `outside` for `ne`. */
function spanOf<T>({ prefix }: DateValue, from: T, to: T): { span: Span<T>; outside: boolean } {
  switch (prefix) {
    case 'eq':
      return { span: { from, to }, outside: false };
    case 'ne':
      return { span: { from, to }, outside: true };
    case 'gt':
    case 'sa':
      return { span: { from: to }, outside: false };
    case 'ge':
      return { span: { from }, outside: false };
    case 'lt':
    case 'eb':
      return { span: { to: from }, outside: false };
    case 'le':
      return { span: { to }, outside: false };
  }
}

function turned(query: SearchQuery, outside: boolean): SearchQuery {
  return outside ? { noneOf: [query] } : query;
}

/**
 * A visit begins at a known time and its end is not known, so the date of its beginning decides. Whole days are
 * compared with the service date, which the ledger has an index for.
 */
function matchBeginning(name: string, value: string): SearchQuery[] {
  const date = parseDate(value, name);
  if (!date.wholeDays) {
    const { span, outside } = spanOf(date, date.from, date.to);
    return [turned({ started: [span] }, outside)];
  }
  const { span, outside } = spanOf<ServiceDate>(
    date,
    serviceDateOf(date.from),
    addDays(serviceDateOf(date.to - 1), 1),
  );
  return [turned({ dates: [span] }, outside)];
}

export const encounterDate: CaseParameter = {
  name: 'date',
  type: 'date',
  documentation: "the visit's service date (or, with a time of day, its beginning), in Asia/Bangkok",
  modifiers: [],
  match: (value) => matchBeginning('date', value),
};

export const lastUpdated: CaseParameter = {
  name: '_lastUpdated',
  type: 'date',
  documentation: 'time of the last change',
  modifiers: [],
  match(value) {
    const date = parseDate(value, '_lastUpdated');
    const { span, outside } = spanOf(date, date.from, date.to);
    return [turned({ updated: [span] }, outside)];
  },
};

/** A patient's last change is that of the last of their visits, so "since" can be asked of the visits, "until" cannot. */
export const patientLastUpdated: CaseParameter = {
  ...lastUpdated,
  documentation: 'changed since: prefixes ge, gt and sa only',
  match(value, context) {
    if (!['ge', 'gt', 'sa'].includes(parseDate(value, '_lastUpdated').prefix)) {
      throw badParameter('_lastUpdated', 'for patients only the prefixes ge, gt and sa are supported');
    }
    return lastUpdated.match(value, context);
  },
};

/** A coded element: which codes there are, and which cases have them. */
function codeParameter<C extends string>(
  name: string,
  systems: { uri: string; implicit: boolean },
  documentation: string,
  codes: Readonly<Record<C, SearchQuery>>,
): CaseParameter {
  return {
    name,
    type: 'token',
    documentation,
    modifiers: ['not', 'missing'],
    missing: NONE,
    match(value) {
      const { system, code } = parseToken(value, name);
      // the system of a `code` is implied, so `|finished` means the same as `finished`
      if (system !== null && system !== systems.uri && !(system === '' && systems.implicit)) return [NONE];
      if (code === '') return [EVERY];
      return [Object.hasOwn(codes, code) ? codes[code as C] : NONE];
    },
  };
}

/** Turns "state → code" into "code → its states". */
function byCode(codeOf: (state: CaseState) => string | null): Record<string, SearchQuery> {
  const states = new Map<string, CaseState[]>();
  for (const state of CASE_STATES) {
    const code = codeOf(state);
    if (code !== null) states.set(code, [...(states.get(code) ?? []), state]);
  }
  return Object.fromEntries([...states].map(([code, list]) => [code, { states: list }]));
}

export const encounterStatus = codeParameter(
  'status',
  { uri: STATUS_SYSTEM.Encounter, implicit: true },
  'finished: nothing more is to be done for the code; in-progress; cancelled',
  byCode((state) => ENCOUNTER_STATUS[state]),
);

export const encounterClass = codeParameter(
  'class',
  { uri: CODES.actCode, implicit: false },
  'AMB or IMP',
  Object.fromEntries(
    (['outpatient', 'inpatient'] as const).map((kind) => [ENCOUNTER_CLASS[kind], { kinds: [kind] }]),
  ),
);

/** Coverage and CoverageEligibilityResponse are there or not; there are no cancelled ones. */
export const activeStatus = codeParameter(
  'status',
  { uri: STATUS_SYSTEM.Coverage, implicit: true },
  'active',
  {
    active: EVERY,
  },
);

const REFUSED: SearchQuery = { reasons: REFUSALS };

export const answerOutcome = codeParameter<AnswerOutcome>(
  'outcome',
  { uri: STATUS_SYSTEM.outcome, implicit: true },
  'complete: a code was had; partial: the right is known, there is no code; error: NHSO refused',
  {
    complete: { codeMissing: false },
    partial: { codeMissing: true, noneOf: [REFUSED] },
    error: { codeMissing: true, ...REFUSED },
  },
);

export const coverageType: CaseParameter = {
  name: 'type',
  type: 'token',
  documentation: `Thai coverage type (${CODES.coverageType}) or NHSO's own code (${CODES.mainInscl})`,
  modifiers: ['not', 'missing'],
  missing: NONE,
  match(value) {
    const { system, code } = parseToken(value, 'type');
    const thai: SearchQuery = THAI_COVERAGE_TYPES.includes(code)
      ? { mainInscls: [code] }
      : code === 'OTH'
        ? { noneOf: [{ mainInscls: THAI_COVERAGE_TYPES }] }
        : NONE;
    if (system === CODES.coverageType) return [code === '' ? EVERY : thai];
    if (system === CODES.mainInscl && code !== '') return [{ mainInscls: [code] }];
    return system === null ? [thai, { mainInscls: [code] }] : [NONE];
  },
};

export const taskStatus = codeParameter(
  'status',
  { uri: STATUS_SYSTEM.Task, implicit: true },
  'requested, ready, in-progress, on-hold, completed, failed, cancelled',
  byCode((state) => TASK_PROGRESS[state]?.status ?? null),
);

const WAITING: SearchQuery = { states: WAITS_FOR_NHSO, reasons: ['waiting-nhso'] };

export const businessStatus = codeParameter<BusinessStatus>(
  'business-status',
  { uri: CODES.businessStatus, implicit: false },
  'missing, retrying, nhso-down, needs-staff, obtained, closed',
  businessQueries(),
);

function businessQueries(): Record<BusinessStatus, SearchQuery> {
  const base = byCode((state) => TASK_PROGRESS[state]?.business ?? null);
  const besideWaiting = (status: BusinessStatus): SearchQuery => ({
    ...(base[status] ?? NONE),
    noneOf: [WAITING],
  });
  return {
    missing: besideWaiting('missing'),
    retrying: besideWaiting('retrying'),
    'nhso-down': { allOf: [[base['nhso-down'] ?? NONE, WAITING]] },
    'needs-staff': besideWaiting('needs-staff'),
    obtained: besideWaiting('obtained'),
    closed: besideWaiting('closed'),
  };
}

export const taskCode = codeParameter('code', { uri: CODES.task, implicit: false }, 'obtain-authen-code', {
  'obtain-authen-code': EVERY,
});

export function patientReferenceParameter(
  name: 'patient' | 'subject' | 'beneficiary' | 'subscriber',
): CaseParameter {
  return {
    name,
    type: 'reference',
    documentation: 'Patient/{id}, {id} or the whole address',
    modifiers: [],
    target: ['Patient'],
    match(value, { base, seal }) {
      const id = parseReference(value, 'Patient', base, name);
      const key = id === null ? null : parsePatientId(id, seal);
      return [key === null ? NONE : { patients: [key] }];
    },
  };
}

export function encounterReferenceParameter(name: 'encounter' | 'focus' | 'target'): CaseParameter {
  return {
    name,
    type: 'reference',
    documentation: 'Encounter/{id}, {id} or the whole address',
    modifiers: [],
    target: ['Encounter'],
    match(value, { base }) {
      const id = parseReference(value, 'Encounter', base, name);
      const key = id === null ? null : parseCaseId(id);
      return [key === null ? NONE : { keys: [key] }];
    },
  };
}

export const serviceProvider: CaseParameter = {
  name: 'service-provider',
  type: 'reference',
  documentation: 'Organization/{hcode}',
  modifiers: [],
  target: ['Organization'],
  match(value, { base }) {
    const id = parseReference(value, 'Organization', base, 'service-provider');
    return [id === null ? NONE : { hcode: id }];
  },
};
