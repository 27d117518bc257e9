/**
 * Draft, confirm, and what their answers mean. Rule 1, ask once: a confirm is in the ledger before it is sent, and one
 * whose answer was lost is never sent again until look-ups have shown nothing that fits.
 */

import { type Candidate, type IssuedCode, misfits } from '../authen-code.ts';
import { type Instant, serviceDateOf } from '../bangkok.ts';
import type { Case, CaseState, HeldCode } from '../case.ts';
import { askAgain, type Grounds, reasonAgainstCode, toStaff } from './facts.ts';
import { type Change, change, isRecheck, NO_REASON, thenDo } from './transition.ts';

/** A code asked for on another day would bear that day: nothing is asked once the service day is over. */
export function mayAsk(current: Pick<Case, 'serviceDate'>, now: Instant): boolean {
  return serviceDateOf(now) === current.serviceDate;
}

/** The next step asks for a code, or what it shows decides whether one is asked for. */
const MAY_YET_ASK: readonly CaseState[] = ['ready', 'drafted', 'confirming', 'unknown'];

/** Midnight's deadline: what the next step is about can be had only while the service day lasts. */
export function isForTodayOnly(current: Pick<Case, 'serviceDate' | 'state'>, now: Instant): boolean {
  return mayAsk(current, now) && MAY_YET_ASK.includes(current.state);
}

export function draftSaved(current: Case, at: Instant): Change {
  return change(
    current,
    { state: 'drafted', ...NO_REASON, ...thenDo(current, 'confirm', at) },
    {
      event: 'draft-saved',
      at,
      detail: { claimType: current.claimType },
    },
  );
}

/**
 * A confirm is about to be sent. Should this process die now, the look-up at `recoverAt` finds out what became of it;
 * it must lie beyond the confirm's own time-out.
 */
export function confirmSending(current: Case, recoverAt: Instant, at: Instant): Change {
  return change(
    current,
    {
      state: 'confirming',
      ...NO_REASON,
      askedAt: at,
      emptyLookups: 0,
      ...thenDo(current, 'lookup', recoverAt),
    },
    {
      event: 'confirm-sent',
      at,
      detail: { claimType: current.claimType, correlationId: current.correlationId },
    },
  );
}

/**
 * The confirm was certainly never sent (nobody listened, the process was held up): it may be tried again, beginning with
 * another draft where another counter's agent is to take it over.
 */
export function confirmNotSent(
  current: Case,
  grounds: Grounds,
  why: string,
  again: { step: 'draft' | 'confirm'; dueAt: Instant },
  at: Instant,
): Change {
  return askAgain(current, grounds, again, { event: 'confirm-not-sent', at, detail: { why } });
}

/** NHSO issued a code to us. It must fit like any other before it is written anywhere. */
export function codeIssued(current: Case, issued: IssuedCode, at: Instant): Change {
  const cause = {
    event: 'code-issued',
    at,
    detail: { claimCode: issued.claimCode, issuedAt: issued.issuedAt },
  };
  const code: HeldCode = {
    claimCode: issued.claimCode,
    claimType: issued.claimType,
    issuedAt: issued.issuedAt,
    source: 'confirm',
  };
  const found =
    current.pid === null || current.claimType === null ? [] : misfits(issued, wantedOf(current), false);
  if (found.length > 0) {
    const candidate = { ...code, hcode: issued.hcode, misfits: found, heldBy: null };
    const reason = found.includes('person') ? 'person-mismatch' : 'code-does-not-fit';
    return toStaff({ ...current, candidates: [candidate] }, reason, found.join(', '), cause);
  }
  return holdCode(current, code, 'confirmed', cause);
}

/**
 * The answer to a confirm came after the case had gone on without it (this process had been held up). Whatever the case
 * is now, a code that NHSO issued to us must not get lost: null when the case holds it already.
 */
export function codeCameLate(current: Case, issued: IssuedCode, at: Instant): Change | null {
  const { claimCode, claimType, hcode, issuedAt } = issued;
  if (current.code?.claimCode === claimCode) return null;
  if (current.state === 'confirming' || current.state === 'unknown') return codeIssued(current, issued, at);
  if (current.candidates.some((c) => c.claimCode === claimCode)) return null;
  const late: Candidate = { claimCode, claimType, hcode, issuedAt, misfits: [], heldBy: null };
  const candidates = [...current.candidates, late];
  const cause = { event: 'code-came-late', at, detail: { claimCode, issuedAt } };
  const reason = current.code === null ? 'code-ambiguous' : 'second-code';
  return toStaff({ ...current, candidates }, reason, claimCode, cause);
}

/** The answer of a confirm was lost, or says nothing that can be understood. */
export function answerLost(current: Case, why: string, lookupAt: Instant, at: Instant): Change {
  return change(
    current,
    {
      state: 'unknown',
      ...NO_REASON,
      reasonDetail: why,
      emptyLookups: 0,
      ...thenDo(current, 'lookup', lookupAt),
    },
    { event: 'answer-lost', at, detail: { why } },
  );
}

/**
 * NHSO refused a draft or a confirm. It may mean "already requested": the code is looked up before a person is
 * troubled. `nhsoMessage` is NHSO's own sentence.
 */
export function refused(current: Case, nhsoMessage: string, at: Instant): Change {
  return change(
    current,
    { state: 'unknown', reason: 'refused', reasonDetail: nhsoMessage, ...thenDo(current, 'lookup', at) },
    { event: 'refused', at, detail: { nhsoMessage } },
  );
}

/** Another visit of this person has asked for the same day and claim type: a second is only looked for, never asked. */
export function sameDayAsked(current: Case, otherVn: string, at: Instant): Change {
  return change(
    current,
    { state: 'unknown', reason: 'same-day-code', reasonDetail: otherVn, ...thenDo(current, 'lookup', at) },
    { event: 'same-day-code', at, detail: { otherVn } },
  );
}

/** The code turned out to be on another visit (the ledger's unique index said so); `otherVn` null: of another hospital. */
export function codeHeld(current: Case, claimCode: string, otherVn: string | null, at: Instant): Change {
  return toStaff(
    { ...current, code: null },
    'code-held',
    otherVn === null ? claimCode : `${claimCode} → ${otherVn}`,
    {
      event: 'code-held',
      at,
      detail: { claimCode, otherVn },
    },
  );
}

/**
 * NHSO or the agent could not be reached; the step stays to be done. Null when the case says so already, and when its
 * own reason says more.
 */
export function waitForNhso(current: Case, why: string, at: Instant): Change | null {
  if (current.reason === 'waiting-nhso' && current.reasonDetail === why) return null;
  if (current.state === 'unknown' && current.reason !== null) return null;
  if (current.state === 'needs-staff' || isRecheck(current)) return null;
  return change(
    current,
    { reason: 'waiting-nhso', reasonDetail: why },
    {
      event: 'nhso-not-reached',
      at,
      detail: { why, step: current.nextStep },
    },
  );
}

/**
 * Holds the code and has it written back, unless the visit is gone or has become another person's meanwhile: then a
 * person must know of the code.
 */
export function holdCode(
  current: Case,
  code: HeldCode,
  state: 'confirmed' | 'found-elsewhere',
  cause: { event: string; at: Instant; actor?: string; detail?: Readonly<Record<string, unknown>> },
): Change {
  const held = { ...current, ...NO_REASON, code };
  const against = reasonAgainstCode(held);
  if (against !== null) return toStaff(held, against, code.claimCode, cause);
  return change(held, { state, ...thenDo(current, 'write-back', cause.at) }, cause);
}

/** What a code must agree with to fit the case. Only for a case that has a person and a claim type. */
export function wantedOf(current: Case): {
  pid: NonNullable<Case['pid']>;
  hcode: string;
  serviceDate: Case['serviceDate'];
  claimType: string;
} {
  if (current.pid === null || current.claimType === null)
    throw new TypeError('case has no person or no claim type');
  return {
    pid: current.pid,
    hcode: current.hcode,
    serviceDate: current.serviceDate,
    claimType: current.claimType,
  };
}
