/** Facts that come in: the visit from the HIS, the card from a counter. They decide the state until a confirm is sent. */

import { ASSESSED_REASONS, type Assessment, assess, type SitePolicy } from '../assess.ts';
import type { Instant } from '../bangkok.ts';
import type { CardRead } from '../card-read.ts';
import type { Case } from '../case.ts';
import { parseCitizenId } from '../citizen-id.ts';
import type { Visit } from '../visit.ts';
import { type Cause, type Change, change, historyLine, NOTHING_TO_DO, thenDo } from './transition.ts';

/** The facts of a paired read that a case keeps; `claimTypes` stay with the read itself. */
export type PairedRead = Pick<CardRead, 'kind' | 'claimTypes' | 'correlationId'>;

/** The first time that a visit is seen. */
export function openCase(visit: Visit, policy: SitePolicy, at: Instant): Change {
  const blank: Case = {
    hcode: visit.hcode,
    vn: visit.vn,
    hn: visit.hn,
    serviceDate: visit.serviceDate,
    version: 0,
    state: 'awaiting-card',
    reason: null,
    reasonDetail: null,
    candidates: [],
    visit,
    pid: null,
    visitGone: false,
    readId: null,
    readKind: null,
    readAt: null,
    stationId: null,
    correlationId: null,
    claimType: null,
    staffMobile: null,
    staffClaimType: null,
    askedAt: null,
    emptyLookups: 0,
    code: null,
    writtenAt: null,
    nextStep: null,
    stepSeq: 0,
    dueAt: null,
    createdAt: at,
    updatedAt: at,
  };
  const found = assess(
    { visit, visitGone: false, read: null, staffMobile: null, staffClaimType: null },
    policy,
  );
  const next: Case = { ...blank, ...asPatch(blank, found, at), version: 1 };
  return {
    next,
    history: [historyLine(null, next, { event: 'visit-seen', at, detail: { startedAt: visit.startedAt } })],
  };
}

/**
 * The HIS tells of the visit again. Null when that changes nothing. `read` is the read that the case is paired with.
 *
 * Once a confirm has been sent, or a code is held, the visit's changes no longer decide the state; two of them still
 * reach a person, because the code would be wrong: another person on the visit, or another code in the column.
 */
export function visitSeen(
  current: Case,
  visit: Visit,
  read: PairedRead | null,
  policy: SitePolicy,
  at: Instant,
): Change | null {
  if (!current.visitGone && (sameVisit(current.visit, visit) || isOurOwnCode(current, visit))) return null;
  const told = { ...current, visit, hn: visit.hn, visitGone: false };
  if (visit.cancelled && !current.visit.cancelled) return visitGone({ ...told }, at);
  if (isAssessed(current)) return reassess(told, read, policy, { event: 'visit-changed', at });
  const pid = parseCitizenId(visit.pid);
  if (current.pid !== null && pid !== current.pid && mayHoldCode(current)) {
    return toStaff(told, 'person-mismatch', null, { event: 'visit-changed', at });
  }
  if (current.state === 'needs-staff' && visit.code !== null && visit.code !== current.visit.code) {
    return codeTypedIn(told, visit.code, at);
  }
  return change(told, {}, { event: 'visit-changed', at });
}

/** The HIS no longer has the visit. */
export function visitGone(current: Case, at: Instant): Change | null {
  const cause = { event: 'visit-cancelled', at };
  if (current.visitGone && current.state === 'cancelled') return null;
  if (current.code !== null && current.state !== 'closed') {
    return toStaff(
      { ...current, visitGone: true },
      'visit-cancelled-after-code',
      current.code.claimCode,
      cause,
    );
  }
  // a confirm is on its way: its end decides whether there is a code to tell a person about
  if (current.state === 'confirming' || current.state === 'unknown')
    return change(current, { visitGone: true }, cause);
  if (current.askedAt !== null && current.state === 'needs-staff')
    return change(current, { visitGone: true }, cause);
  return change(
    current,
    { visitGone: true, state: 'cancelled', reason: 'visit-cancelled', reasonDetail: null, ...NOTHING_TO_DO },
    cause,
  );
}

/** A card read was paired with the visit (or a full one takes the place of a card-only one). */
export function cardPaired(current: Case, read: CardRead, policy: SitePolicy, at: Instant): Change {
  const paired: Case = {
    ...current,
    readId: read.id,
    readKind: read.kind,
    readAt: read.readAt,
    stationId: read.stationId,
    correlationId: read.correlationId,
  };
  const detail = { readId: read.id, stationId: read.stationId, kind: read.kind, readAt: read.readAt };
  return reassess(paired, read, policy, { event: 'card-paired', at, detail });
}

/** Works the state out again from the facts; only for a case that has not asked and holds no code of its own. */
export function reassess(current: Case, read: PairedRead | null, policy: SitePolicy, cause: Cause): Change {
  const facts = {
    visit: current.visit,
    visitGone: current.visitGone,
    read,
    staffMobile: current.staffMobile,
    staffClaimType: current.staffClaimType,
  };
  return change(current, asPatch(current, assess(facts, policy), cause.at), cause);
}

export function toStaff(current: Case, reason: Case['reason'], detail: string | null, cause: Cause): Change {
  return change(current, { state: 'needs-staff', reason, reasonDetail: detail, ...NOTHING_TO_DO }, cause);
}

/** True while the state follows from the facts: nothing was asked, and no code of NHSO's is held. */
export function isAssessed(current: Case): boolean {
  if (current.askedAt !== null) return false;
  switch (current.state) {
    case 'awaiting-card':
    case 'ready':
    case 'drafted':
    case 'offline':
    case 'not-required':
    case 'cancelled':
      return current.code === null;
    case 'needs-staff':
      return current.code === null && ASSESSED_REASONS.includes(current.reason);
    default:
      return false;
  }
}

/** True when the case could still take a (better) card read. */
export function wantsCard(current: Case): boolean {
  if (!isAssessed(current) || current.pid === null) return false;
  if (current.state === 'awaiting-card' || current.state === 'offline') return true;
  return current.state === 'needs-staff' && current.readKind !== 'full';
}

function mayHoldCode(current: Case): boolean {
  return current.askedAt !== null || current.code !== null || current.state === 'unknown';
}

/** A clerk typed a code into the HIS while the case stood on the staff's list. */
function codeTypedIn(current: Case, typed: string, at: Instant): Change {
  const cause = { event: 'code-typed-in-his', at, detail: { claimCode: typed } };
  if (current.code !== null && current.code.claimCode !== typed) {
    return toStaff(current, 'his-holds-other-code', typed, cause);
  }
  const code = current.code ?? { claimCode: typed, claimType: null, issuedAt: null, source: 'his' as const };
  const done = { state: 'written' as const, reason: null, reasonDetail: null, code, writtenAt: at };
  return change(current, { ...done, ...NOTHING_TO_DO }, cause);
}

function asPatch(current: Case, found: Assessment, at: Instant): Partial<Case> {
  const facts = {
    pid: found.pid,
    claimType: found.claimType,
    reason: found.reason,
    reasonDetail: found.reasonDetail,
    candidates: found.candidates,
  };
  // a draft that still says the right thing is not drafted again
  if (current.state === 'drafted' && found.state === 'ready' && sameAsk(current, found))
    return { ...facts, state: 'drafted' };
  const base = { ...facts, state: found.state, code: found.code };
  switch (found.state) {
    case 'ready':
      return current.state === 'ready' ? base : { ...base, ...thenDo(current, 'draft', at) };
    case 'found-elsewhere':
      return { ...base, ...thenDo(current, 'write-back', at) };
    case 'offline':
      return current.state === 'offline' ? base : { ...base, ...thenDo(current, 'lookup', at) };
    case 'written':
      return { ...base, ...NOTHING_TO_DO, writtenAt: at };
    default:
      return { ...base, ...NOTHING_TO_DO };
  }
}

function sameAsk(current: Case, found: Assessment): boolean {
  return current.pid === found.pid && current.claimType === found.claimType;
}

/** The only news is the code that was written back: nothing to tell. */
function isOurOwnCode(current: Case, visit: Visit): boolean {
  const code = current.code?.claimCode ?? null;
  return current.state === 'written' && visit.code === code && sameVisit({ ...current.visit, code }, visit);
}

function sameVisit(a: Visit, b: Visit): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
