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
import { addDays, type Instant, type ServiceDate, serviceDateOf } from './bangkok.ts';
import { isOlderThanAsk, mayBeOurs } from './machine/lookup.ts';
import {
  inDoubt,
  isLastEmpty,
  LOOKUPS_AT_MOST,
  type LostAnswerTimes,
  nextLookup,
} from './machine/lost-answer.ts';
import type { Gap } from './machine/restored.ts';
import { secondCodes } from './machine/second-code.ts';
import { CLOCK_WRONG_AT_MOST_MS, setBack } from './set-back.ts';

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
 * - `held`: as `issued`, but the visit `vn` came by the code otherwise (a clerk typed it, a person adopted it). That case has no
 *   mark of its own, so the row goes on keeping the person's other visits from asking
 */
export type AskState = 'asking' | 'lost' | 'issued' | 'free' | 'case' | 'held';

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
  /**
   * When it is looked up next; null when it is not, or cannot be. Of one that is issued: for a second code, see
   * `machine/second-code.ts`.
   */
  lookAt: Instant | null;
  emptyLookups: number;
  /** The ledger's generation in which it was last looked for because the ledger was put back; 0: never. */
  soughtIn: number;
  claimCode: string | null;
  issuedAt: Instant | null;
  /** Codes that NHSO shows besides, or that cannot be told apart: a person must decide on them. */
  candidates: readonly Candidate[];
  updatedAt: Instant;
}

/** In which an ask waits for its end or for a visit: no case has it, and it may not be asked for anew. */
export const OPEN_STATES = ['asking', 'lost', 'issued'] as const satisfies readonly AskState[];

export interface OpenAsk extends DoorAsk {
  state: (typeof OPEN_STATES)[number];
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
    ...{ claimCode: null, issuedAt: null, candidates: [], updatedAt: at },
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

/** A code that was asked for on another day stands in the row of its own. Null where that is taken: asked for, or there. */
export function issuedOnItsDay(
  before: DoorAsk | null,
  key: AskKey,
  by: AskedBy,
  code: Pick<IssuedCode, 'claimCode' | 'issuedAt'>,
  at: Instant,
): DoorAsk | null {
  const begun = beginAsk(before, key, by, { recoverAt: at, gap: null, at });
  if (begun === null) return null;
  const { claimCode, issuedAt } = code;
  return { ...begun, state: 'issued', claimCode, issuedAt, lookAt: null };
}

/** Nothing was sent, or NHSO has refused it and shows no code. */
export function askFreed(ask: DoorAsk, at: Instant): DoorAsk {
  // a code that came late is there: see codeCameLateTo
  if (ask.candidates.length > 0) return askLost(ask, at, at);
  return changed(ask, { state: 'free', lookAt: null }, at);
}

export function askLost(ask: DoorAsk, lookAt: Instant, at: Instant): DoorAsk {
  return canLookUp(changed(ask, { state: 'lost', lookAt }, at));
}

/** A code came after others had gone on without whoever had asked for it; a person must see it. */
export function codeCameLateTo(
  ask: DoorAsk,
  code: Pick<IssuedCode, 'claimCode' | 'issuedAt'>,
  at: Instant,
): DoorAsk {
  const { hcode, claimType } = ask;
  const late: Candidate = { ...code, hcode, claimType, misfits: [], heldBy: null };
  return codesBesideAsk(ask, [late], at);
}

/** Codes that a person must see beside it. */
export function codesBesideAsk(ask: DoorAsk, beside: readonly Candidate[], at: Instant): DoorAsk {
  return changed(ask, { candidates: withSeen(ask.candidates, beside) }, at);
}

/** A case has it now: it took it over, or it has asked for the same itself and holds the code. */
export function takenByCase(ask: DoorAsk, vn: string, at: Instant): DoorAsk {
  return changed(ask, { state: 'case', vn, lookAt: null }, at);
}

/** A case holds the code, and has not asked for it itself. */
export function heldByCase(ask: DoorAsk, vn: string, at: Instant): DoorAsk {
  return changed(ask, { state: 'held', vn, lookAt: null }, at);
}

/** A clock that was ahead has been set back: what was to be looked up in seconds would be in an hour. Null when none was. */
export function askClockSetBack(ask: DoorAsk, at: Instant): DoorAsk | null {
  return setBack(ask.updatedAt, at) === null ? null : changed(ask, {}, at);
}

/** What a clock that was ahead has put off, where it would be, had it been right when the ask was last changed. */
export function timesPutRight(
  { askedAt, lookAt, updatedAt }: DoorAsk,
  at: Instant,
): Pick<DoorAsk, 'askedAt' | 'lookAt'> {
  const right = setBack(updatedAt, at);
  if (right === null) return { askedAt, lookAt };
  return { askedAt: right.past(askedAt), lookAt: lookAt === null ? null : right.due(lookAt) };
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
  return changed(ask, { state: ask.state === 'issued' ? 'issued' : 'lost', lookAt }, at);
}

/**
 * NHSO has shown what it has issued.
 *
 * @param ask its candidates are those that no visit holds; see {@link withoutHeld}
 */
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
  const undecided = (candidates: readonly Candidate[]): DoorAsk => ({
    ...look(at + UNDECIDED_MS),
    ...(isOver ? { lookAt: null } : {}),
    ...{ emptyLookups: LOOKUPS_AT_MOST, candidates },
  });
  switch (match.kind) {
    case 'fits':
      // an older code would do, but the one that was asked for may only not be shown yet
      if (isOlderThanAsk(match.code, ask.askedAt) && !isLast) return again();
      return found(ask, match.code, times, at);
    case 'ambiguous':
      return undecided(withSeen(ask.candidates, match.candidates));
    case 'none': {
      if (!isLast) return again();
      // asked again, NHSO would issue a second one
      const shown = match.candidates.filter((c) => isMaybeTheAsks(c, ask) && !isOthers(c));
      // what was seen before, or came late, is no less there for not being shown now
      const maybe = withSeen(ask.candidates, shown);
      if (maybe.length > 0) return undecided(maybe);
      return { ...askFreed(ask, at), emptyLookups, soughtIn: gap?.generation ?? ask.soughtIn };
    }
  }
}

/** The code may have come by another channel while what was asked for is still at work: then a second one may follow. */
function found(ask: DoorAsk, code: IssuedCode, times: LostAnswerTimes, at: Instant): DoorAsk {
  const { recheckAt = null, emptyLookups = ask.emptyLookups } = inDoubt(ask, times, at);
  // what else could not be told apart from it a while ago stays with it
  const candidates = ask.candidates.filter((c) => c.claimCode !== code.claimCode);
  return { ...codeIssuedTo(ask, code, at), lookAt: recheckAt, emptyLookups, candidates };
}

/** @param beside all codes of the person that NHSO shows, other than the one that was issued */
export function askLookedAtAgain(
  ask: DoorAsk,
  beside: readonly Candidate[],
  times: LostAnswerTimes,
  at: Instant,
): DoorAsk {
  const { recheckAt = null, emptyLookups = ask.emptyLookups } = inDoubt(ask, times, at);
  const known = new Set(ask.candidates.map((c) => c.claimCode));
  const news = secondCodes(beside, ask).filter((c) => !known.has(c.claimCode));
  return changed(ask, { lookAt: recheckAt, emptyLookups, candidates: [...ask.candidates, ...news] }, at);
}

/** A code that a visit holds by now is that visit's, and nobody has to decide on it any more. */
export function withoutHeld(ask: DoorAsk, isHeld: (claimCode: string) => boolean): DoorAsk {
  return { ...ask, candidates: ask.candidates.filter((c) => !isHeld(c.claimCode)) };
}

/** A person must see it: nobody else can say what it is, or to whom its codes belong. */
export function needsPerson(ask: DoorAsk): boolean {
  const isCases = ask.state === 'case' || ask.state === 'held';
  return isUndecided(ask) || (!isCases && ask.candidates.length > 0);
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

function isMaybeTheAsks(candidate: Candidate, ask: DoorAsk): boolean {
  return mayBeOurs(candidate, ask) || mayBeAskedAhead(candidate, ask);
}

/**
 * True for a code of the evening before that a clock which was ahead may have asked for, when by it the next day had begun. As long
 * as that clock is not set back, the code looks older than what asked for it.
 */
export function mayBeAskedAhead(
  { issuedAt }: Pick<IssuedCode, 'issuedAt'>,
  { serviceDate, askedAt }: Pick<DoorAsk, 'serviceDate' | 'askedAt'>,
): boolean {
  if (issuedAt === null || serviceDateOf(issuedAt) !== addDays(serviceDate, -1)) return false;
  return issuedAt >= askedAt - CLOCK_WRONG_AT_MOST_MS;
}

/** Each code once, as it was seen last. */
function withSeen(known: readonly Candidate[], seen: readonly Candidate[]): Candidate[] {
  const codes = new Set(seen.map((c) => c.claimCode));
  return [...known.filter((c) => !codes.has(c.claimCode)), ...seen];
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
  return { ...ask, ...timesPutRight(ask, at), ...patch, version: ask.version + 1, updatedAt: at };
}
