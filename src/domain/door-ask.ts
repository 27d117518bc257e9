/**
 * A code that a client of the drop-in agent API asks for while no visit of the person stands in the ledger to ask for it.
 * Rule 1 holds as for a case: it is written down before it is sent, and one whose answer was lost is not sent again until two
 * look-ups have shown nothing. One row for a person, hospital, day and claim type; a case that asks keeps its own mark in
 * the same row, so that the two cannot both ask. A visit that comes later takes the row over.
 */

import {
  type Candidate,
  codeKind,
  type IssuedCode,
  isPlausibleCode,
  type MatchResult,
} from './authen-code.ts';
import { type Instant, type ServiceDate, serviceDateOf } from './bangkok.ts';
import { isOlderThanAsk, mayBeOurs } from './machine/lookup.ts';
import { isLastEmpty, LOOKUPS_AT_MOST, type LostAnswerTimes, nextLookup } from './machine/lost-answer.ts';
import type { Gap } from './machine/restored.ts';

export interface AskKey {
  hcode: string;
  /** As the client gave it, without blanks and dashes; no valid citizen id, perhaps. */
  pid: string;
  serviceDate: ServiceDate;
  claimType: string;
}

/**
 * - `asking`: sent, or about to be
 * - `lost`: the answer was lost; it is looked up at `lookAt`
 * - `issued`: NHSO has issued the code that the row holds
 * - `free`: nothing was issued, or nothing was sent: it may be asked for
 * - `case`: the case of the visit `vn` asks, or has taken it over
 */
export type AskState = 'asking' | 'lost' | 'issued' | 'free' | 'case';

export interface DoorAsk extends AskKey {
  /** Grows by one with every change; the ledger refuses a change that was made from an older version. */
  version: number;
  state: AskState;
  vn: string | null;
  /** `key:<name>` of the client. */
  actor: string;
  stationId: string;
  correlationId: string | null;
  askedAt: Instant;
  /** When it is looked up next; null when it is not, or cannot be. */
  lookAt: Instant | null;
  emptyLookups: number;
  /** The ledger's generation in which it was last looked for because the ledger was put back; 0: never. */
  soughtIn: number;
  claimCode: string | null;
  issuedAt: Instant | null;
  updatedAt: Instant;
}

/** Who asks, and with what. */
export interface AskedBy {
  actor: string;
  stationId: string;
  correlationId: string | null;
}

/** What nobody can decide by look-ups alone is looked at again after so long, ms. */
const UNDECIDED_MS = 30 * 60_000;

/**
 * About to ask. Null while it is under way or the code is there. Where the ledger was put back and this may have been asked
 * for in the gap, it is to be looked for first: the answer is then `lost`, and nothing may be sent.
 *
 * @param recoverAt when a look-up finds out what became of it, should this process die
 */
export function beginAsk(
  before: DoorAsk | null,
  key: AskKey,
  by: AskedBy,
  { recoverAt, gap, at }: { recoverAt: Instant; gap: Gap | null; at: Instant },
): DoorAsk | null {
  if (before !== null && before.state !== 'free' && before.state !== 'case') return null;
  const soughtIn = before?.soughtIn ?? 0;
  const begun: DoorAsk = {
    ...key,
    ...by,
    version: (before?.version ?? 0) + 1,
    ...{ state: 'asking', vn: null, askedAt: at, lookAt: recoverAt, emptyLookups: 0, soughtIn },
    ...{ claimCode: null, issuedAt: null, updatedAt: at },
  };
  if (gap === null || soughtIn === gap.generation || !touches(gap, key.serviceDate)) return canLookUp(begun);
  return canLookUp({ ...begun, state: 'lost', askedAt: gap.from, lookAt: at });
}

export function codeIssuedTo(
  ask: DoorAsk,
  code: Pick<IssuedCode, 'claimCode' | 'issuedAt'>,
  at: Instant,
): DoorAsk {
  const { claimCode, issuedAt } = code;
  return changed(ask, { state: 'issued', claimCode, issuedAt, lookAt: null }, at);
}

/** Nothing was sent, or NHSO has refused it and shows no code. */
export function askFreed(ask: DoorAsk, at: Instant): DoorAsk {
  return changed(ask, { state: 'free', lookAt: null }, at);
}

export function askLost(ask: DoorAsk, lookAt: Instant, at: Instant): DoorAsk {
  return canLookUp(changed(ask, { state: 'lost', lookAt }, at));
}

/** A case has it now: it took it over, or holds the code that the row speaks of. */
export function takenByCase(ask: DoorAsk, vn: string, at: Instant): DoorAsk {
  return changed(ask, { state: 'case', vn, lookAt: null }, at);
}

/** The look-up itself could not be made: again later. */
export function lookUpPutOff(ask: DoorAsk, lookAt: Instant, at: Instant): DoorAsk {
  return changed(ask, { lookAt }, at);
}

/** NHSO refused the look-up: again twice as long as the last time, within these, ms. */
const REFUSED_AGAIN_MS = { least: 60_000, most: 30 * 60_000 };

/** Less and less often, and once the day is over no more. */
export function lookUpRefused(ask: DoorAsk, at: Instant): DoorAsk {
  const { least, most } = REFUSED_AGAIN_MS;
  const wait = Math.min(most, Math.max(least, 2 * (at - ask.updatedAt)));
  const lookAt = serviceDateOf(at) > ask.serviceDate ? null : at + wait;
  return changed(ask, { state: 'lost', lookAt }, at);
}

/** NHSO has shown what it has issued. */
export function askLookedUp(
  ask: DoorAsk,
  match: MatchResult,
  { times, gap, at }: { times: LostAnswerTimes; gap: Gap | null; at: Instant },
): DoorAsk {
  const emptyLookups = ask.emptyLookups + 1;
  const isLast = isLastEmpty(ask, times, at);
  const look = (lookAt: Instant): DoorAsk => changed(ask, { state: 'lost', emptyLookups, lookAt }, at);
  // not counted as one that decides: see isUndecided
  const again = (): DoorAsk => ({
    ...look(nextLookup(ask, times, at)),
    emptyLookups: Math.min(emptyLookups, LOOKUPS_AT_MOST - 1),
  });
  // once the day is over nobody asks for it any more
  const isOver = serviceDateOf(at) > ask.serviceDate;
  const undecided = (): DoorAsk => ({
    ...look(at + UNDECIDED_MS),
    ...(isOver ? { lookAt: null } : {}),
    emptyLookups: LOOKUPS_AT_MOST,
  });
  switch (match.kind) {
    case 'fits':
      // an older code would do, but the one that was asked for may only not be shown yet
      if (isOlderThanAsk(match.code, ask.askedAt) && !isLast) return again();
      return codeIssuedTo(ask, match.code, at);
    case 'ambiguous':
      return undecided();
    case 'none': {
      if (!isLast) return again();
      // asked again, NHSO would issue a second one
      if (match.candidates.some((c) => mayBeOurs(c, ask) && !isOthers(c))) return undecided();
      return { ...askFreed(ask, at), emptyLookups, soughtIn: gap?.generation ?? ask.soughtIn };
    }
  }
}

/** Look-ups have not decided it, or cannot: no client gets an answer by waiting. */
export function isUndecided(ask: DoorAsk): boolean {
  if (ask.state !== 'lost') return false;
  return ask.lookAt === null || ask.emptyLookups >= LOOKUPS_AT_MOST;
}

/** A code that NHSO could have issued to this ask, as far as it can be told without looking at visits. */
export function fitsAsk(code: IssuedCode, key: AskKey): boolean {
  const { claimCode, claimType, hcode, issuedAt, pid } = code;
  if (pid !== key.pid || hcode !== key.hcode || claimType !== key.claimType || issuedAt === null)
    return false;
  return (
    serviceDateOf(issuedAt) === key.serviceDate && isPlausibleCode(claimCode) && codeKind(claimCode) !== 'EP'
  );
}

function isOthers({ misfits }: Candidate): boolean {
  return misfits.includes('held-by-other-visit');
}

function touches(gap: Gap, date: ServiceDate): boolean {
  return serviceDateOf(gap.from) <= date && date <= serviceDateOf(gap.to);
}

/** NHSO is asked for thirteen digits only. What is none was not issued a code either, but that nobody can look up. */
function canLookUp(ask: DoorAsk): DoorAsk {
  return /^\d{13}$/.test(ask.pid) ? ask : { ...ask, lookAt: null };
}

function changed(ask: DoorAsk, patch: Partial<DoorAsk>, at: Instant): DoorAsk {
  return { ...ask, ...patch, version: ask.version + 1, updatedAt: at };
}
