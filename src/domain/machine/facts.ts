/** Facts that come in: the visit from the HIS, the card from a counter. They decide the state until a confirm is sent. */

import { ASSESSED_REASONS, type Assessment, assess, type SitePolicy, standsAsCode } from '../assess.ts';
import type { Instant } from '../bangkok.ts';
import type { CardRead } from '../card-read.ts';
import type { Case, NeedsStaffReason, Reason } from '../case.ts';
import { maskCitizenIds, parseCitizenId } from '../citizen-id.ts';
import type { Visit } from '../visit.ts';
import { isNotReadAgain } from './offline.ts';
import {
  type Cause,
  type Change,
  change,
  historyLine,
  NO_REASON,
  NOTHING_TO_DO,
  thenDo,
} from './transition.ts';

/** What the rules need of the read that a case is paired with; `claimTypes` stay with the read itself. */
export type PairedRead = Pick<CardRead, 'kind' | 'claimTypes' | 'correlationId' | 'pid' | 'serviceDate'>;

/** What a case is judged by beside itself: the read that it is paired with, and the site's policy. */
export interface Grounds {
  read: PairedRead | null;
  policy: SitePolicy;
}

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
    visitGone: visit.cancelled,
    ...NO_READ,
    claimType: null,
    staffMobile: null,
    givenMobile: null,
    staffClaimType: null,
    askedAt: null,
    emptyLookups: 0,
    recheckAt: null,
    soughtIn: 0,
    soughtTimes: 0,
    code: null,
    writtenAt: null,
    nextStep: null,
    stepSeq: 0,
    dueAt: null,
    createdAt: at,
    updatedAt: at,
  };
  const found = assess(
    { visit, visitGone: false, read: null, staffMobile: null, givenMobile: null, staffClaimType: null },
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
 * Once a confirm has been sent, or a code of NHSO's is held, the visit's changes no longer decide the state. Those that
 * make the code wrong still reach a person: another person or day on the visit, or another code in the column.
 */
export function visitSeen(
  current: Case,
  visit: Visit,
  read: PairedRead | null,
  policy: SitePolicy,
  at: Instant,
): Change | null {
  const isSame = sameVisit(current.visit, visit) || isOurOwnCode(current, visit);
  if (isSame && current.visitGone === visit.cancelled && !isTakenOut(current, visit)) return null;
  const news = { visit, hn: visit.hn, visitGone: visit.cancelled };
  const told = { ...current, ...news };
  if (isTakenOut(current, visit) && reasonAgainstCode(told) === null) {
    const claimCode = current.code?.claimCode ?? null;
    const cause = { event: 'code-removed-from-his', at, detail: { claimCode } };
    return toStaff(told, 'his-code-removed', claimCode, cause);
  }
  const cause = { event: 'visit-changed', at };
  if (visit.cancelled && !current.visitGone) return visitGone({ ...told, visitGone: false }, at);
  if (isAssessed(current) || (isUnasked(current) && isOfOther(current, visit))) {
    return reassess(current, news, { read, policy }, cause);
  }
  // a confirm is on its way: what it brings is judged by the visit as it then stands
  if (current.state === 'closed' || current.state === 'confirming' || current.state === 'unknown') {
    return change(current, news, cause);
  }
  const against = reasonAgainstCode(told);
  const isTold = current.state === 'needs-staff' && current.reason === against;
  if (against !== null && !isTold) {
    return toStaff(told, against, current.code?.claimCode ?? null, cause);
  }
  const typed = visit.code === current.visit.code || visit.cancelled ? null : visit.code;
  if (against === null && typed !== null && ['needs-staff', 'written'].includes(current.state)) {
    return codeTypedIn(told, typed, at);
  }
  if (current.state === 'written' && current.code?.source === 'his' && visit.code === null) {
    // a clerk took back what a clerk had typed; what was asked for before that is still a person's to settle
    const without = { ...told, code: null, writtenAt: null };
    return toStaff(without, 'code-does-not-fit', null, cause);
  }
  if (against === null && current.code !== null && WRONG_CODE.includes(current.reason)) {
    const writeBack = thenDo(current, 'write-back', at);
    // a second code is still there to be decided on
    const { candidates } = current;
    const next = { ...news, state: 'found-elsewhere', ...NO_REASON, candidates, ...writeBack } as const;
    return change(current, next, cause);
  }
  return change(current, news, cause);
}

/** The HIS no longer has the visit. */
export function visitGone(current: Case, at: Instant): Change | null {
  if (current.visitGone) return null;
  const cause = { event: 'visit-cancelled', at };
  const gone = { visitGone: true };
  if (current.state === 'closed') return change(current, gone, cause);
  if (current.code !== null) {
    return toStaff({ ...current, ...gone }, 'visit-cancelled-after-code', current.code.claimCode, cause);
  }
  // a confirm is on its way, or may have brought a code: its end decides whether there is one to tell a person about
  const isWaiting = current.state === 'confirming' || current.state === 'unknown';
  if (isWaiting || current.askedAt !== null) return change(current, gone, cause);
  // the patient may be registered anew: the read is free to serve that visit
  const over = { state: 'cancelled', reason: 'visit-cancelled', reasonDetail: null } as const;
  return change(current, { ...gone, ...over, ...NO_READ, ...NOTHING_TO_DO }, cause);
}

/** A card read was paired with the visit, or a better one takes the place of the one before; see `pairing.ts`. */
export function cardPaired(current: Case, read: CardRead, policy: SitePolicy, at: Instant): Change {
  const paired: Partial<Case> = {
    readId: read.id,
    readKind: read.kind,
    readAt: read.readAt,
    stationId: read.stationId,
    correlationId: read.correlationId,
    ...(read.phone === null ? {} : { givenMobile: read.phone }),
  };
  const detail = { readId: read.id, stationId: read.stationId, kind: read.kind, readAt: read.readAt };
  return reassess(
    current,
    paired,
    { read, policy },
    { event: 'card-paired', at, detail: { ...detail, ...certifiedBy(read) } },
  );
}

/** For the history; who it was stands with the read itself, since the history holds no names. */
function certifiedBy({ certifier }: CardRead): Record<string, unknown> {
  if (certifier === null) return {};
  const { cardReadId, role, relation, reason } = certifier;
  return {
    certifier: { cardReadId, role, relation: maskCitizenIds(relation), reason: maskCitizenIds(reason) },
  };
}

/**
 * Works the state out again from the facts, `news` among them; only for a case that has nothing under way at NHSO and
 * holds no code of its own. A read of another person or day (the visit was corrected) is let go: rule 5.
 */
export function reassess(current: Case, news: Partial<Case>, grounds: Grounds, cause: Cause): Change {
  const told = { ...current, ...news };
  const { visit, visitGone: isGone, staffMobile, staffClaimType } = told;
  // it was given for that person
  const givenMobile = parseCitizenId(visit.pid) === told.pid ? told.givenMobile : null;
  const read = grounds.read !== null && !isGone && isReadOf(grounds.read, visit) ? grounds.read : null;
  const facts = { visit, visitGone: isGone, read, staffMobile, givenMobile, staffClaimType };
  const found = assess(facts, grounds.policy);
  // a client of the agent API may have asked with another read's
  const ofRead = read === null ? NO_READ : { correlationId: read.correlationId };
  const own: Partial<Case> = { serviceDate: visit.serviceDate, givenMobile, ...ofRead };
  return change(current, { ...news, ...own, ...asPatch(told, found, cause.at) }, cause);
}

/**
 * The confirm has certainly brought no code, so it (or the draft before it) may be sent again at `dueAt`, if the facts,
 * which may have changed meanwhile, still ask for it.
 */
export function askAgain(
  current: Case,
  grounds: Grounds,
  { step, dueAt }: { step: 'draft' | 'confirm'; dueAt: Instant },
  cause: Cause,
): Change {
  const state = step === 'draft' ? 'ready' : 'drafted';
  const free: Partial<Case> = { askedAt: null, state, ...NO_REASON, ...thenDo(current, step, dueAt) };
  return reassess(current, free, grounds, cause);
}

/** Why the code that the case holds must not stay on (or go to) the visit as it now stands; null when it may. */
export function reasonAgainstCode(current: Case): NeedsStaffReason | null {
  const { code, visit } = current;
  if (code === null) return null;
  if (current.visitGone) return 'visit-cancelled-after-code';
  // the HIS's own code is the HIS's own business
  if (code.source === 'his') return null;
  if (current.pid !== null && parseCitizenId(visit.pid) !== current.pid) return 'person-mismatch';
  return visit.serviceDate === current.serviceDate ? null : 'code-does-not-fit';
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
    case 'expired':
    case 'cancelled':
      return current.code === null;
    case 'written':
      return current.code?.source === 'his';
    case 'needs-staff':
      return current.code === null && ASSESSED_REASONS.includes(current.reason);
    default:
      return false;
  }
}

/** True when the case could still take a (better) card read. */
export function wantsCard(current: Case): boolean {
  if (!isAssessed(current) || current.pid === null) return false;
  if (['awaiting-card', 'offline', 'expired'].includes(current.state)) return true;
  return current.state === 'needs-staff' && current.readKind !== 'full';
}

/** Presence was proved without the patient's card: the case waits for a person who enters it at NHSO, and for the code. */
export function isToBeEntered(current: Case): boolean {
  return current.state === 'needs-staff' && current.reason === 'enter-at-nhso';
}

/** On the staff's list, with nothing asked and no code held. */
export function isUnasked(current: Case): boolean {
  return current.state === 'needs-staff' && current.askedAt === null && current.code === null;
}

/** Reasons that say of the held code that it is not the visit's; they go when the HIS is put right. */
const WRONG_CODE: readonly (Reason | null)[] = [
  'visit-cancelled-after-code',
  'person-mismatch',
  'code-does-not-fit',
];

const NO_READ = { readId: null, readKind: null, readAt: null, stationId: null, correlationId: null } as const;

function isReadOf(read: PairedRead, visit: Visit): boolean {
  return read.pid === parseCitizenId(visit.pid) && read.serviceDate === visit.serviceDate;
}

/** The visit is now another person's, or of another day. */
function isOfOther(current: Case, visit: Visit): boolean {
  return parseCitizenId(visit.pid) !== current.pid || visit.serviceDate !== current.serviceDate;
}

/** A clerk typed a code into the HIS. */
function codeTypedIn(told: Case, typed: string, at: Instant): Change {
  const detail = { claimCode: maskCitizenIds(typed), ...notTaken(told, typed) };
  const cause = { event: 'code-typed-in-his', at, detail };
  // what a clerk had typed before makes way for what they typed now
  const held = told.code?.source === 'his' ? null : told.code;
  const isOurs = held?.claimCode === typed;
  // the code that was written is no answer to what stands beside it
  const isNoNews = told.state === 'written' || told.candidates.length > 0;
  if (isOurs && isNoNews) return change(told, {}, { event: 'visit-changed', at });
  if (!isOurs && (held !== null || !standsAsCode(typed))) {
    return toStaff({ ...told, code: held }, 'his-holds-other-code', maskCitizenIds(typed), cause);
  }
  const code = held ?? { claimCode: typed, claimType: null, issuedAt: null, source: 'his' as const };
  const done = { state: 'written' as const, reason: null, reasonDetail: null, code, writtenAt: at };
  return change(told, { ...done, ...NOTHING_TO_DO }, cause);
}

/** The other codes that a person had before them when they chose one: history keeps what the case no longer shows. */
export function notTaken({ candidates }: Case, chosen: string): { notTaken?: readonly string[] } {
  const others = candidates.map((c) => c.claimCode).filter((code) => code !== chosen);
  return others.length === 0 ? {} : { notTaken: others };
}

function asPatch(current: Case, found: Assessment, at: Instant): Partial<Case> {
  const facts = {
    pid: found.pid,
    claimType: found.claimType,
    reason: found.reason,
    reasonDetail: found.reasonDetail,
    candidates: found.candidates,
    // what was looked for was another person's, or for another day or purpose
    soughtTimes: isSameSearch(current, found) ? current.soughtTimes : 0,
  };
  // a draft that still says the right thing is not drafted again
  if (current.state === 'drafted' && found.state === 'ready' && sameAsk(current, found))
    return { ...facts, state: 'drafted' };
  // nothing has come of the card read yet: it stays on the staff's list, with their words, and is looked up as before
  if (isNotReadAgain(current) && found.state === 'offline') {
    const { state, reason, reasonDetail, candidates } = current;
    return { ...facts, state, reason, reasonDetail, candidates };
  }
  const base = { ...facts, state: found.state, code: found.code, writtenAt: null };
  switch (found.state) {
    case 'ready':
      return current.state === 'ready' && sameAsk(current, found)
        ? base
        : { ...base, ...thenDo(current, 'draft', at) };
    case 'found-elsewhere':
      return { ...base, ...thenDo(current, 'write-back', at) };
    case 'offline':
      return current.state === 'offline' ? base : { ...base, ...thenDo(current, 'lookup', at) };
    case 'needs-staff': {
      // a person enters it at NHSO; whether they have is looked up by itself
      if (found.reason !== 'enter-at-nhso') return { ...base, ...NOTHING_TO_DO };
      const isLookedUp = isToBeEntered(current) && current.nextStep === 'lookup';
      return isLookedUp ? base : { ...base, ...thenDo(current, 'lookup', at) };
    }
    case 'written':
      return { ...base, ...NOTHING_TO_DO, writtenAt: current.state === 'written' ? current.writtenAt : at };
    default:
      return { ...base, ...NOTHING_TO_DO };
  }
}

function sameAsk(current: Case, found: Assessment): boolean {
  return current.pid === found.pid && current.claimType === found.claimType;
}

function isSameSearch(current: Case, found: Assessment): boolean {
  return sameAsk(current, found) && current.serviceDate === current.visit.serviceDate;
}

/**
 * The code that was written is no longer in the HIS: a clerk took it out, or the right row that held it was changed.
 * A visit that was read before the write-back looks the same, so whoever tells of it must have read it afterwards.
 */
export function isTakenOut(current: Case, visit: Visit): boolean {
  const isOurs = current.state === 'written' && current.code !== null && current.code.source !== 'his';
  return isOurs && visit.code === null && !visit.cancelled;
}

/** The only news is the code that was written back, or is about to be noted as written: nothing to tell. */
function isOurOwnCode(current: Case, visit: Visit): boolean {
  if (!['written', 'confirmed', 'found-elsewhere'].includes(current.state)) return false;
  const code = current.code?.claimCode ?? null;
  return visit.code === code && sameVisit({ ...current.visit, code }, visit);
}

function sameVisit(a: Visit, b: Visit): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
