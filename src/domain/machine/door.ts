/**
 * What the drop-in agent API does to a case: a client at the counter asks NHSO for the code in the place of the bridge, with
 * the visit's own case to hold the ask; or it has asked before the visit came, and the visit takes over what it left.
 */

import { type Candidate, type MatchResult, misfits } from '../authen-code.ts';
import { type Instant, serviceDateOf } from '../bangkok.ts';
import type { Case } from '../case.ts';
import { parseCitizenId } from '../citizen-id.ts';
import { type AskKey, codesBesideAsk, type DoorAsk, isUndecided, timesPutRight } from '../door-ask.ts';
import { type Grounds, isAssessed, reassess, toStaff } from './facts.ts';
import { holdCode, mayAsk, wantedOf } from './obtain.ts';
import { mayAdopt } from './reconcile.ts';
import { type Change, change, NO_REASON, thenDo } from './transition.ts';

/** What the client sends, as far as it concerns the case. */
export interface DoorRequest {
  pid: string;
  claimType: string;
  mobile: string;
  correlationId: string;
  stationId: string;
}

export interface DoorCause {
  /** `key:<name>` of the client. */
  actor: string;
  at: Instant;
}

/** What a client's request changes of a case; it is put back when nothing came of it. */
export type BeforeDoor = Pick<Case, 'staffMobile' | 'staffClaimType' | 'correlationId' | 'stationId'>;

/** In every line of the history that a client of the agent API has caused. */
const THROUGH = { through: 'agent-api' } as const;

/** The case waits for nothing but a card, a phone or its turn: a client may ask for its code in its place. */
export function isOpenToDoor(current: Case): boolean {
  const { visit, pid, state, reason } = current;
  if (!isAssessed(current) || current.visitGone || visit.cancelled || visit.code !== null) return false;
  if (pid === null || parseCitizenId(visit.pid) !== pid || visit.serviceDate !== current.serviceDate)
    return false;
  if (state === 'needs-staff') return reason === 'no-phone' || reason === 'claim-type-not-offered';
  return ['awaiting-card', 'ready', 'drafted', 'offline'].includes(state);
}

/** The case may take a code that a client got for the person: as above, and where a code that turns up settles it. */
function mayTakeCode(current: Case, at: Instant): boolean {
  return current.claimType !== null && (isOpenToDoor(current) || mayAdopt(current, at));
}

/**
 * Which visit of the person it is for: the one whose card read the client speaks of, else the one that needs this claim type
 * and began nearest to `at`, as with a card; else the only one there is. Null: it is not certain.
 *
 * @param open all of one person, hospital and day
 */
function chooseVisit(
  open: readonly Case[],
  asked: { claimType: string; correlationId: string | null },
  at: Instant,
): Case | null {
  const ofRead = open.find((c) => c.correlationId !== null && c.correlationId === asked.correlationId);
  if (ofRead !== undefined) return ofRead;
  const distance = (c: Case): number => Math.abs(c.visit.startedAt - at);
  const [nearest] = open
    .filter((c) => c.claimType === asked.claimType)
    .toSorted((a, b) => distance(a) - distance(b) || (a.vn < b.vn ? -1 : 1));
  return nearest ?? (open.length === 1 ? (open[0] ?? null) : null);
}

/** How it stands with what a client asks for. */
export type Standing =
  | { kind: 'code'; claimCode: string; issuedAt: Instant | null }
  /** Somebody asks, or looks whether it was asked. */
  | { kind: 'under-way' }
  /** Asked, and only a person can say what became of it. */
  | { kind: 'stuck' }
  /** No card of the person has been read today, by a reader worker or through the door: rule 5. */
  | { kind: 'no-card' }
  /** It may be asked for. `target`: the visit whose case is to hold the ask; null when there is none. */
  | { kind: 'open'; target: Case | null };

/**
 * @param ask the row of what clients have asked for, read before the cases: what a case has taken over is seen in one of them
 * @param cases all of the person, hospital and day
 * @param isWhole the request may be held by a case
 * @param isRead the person's card was read today, with NHSO's word
 */
export function doorStanding(
  ask: DoorAsk | null,
  cases: readonly Case[],
  { claimType, serviceDate }: AskKey,
  { correlationId, isWhole, isRead }: { correlationId: string | null; isWhole: boolean; isRead: boolean },
  at: Instant,
): Standing {
  if ((ask?.state === 'issued' || ask?.state === 'held') && ask.claimCode !== null) {
    return { kind: 'code', claimCode: ask.claimCode, issuedAt: ask.issuedAt };
  }
  for (const { code, claimType: wanted } of cases) {
    const isAsked = code !== null && code.source !== 'his' && (code.claimType ?? wanted) === claimType;
    if (!isAsked || code.issuedAt === null || serviceDateOf(code.issuedAt) !== serviceDate) continue;
    return { kind: 'code', claimCode: code.claimCode, issuedAt: code.issuedAt };
  }
  const same = cases.filter((c) => c.claimType === claimType && c.code === null);
  if (same.some((c) => c.state === 'confirming' || c.state === 'unknown')) return { kind: 'under-way' };
  // also where a code of another kind has settled it since: the ledger lets nobody ask for it beside that case
  if (cases.some((c) => c.claimType === claimType && c.askedAt !== null)) return { kind: 'stuck' };
  if (ask?.state === 'asking') return { kind: 'under-way' };
  if (ask?.state === 'lost') return { kind: isUndecided(ask) ? 'stuck' : 'under-way' };
  if (!isRead) return { kind: 'no-card' };
  const open = isWhole ? cases.filter(isOpenToDoor) : [];
  return { kind: 'open', target: chooseVisit(open, { claimType, correlationId }, at) };
}

/** The visit that takes over what a client has asked for; null when there is none, or it is not certain which. */
export function visitForAsk(ask: DoorAsk, cases: readonly Case[], at: Instant): Case | null {
  const may = (c: Case): boolean => (ask.state === 'issued' ? mayTakeCode(c, at) : isOpenToDoor(c));
  return chooseVisit(cases.filter(may), ask, ask.askedAt);
}

/**
 * The ask's code waits for a visit, and the person's visits of that day hold others: NHSO has issued two for the same, and perhaps no
 * visit will ever take this one. Null: no visit does, or the ask names them all already.
 */
export function besideVisits(ask: DoorAsk, cases: readonly Case[], at: Instant): DoorAsk | null {
  if (ask.state !== 'issued' || ask.lookAt !== null) return null;
  const held = cases.flatMap(({ code, hcode, state, vn }): Candidate[] => {
    if (code === null || state === 'cancelled' || code.claimCode === ask.claimCode) return [];
    const { claimCode, claimType, issuedAt } = code;
    if (claimType !== null && claimType !== ask.claimType) return [];
    return [{ claimCode, claimType, hcode, issuedAt, misfits: ['held-by-other-visit'], heldBy: vn }];
  });
  const known = new Set(ask.candidates.map((c) => c.claimCode));
  return held.every((c) => known.has(c.claimCode)) ? null : codesBesideAsk(ask, held, at);
}

/**
 * The client's confirm is about to be sent. Null: the case has moved on, perhaps to another person. The client speaks for the counter, so its phone and
 * claim type stand as a person's answers.
 */
export function askedThroughDoor(
  current: Case,
  request: DoorRequest,
  recoverAt: Instant,
  { actor, at }: DoorCause,
): Change | null {
  if (current.pid !== request.pid || !isOpenToDoor(current) || !mayAsk(current, at)) return null;
  const { claimType, mobile, correlationId, stationId } = request;
  return change(
    current,
    {
      ...{ state: 'confirming', ...NO_REASON, askedAt: at, emptyLookups: 0 },
      ...withClaimType(current, claimType),
      ...{ staffMobile: mobile, correlationId, stationId },
      ...thenDo(current, 'lookup', recoverAt),
    },
    { event: 'confirm-sent', actor, at, detail: { claimType, correlationId, stationId, ...THROUGH } },
  );
}

/** It was certainly not sent, or did nothing: the case goes on as if the client had not come. */
export function doorNotSent(
  current: Case,
  before: BeforeDoor,
  grounds: Grounds,
  why: string,
  { actor, at }: DoorCause,
): Change {
  const cause = { event: 'confirm-not-sent', actor, at, detail: { why, ...THROUGH } };
  return reassess(current, asBefore(before), grounds, cause);
}

/**
 * NHSO refused the client's request, and `match` is what it shows. A code that fits is the visit's; otherwise it was the
 * client's request that was refused, and the case goes on with what it has itself.
 */
export function doorRefused(
  current: Case,
  before: BeforeDoor,
  match: MatchResult,
  grounds: Grounds,
  nhsoMessage: string,
  { actor, at }: DoorCause,
): Change {
  if (match.kind === 'fits') {
    const { claimCode, claimType, issuedAt } = match.code;
    const cause = {
      event: 'code-found',
      actor,
      at,
      detail: { claimCode, issuedAt, nhsoMessage, ...THROUGH },
    };
    return holdCode(current, { claimCode, claimType, issuedAt, source: 'lookup' }, 'found-elsewhere', cause);
  }
  const cause = { event: 'refused', actor, at, detail: { nhsoMessage, ...THROUGH } };
  return reassess(current, asBefore(before), grounds, cause);
}

/**
 * The visit takes over what a client has asked for before it came: the code, or the ask whose answer was lost, with the
 * look-ups that it has had. Null: it may not, or there is nothing to take yet.
 */
export function takenOver(current: Case, left: DoorAsk, at: Instant): Change | null {
  const ask = { ...left, ...timesPutRight(left, at) };
  const { actor, askedAt, claimCode, issuedAt, claimType, correlationId, stationId } = ask;
  const detail = { claimType, correlationId, stationId, askedAt, ...THROUGH };
  const asked = { ...current, ...withClaimType(current, claimType), askedAt };
  const { emptyLookups } = ask;
  if (ask.state === 'issued' && claimCode !== null) {
    if (!mayTakeCode(current, at)) return null;
    const cause = { event: 'code-issued', actor, at, detail: { ...detail, claimCode, issuedAt } };
    const { hcode, pid } = ask;
    const code = { claimCode, claimType, hcode, issuedAt };
    const wrong = misfits({ ...code, pid }, wantedOf(asked), false);
    // should a second code of the ask still be looked for, the case does it
    const taken = { ...asked, emptyLookups, recheckAt: ask.lookAt };
    const candidates = [{ ...code, misfits: wrong, heldBy: null }, ...ask.candidates];
    if (wrong.length > 0) {
      return toStaff({ ...taken, candidates }, 'code-does-not-fit', wrong.join(', '), cause);
    }
    if (ask.candidates.length > 0) return toStaff({ ...taken, candidates }, 'code-ambiguous', null, cause);
    return holdCode(taken, { claimCode, claimType, issuedAt, source: 'confirm' }, 'confirmed', cause);
  }
  if (ask.state !== 'lost' || ask.lookAt === null || !isOpenToDoor(current)) return null;
  return change(
    asked,
    {
      ...{ state: 'unknown', ...NO_REASON, emptyLookups, correlationId, stationId },
      // what look-ups alone cannot decide the case brings to a person at once
      ...thenDo(current, 'lookup', isUndecided(ask) ? at : Math.max(at, ask.lookAt)),
    },
    { event: 'ask-taken-over', actor, at, detail },
  );
}

/** The case's own mark stands for what the client has asked for: nobody else asks for it. */
export function hasAskedFor({ askedAt, hcode, pid, serviceDate, claimType }: Case, key: AskKey): boolean {
  const isSame = hcode === key.hcode && pid === key.pid && serviceDate === key.serviceDate;
  return askedAt !== null && isSame && claimType === key.claimType;
}

export function beforeDoor({ staffMobile, staffClaimType, correlationId, stationId }: Case): BeforeDoor {
  return { staffMobile, staffClaimType, correlationId, stationId };
}

function asBefore(before: BeforeDoor): Partial<Case> {
  return { ...before, askedAt: null, state: 'awaiting-card', ...NO_REASON };
}

function withClaimType(current: Case, claimType: string): Partial<Case> {
  return current.claimType === claimType ? {} : { claimType, staffClaimType: claimType };
}
