/**
 * The case: one per visit (hcode + visit number), the ledger's unit and the only truth about how far a visit has come.
 */

import type { Candidate } from './authen-code.ts';
import type { Instant, ServiceDate } from './bangkok.ts';
import type { ReadKind } from './card-read.ts';
import type { CitizenId } from './citizen-id.ts';
import type { NotRequiredReason } from './requirement.ts';
import type { Visit } from './visit.ts';

export const CASE_STATES = [
  'awaiting-card', // needs a code; the person's card has not been read yet
  'ready', // card read paired; draft is next
  'drafted', // NHSO holds a draft; confirm is next
  'confirming', // a confirm has been sent or is about to be; its answer is not in the ledger yet
  'unknown', // the answer of a confirm was lost: look the code up before anything is asked again
  'offline', // the card was read while NHSO could not be reached; waits for a re-read or a code found there
  'confirmed', // NHSO issued the code to us; write-back is next
  'found-elsewhere', // a code that fits was found at NHSO or in the HIS's log; write-back is next
  'written', // the HIS row holds the code
  'needs-staff', // a person must decide; the reason says what
  'not-required', // no code is needed for this visit
  'expired', // the service day is over and no code was found
  'cancelled', // the HIS no longer has the visit
  'closed', // a person closed the case with a reason
] as const;

export type CaseState = (typeof CASE_STATES)[number];

/** States in which nothing more will happen by itself. */
export const FINAL_STATES: readonly CaseState[] = [
  'written',
  'not-required',
  'expired',
  'cancelled',
  'closed',
];

export type NeedsStaffReason =
  | 'unreadable-row' // the HIS row cannot be understood
  | 'no-citizen-id'
  | 'invalid-citizen-id'
  | 'no-phone'
  | 'enter-at-nhso' // presence was proved without the patient's card: a person asks for the code on NHSO's page
  | 'claim-type-not-offered' // the configured claim type is not among those that the read offered
  | 'same-day-code' // a code for this person, day and claim type belongs to another visit, and no second was found
  | 'person-mismatch' // NHSO answered for another person than the visit's
  | 'refused' // NHSO refused, and no code was found there
  | 'code-does-not-fit' // NHSO issued a code that differs in person, date or type
  | 'code-ambiguous' // several codes fit, or one fits several visits
  | 'code-held' // the code is already on another visit
  | 'second-code' // NHSO shows another code of the person, day and claim type beside the one that the visit holds
  | 'his-holds-other-code' // the HIS column holds a different value; never overwritten
  | 'his-code-removed' // the HIS no longer holds the code that was written
  | 'his-row-missing' // no right row of the visit to write to
  | 'his-row-locked' // the HIS has locked the row
  | 'his-refused' // the HIS did not keep what was written, or does not permit it
  | 'visit-cancelled-after-code' // the visit was cancelled but NHSO has issued a code for it
  | 'write-back-undone' // a person had the night's run undone: the code was taken out of the HIS again
  | 'card-not-read-again' // the card was read while NHSO could not be reached; nothing has come of it, and the day is passing
  | 'lookup-refused' // NHSO refuses to say which codes it has issued
  | 'service-day-over'; // the day ended before a code was had; the detail says what stood in the way

export type WaitReason =
  | 'waiting-card'
  | 'waiting-reread' // the card was read while NHSO could not be reached: it must be read again
  | 'waiting-nhso' // NHSO could not be reached; the bridge goes on by itself
  | 'ledger-restored' // the ledger was put back from a backup: NHSO is asked what it has issued before a code is asked for
  | 'waiting-his' // the HIS could not be reached; the bridge goes on by itself
  | 'day-over-no-card'
  | 'day-over-not-entered' // presence was proved without the patient's card, and NHSO showed no code for it
  | 'visit-cancelled'
  | 'closed-by-staff';

export type Reason = NeedsStaffReason | NotRequiredReason | WaitReason;

/** Where a code came from. */
export type CodeSource = 'confirm' | 'lookup' | 'his' | 'his-log' | 'staff';

export interface HeldCode {
  claimCode: string;
  claimType: string | null;
  /** When NHSO issued it, as far as it is known. */
  issuedAt: Instant | null;
  source: CodeSource;
}

/** The steps that are done to the outside world, each a queue of its own. */
export const STEPS = ['draft', 'confirm', 'lookup', 'write-back'] as const;
export type Step = (typeof STEPS)[number];

export interface Case {
  hcode: string;
  vn: string;
  hn: string | null;
  serviceDate: ServiceDate;
  /** Grows by one with every change; the ledger refuses a change that was made from an older version. */
  version: number;
  state: CaseState;
  reason: Reason | null;
  /** What a person needs beside the reason: NHSO's words, the column, the offers. Never a citizen id. */
  reasonDetail: string | null;
  /** Codes that were seen but did not fit, for the person who decides. */
  candidates: readonly Candidate[];
  /** The visit as the HIS last told it. */
  visit: Visit;
  /** Null when the HIS holds none or one that is not valid. */
  pid: CitizenId | null;
  /** The HIS no longer has the visit. */
  visitGone: boolean;
  /** The paired card read. */
  readId: string | null;
  readKind: ReadKind | null;
  readAt: Instant | null;
  stationId: string | null;
  correlationId: string | null;
  claimType: string | null;
  /** A person's answers, which go before what the HIS and the configuration say. */
  staffMobile: string | null;
  /** Given at the counter with a certified or photo read of this person; serves where the HIS has no mobile. */
  givenMobile: string | null;
  staffClaimType: string | null;
  /**
   * Set from before a confirm is sent until NHSO has certainly not issued a code for it. While it is set no other case of
   * the same hospital, person, day and claim type may confirm (the ledger's unique index says so).
   */
  askedAt: Instant | null;
  /** Look-ups in a row, since the confirm was sent, after which it was not certain that its end had been seen. */
  emptyLookups: number;
  /**
   * The answer of the confirm was lost, and what NHSO showed then has been taken or given to a person, while the confirm may
   * still be at work: NHSO is to be looked at again then; see `machine/second-code.ts`. Null: nothing is in doubt.
   */
  recheckAt: Instant | null;
  /** The ledger's generation in which the code was last looked for because the ledger was put back; 0: never. */
  soughtIn: number;
  /** Look-ups in that generation which showed nothing; see `machine/restored.ts`. */
  soughtTimes: number;
  code: HeldCode | null;
  writtenAt: Instant | null;
  /** What must be done next to the outside world, and not before when. */
  nextStep: Step | null;
  /** Grows when a next step is set; with hcode, vn and step it makes the job id. */
  stepSeq: number;
  dueAt: Instant | null;
  createdAt: Instant;
  updatedAt: Instant;
}

/** One line of a case's append-only history. */
export interface HistoryEntry {
  at: Instant;
  /** `bridge`, or `key:<name>` of the person or program. */
  actor: string;
  /** What happened, in words of the field: `visit-seen`, `card-paired`, `draft-saved`, `confirm-sent`, … */
  event: string;
  fromState: CaseState | null;
  toState: CaseState;
  reason: Reason | null;
  /** Facts of the event. Never a citizen id. */
  detail: Readonly<Record<string, unknown>>;
}

export interface StoredHistoryEntry extends HistoryEntry {
  seq: number;
}
