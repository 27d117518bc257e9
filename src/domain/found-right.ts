/**
 * A right without a card: what NHSO answers when it is asked by citizen id alone, for a visit whose card has not come. It
 * says who pays, and nothing of whether the patient was there: no code is ever asked for with it.
 */

import type { Instant, ServiceDate } from './bangkok.ts';
import type { CardRead, NhsoRight } from './card-read.ts';
import type { Case, CaseState } from './case.ts';
import type { CitizenId } from './citizen-id.ts';
import { SET_BACK_MS } from './set-back.ts';
import type { Person } from './visit.ts';

/** `ucws`: SOAP with the UC token; `srm`: REST with the SRM token. */
export const RIGHT_SOURCES = ['ucws', 'srm'] as const;
export type RightSource = (typeof RIGHT_SOURCES)[number];

/** `no-right`: NHSO knows the person and names none. `unknown-person`: NHSO does not know the citizen id. */
export const RIGHT_ANSWERS = ['right', 'no-right', 'unknown-person'] as const;
export type RightAnswer = (typeof RIGHT_ANSWERS)[number];

/** NHSO's answer for a person and a service date. A failure or a refusal is no answer, and never one of these. */
export interface FoundRight {
  hcode: string;
  pid: CitizenId;
  serviceDate: ServiceDate;
  answer: RightAnswer;
  /** There for `right`, and only then. */
  right: NhsoRight | null;
  /** As NHSO knows the person: where the HIS holds another's citizen id, the name tells. Null for `unknown-person`. */
  person: Person | null;
  source: RightSource;
  /** When NHSO answered. */
  askedAt: Instant;
}

/** States in which a visit may go without its right although it was taken in: no full read has come yet. */
export const GOES_WITHOUT_CARD: readonly CaseState[] = ['awaiting-card', 'offline', 'needs-staff'];

/** The right that holds for a visit, and what it is known from: `found` is null when it was told at the card read. */
export interface KnownRight {
  right: NhsoRight;
  found: FoundRight | null;
}

/**
 * What NHSO said when the card was read goes first, also when it named no right; a found one serves where no full read
 * is there. A visit that was cancelled has let go of its read, and has no found right either.
 */
export function rightOf(
  visit: Pick<Case, 'state' | 'readKind'>,
  read: Pick<CardRead, 'right'> | null,
  found: FoundRight | null,
): KnownRight | null {
  const told = read?.right ?? null;
  if (told !== null) return { right: told, found: null };
  if (!takesFoundRight(visit) || found === null || found.right === null) return null;
  return { right: found.right, found };
}

/** Whether a right that was found without a card would be the visit's. */
export function takesFoundRight(visit: Pick<Case, 'state' | 'readKind'>): boolean {
  return visit.readKind !== 'full' && visit.state !== 'cancelled';
}

const MINUTE_MS = 60_000;
const MOST_DOUBLINGS = 5;
/** After a refusal: NHSO has decided, and most likely decides the same again. */
const REFUSED_MS = 60 * MINUTE_MS;

/** When to ask for a person again after so many failed tries (1 or more): 1, 2, 4 … minutes, 32 at most; an hour after a refusal. */
export function nextRightTry(failures: number, mayPass: boolean, now: Instant): Instant {
  const doublings = Math.min(Math.max(failures - 1, 0), MOST_DOUBLINGS);
  return now + (mayPass ? MINUTE_MS * 2 ** doublings : REFUSED_MS);
}

/** A next try that lies farther ahead was set by a clock that was wrong, and counts as due. */
export const FARTHEST_TRY_MS = REFUSED_MS + SET_BACK_MS;
