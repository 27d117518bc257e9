/**
 * What the night's reconciliation may do to a case: hold a code that was found, put the case on the staff's list with what
 * it saw, and take back what it had written. Each is decided on the case as it stands when it is committed.
 */

import type { Candidate, IssuedCode } from '../authen-code.ts';
import { type Instant, serviceDateOf } from '../bangkok.ts';
import type { Case, Reason } from '../case.ts';
import { parseCitizenId } from '../citizen-id.ts';
import { toStaff } from './facts.ts';
import { isOwnAnswer } from './lookup.ts';
import { inDoubt, type LostAnswerTimes } from './lost-answer.ts';
import { holdCode, mayAsk } from './obtain.ts';
import { isAdoptable } from './staff.ts';
import type { Cause, Change } from './transition.ts';

/**
 * The run writes the code back at once. Should it die before that, the bridge does it, but not earlier than this: two that
 * write at the same time could not say which of them undo has to name.
 */
const BRIDGE_WRITES_AFTER_MS = 60_000;

/**
 * On the staff's list for what kept the bridge from asking, or because nothing was found: a code that turns up settles it.
 * Any other reason is a person's: the row cannot be trusted, or a person has taken the code away.
 */
const SETTLED_BY_A_CODE: readonly (Reason | null)[] = [
  'no-phone',
  'enter-at-nhso',
  'claim-type-not-offered',
  'same-day-code',
  'person-mismatch',
  'refused',
  'code-does-not-fit',
  'code-ambiguous',
  'code-held',
  'card-not-read-again',
  'lookup-refused',
  'service-day-over',
];

/** Which run does it, and where it found what it found. */
export interface RunCause {
  run: string;
  at: Instant;
}

/** The visit stands as the case was opened for it, nobody holds or typed a code for it, and nothing of ours is under way. */
export function mayAdopt(current: Case, at: Instant): boolean {
  if (current.askedAt !== null || !isFree(current)) return false;
  if (current.state === 'needs-staff') return SETTLED_BY_A_CODE.includes(current.reason);
  // the card was read, but no draft and no confirm is sent any more: such a case is only looked up
  const isTooLate = ['ready', 'drafted'].includes(current.state) && !mayAsk(current, at);
  return isAdoptable(current) || isTooLate;
}

/** The confirm of this case lost its answer, and this is it. */
export function mayAdoptOwnAnswer(current: Case, code: IssuedCode): boolean {
  const isOpen = ['confirming', 'unknown', 'needs-staff'].includes(current.state);
  return isOpen && isFree(current) && isOwnAnswer(current, code);
}

function isFree(current: Case): boolean {
  const { visit, pid, claimType, code, serviceDate } = current;
  if (code !== null || visit.code !== null || visit.cancelled || current.visitGone) return false;
  if (pid === null || claimType === null || visit.problem !== null) return false;
  return parseCitizenId(visit.pid) === pid && visit.serviceDate === serviceDate;
}

/** Null: the case has moved on and must be judged anew. */
export function codeFoundInRun(
  current: Case,
  code: IssuedCode,
  found: { source: string; times: LostAnswerTimes },
  { run, at }: RunCause,
): Change | null {
  const { claimCode, claimType, issuedAt } = code;
  const isOwn = mayAdoptOwnAnswer(current, code);
  if (!isOwn && !mayAdopt(current, at)) return null;
  const cause = { event: 'code-found', at, detail: { claimCode, issuedAt, run, source: found.source } };
  const held = { claimCode, claimType, issuedAt, source: isOwn ? 'confirm' : 'lookup' } as const;
  // found while the confirm may be at work: as in the bridge's own look-up
  const taken = isOwn ? { ...current, ...inDoubt(current, found.times, at) } : current;
  const { next, history } = holdCode(taken, held, isOwn ? 'confirmed' : 'found-elsewhere', cause);
  const dueAt = next.nextStep === 'write-back' ? at + BRIDGE_WRITES_AFTER_MS : next.dueAt;
  return { next: { ...next, dueAt }, history };
}

/**
 * Codes were seen, but a person must say which is the visit's. Null when the case stays as it is: on the service date
 * itself the patient's card may still come, what is under way finds its own end, and a person who has been told is not told again.
 */
export function ambiguousInRun(
  current: Case,
  candidates: readonly Candidate[],
  { run, at }: RunCause,
): Change | null {
  if (!mayAdopt(current, at) || serviceDateOf(at) <= current.serviceDate) return null;
  if (current.reason === 'code-ambiguous' && isSame(current.candidates, candidates)) return null;
  const codes = candidates.map((c) => c.claimCode);
  const cause = { event: 'code-ambiguous', at, detail: { candidates: codes, run } };
  return toStaff({ ...current, candidates }, 'code-ambiguous', null, cause);
}

/**
 * A person had the run undone: the HIS holds the code no longer. It stays among the candidates, and the case with a person,
 * so that nothing writes it again by itself. Null when the case does not hold that code.
 */
export function writeBackUndone(
  current: Case,
  claimCode: string,
  cause: Omit<Cause, 'event'>,
): Change | null {
  const { code } = current;
  if (code?.claimCode !== claimCode || code.source === 'his') return null;
  if (!['written', 'confirmed', 'found-elsewhere', 'needs-staff'].includes(current.state)) return null;
  const { claimType, issuedAt } = code;
  const undone: Candidate = {
    claimCode,
    claimType,
    hcode: current.hcode,
    issuedAt,
    misfits: [],
    heldBy: null,
  };
  const candidates = [...current.candidates.filter((c) => c.claimCode !== claimCode), undone];
  return toStaff({ ...current, code: null, writtenAt: null, candidates }, 'write-back-undone', claimCode, {
    ...cause,
    event: 'write-back-undone',
    detail: { ...cause.detail, claimCode },
  });
}

function isSame(a: readonly Candidate[], b: readonly Candidate[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
