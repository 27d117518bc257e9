/** From a case of the ledger to what the API shows of it. */

import type { Candidate } from '../domain/authen-code.ts';
import { bangkokIso, type Instant } from '../domain/bangkok.ts';
import type { CardRead, Certifier, NhsoRight } from '../domain/card-read.ts';
import type { Case, StoredHistoryEntry } from '../domain/case.ts';
import { maskCitizenId, maskCitizenIds } from '../domain/citizen-id.ts';
import { type FoundRight, rightOf } from '../domain/found-right.ts';
import { mobileOf } from '../domain/mobile.ts';
import { maskMobile } from '../domain/phone.ts';
import { reasonText, stateText } from '../domain/reason-text.ts';
import type { CaseDetailJson, CaseJson } from './schemas/case.ts';

/** `whole`: the caller has the right to whole citizen ids and phones, asked for them, and that was audited. */
export type Showing = 'masked' | 'whole';

export function caseJson(c: Case, showing: Showing): CaseJson {
  const { visit } = c;
  return {
    hcode: c.hcode,
    vn: c.vn,
    hn: c.hn,
    an: visit.an,
    serviceDate: c.serviceDate,
    startedAt: bangkokIso(visit.startedAt),
    state: c.state,
    stateText: stateText(c.state),
    reason: c.reason,
    reasonText: c.reason === null ? null : reasonText(c.reason),
    reasonDetail: c.reasonDetail === null ? null : maskCitizenIds(c.reasonDetail),
    code: c.code === null ? null : { ...c.code, issuedAt: isoOrNull(c.code.issuedAt) },
    claimType: c.claimType,
    patient: patientJson(c, showing),
    right: visit.right,
    department: visit.department,
    kind: visit.kind,
    stationId: c.stationId,
    readKind: c.readKind,
    readAt: isoOrNull(c.readAt),
    askedAt: isoOrNull(c.askedAt),
    writtenAt: isoOrNull(c.writtenAt),
    nextStep: c.nextStep,
    dueAt: isoOrNull(c.dueAt),
    createdAt: bangkokIso(c.createdAt),
    updatedAt: bangkokIso(c.updatedAt),
    version: c.version,
  };
}

/** What the ledger keeps beside a case. */
export interface Beside {
  history: readonly StoredHistoryEntry[];
  read: CardRead | null;
  /** Until when the read's photo is kept; null where there is none. */
  photoKeptUntil: Instant | null;
  foundRight: FoundRight | null;
}

export function caseDetailJson(
  c: Case,
  { history, read, photoKeptUntil, foundRight }: Beside,
  showing: Showing,
): CaseDetailJson {
  return {
    ...caseJson(c, showing),
    candidates: c.candidates.map(candidateJson),
    cardRead: read === null ? null : readJson(read, photoKeptUntil, showing),
    foundRight: foundRight === null ? null : foundRightJson(foundRight, c, read),
    history: history.map(historyJson),
  };
}

export function candidateJson(found: Candidate): CaseDetailJson['candidates'][number] {
  return { ...found, misfits: [...found.misfits], issuedAt: isoOrNull(found.issuedAt) };
}

function patientJson(c: Case, showing: Showing): CaseJson['patient'] {
  const { person, pid } = c.visit;
  const { title, fname, lname, birthDate, sex, nationality } = person;
  const phone = mobileOf(c);
  const whole = showing === 'whole';
  // what is no valid citizen id (a passport number, a typing error) cannot be masked well, so it is not shown at all
  const masked = c.pid === null ? null : maskCitizenId(c.pid);
  return {
    pid: whole ? (c.pid ?? pid) : masked,
    pidValid: c.pid === null && pid === null ? null : c.pid !== null,
    title,
    fname,
    lname,
    birthDate,
    sex,
    nationality,
    mobile: phone === null ? null : phoneText(phone.mobile, showing),
    mobileSource: phone?.source ?? null,
  };
}

function phoneText(mobile: string, showing: Showing): string {
  return showing === 'whole' ? mobile : maskMobile(mobile);
}

function readJson(
  read: CardRead,
  photoKeptUntil: Instant | null,
  showing: Showing,
): CaseDetailJson['cardRead'] {
  const { right, phone, certifier } = read;
  return {
    id: read.id,
    stationId: read.stationId,
    kind: read.kind,
    readAt: bangkokIso(read.readAt),
    receivedAt: bangkokIso(read.receivedAt),
    pid: showing === 'whole' ? read.pid : maskCitizenId(read.pid),
    claimTypes: [...read.claimTypes],
    right: right === null ? null : rightJson(right),
    person: read.person,
    phone: phone === null ? null : phoneText(phone, showing),
    certifier: certifier === null ? null : certifierJson(certifier, showing),
    photoKeptUntil: isoOrNull(photoKeptUntil),
  };
}

function certifierJson(certifier: Certifier, showing: Showing) {
  const { cardReadId, role, relation, reason, pid, person } = certifier;
  return {
    ...{ cardReadId, role, relation: maskCitizenIds(relation), reason: maskCitizenIds(reason) },
    pid: showing === 'whole' ? pid : maskCitizenId(pid),
    ...person,
  };
}

function foundRightJson(found: FoundRight, c: Case, read: CardRead | null): CaseDetailJson['foundRight'] {
  const { answer, source, askedAt, right, person } = found;
  return {
    answer,
    source,
    askedAt: bangkokIso(askedAt),
    right: right === null ? null : rightJson(right),
    person,
    isUsed: rightOf(c, read, found)?.found === found,
  };
}

function rightJson(right: NhsoRight) {
  return { ...right, startDateTime: isoOrNull(right.startDateTime) };
}

function historyJson(entry: StoredHistoryEntry): CaseDetailJson['history'][number] {
  const { seq, at, actor, event, fromState, toState, reason, detail } = entry;
  const shown = Object.entries(detail).map(([key, value]) => [key, detailValue(key, value)]);
  return {
    seq,
    at: bangkokIso(at),
    actor: maskCitizenIds(actor),
    event,
    fromState,
    toState,
    reason,
    detail: Object.fromEntries(shown),
  };
}

/** Instants in a detail are named `…At`; texts may quote another system and are masked once more. */
function detailValue(key: string, value: unknown): unknown {
  if (typeof value === 'number' && key.endsWith('At')) return bangkokIso(value);
  if (typeof value === 'string') return maskCitizenIds(value);
  if (Array.isArray(value)) return value.map((item) => detailValue(key, item));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, detailValue(k, v)]));
}

export function isoOrNull(at: Instant | null): string | null {
  return at === null ? null : bangkokIso(at);
}
