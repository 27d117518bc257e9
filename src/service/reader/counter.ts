/**
 * What is going on at the counter, and what to do next: the reader worker without its hands. Pure; time comes in as
 * an argument.
 *
 * One read per insertion. The exceptions, and why:
 * - nothing could be read: again, with growing pauses, while the card is there;
 * - only the card could be read because NHSO was down: again in full when NHSO is back, so that the case can go on;
 * - the reader was out of sight for a while (agent restarted, reader unplugged), or is now seen by another source (the
 *   agent, PC/SC): the card there now may be another one, so it is read, and the result dropped if it tells what was told
 *   already ({@link afterRead}, `repeat`). One person at the counter is one read, whichever source saw the card.
 *
 * Not seen: two cards swapped between two looks of a source that shows no insertions (the agent). Reading again and
 * again to find out would hold the reader and ask NHSO without need; a look is taken right after each read, which
 * leaves the length of one poll.
 */

import { type Instant, serviceDateOf } from '../../domain/bangkok.ts';
import type { ErrorCode } from '../../domain/bridge-error.ts';
import type { OwnCardKind } from '../../domain/card-read.ts';
import type { ReaderSlot } from '../ports/reader.ts';
import { backoffMs } from './backoff.ts';

export type ReadKind = OwnCardKind;

/** Between two tries of a card that cannot be read, ms. */
const LONGEST_PAUSE_MS = 15_000;

export interface CounterPolicy {
  /** Between a card's insertion and its reading, ms: contacts bounce, and the agent has its own start-up. */
  settleMs: number;
  /** While NHSO is down, a full read is tried at most once in this time, ms. */
  nhsoRetryMs: number;
  /** Whether the source can ask NHSO at all. */
  asksNhso: boolean;
}

/** What has been told of the card in the reader. */
interface Told {
  pid: string;
  kind: ReadKind;
  at: Instant;
}

interface CardInReader {
  /** Each reader that holds a card, with its insertion; something else means that a card was put in or taken out. */
  held: readonly string[];
  /** Names of these readers. */
  readers: readonly string[];
  /** Not read before this. */
  notBefore: Instant;
  failures: number;
  told: Told | null;
  /** What was told of the card that was here before the reader went out of sight. */
  before: Told | null;
}

export interface CounterState {
  /** Who looked last. */
  source: string | null;
  card: CardInReader | null;
  /** Told of a card that another source saw last; it may lie there still, in a reader that this one does not show. */
  elsewhere: { source: string; readers: readonly string[]; told: Told } | null;
  /** The reader cannot be seen; `card` is what was there last. */
  blind: boolean;
  /** Who says so last. Null: as far as is known NHSO answers. */
  nhsoDown: { by: 'own' | 'bridge'; nextFullAt: Instant } | null;
}

export const EMPTY_COUNTER: CounterState = {
  ...{ source: null, card: null, elsewhere: null },
  ...{ blind: false, nhsoDown: null },
};

/** The readers were looked at, through `source`. No reader at all counts as out of sight. */
export function afterLook(
  state: CounterState,
  slots: readonly ReaderSlot[],
  now: Instant,
  policy: CounterPolicy,
  source = 'agent',
): CounterState {
  if (slots.length === 0) return { ...state, blind: true };
  const isOther = state.source !== null && state.source !== source;
  const before = isOther ? handedOver(state, state.source ?? source, source) : { ...state, source };
  const seen = withCard(before, slots, now, policy);
  return { ...seen, elsewhere: stillElsewhere(before.elsewhere, slots, source), blind: false };
}

/** Another source looks: whether the card is the same cannot be seen. */
function handedOver(state: CounterState, from: string, to: string): CounterState {
  const told = state.card?.told ?? state.card?.before ?? null;
  const readers = state.card?.readers ?? [];
  const elsewhere = told === null ? state.elsewhere : { source: from, readers, told };
  return { ...state, source: to, blind: true, elsewhere };
}

/** Until that source looks again, or its reader is seen to be empty. */
function stillElsewhere(
  elsewhere: CounterState['elsewhere'],
  slots: readonly ReaderSlot[],
  source: string,
): CounterState['elsewhere'] {
  const isSeenEmpty = slots.some((s) => !s.isPresent && elsewhere?.readers.includes(s.name));
  return isSeenEmpty || elsewhere?.source === source ? null : elsewhere;
}

function withCard(
  state: CounterState,
  slots: readonly ReaderSlot[],
  now: Instant,
  policy: CounterPolicy,
): CounterState {
  const filled = slots.filter((slot) => slot.isPresent);
  if (filled.length === 0) return { ...state, card: null };
  const readers = filled.map((slot) => slot.name);
  const held = filled.map((slot) => `${slot.name}#${slot.insertion ?? ''}`);
  const countsInsertions = filled.every((slot) => slot.insertion !== null);
  const { card } = state;
  const isWithin = card !== null && held.every((one) => card.held.includes(one));
  const isSame = isWithin && held.length === card.held.length;
  if (isSame && (!state.blind || countsInsertions)) return state;
  // one of several was taken out: those that stay are no news
  if (isWithin && !state.blind) return { ...state, card: { ...card, held, readers } };
  const isNewForSure = countsInsertions && !state.blind;
  const elsewhere = state.blind ? (state.elsewhere?.told ?? null) : null;
  const next: CardInReader = {
    ...{ held, readers },
    notBefore: now + policy.settleMs,
    failures: 0,
    told: null,
    before: isNewForSure ? null : (state.card?.told ?? state.card?.before ?? elsewhere),
  };
  return { ...state, card: next };
}

/** The reader could not be looked at. */
export function afterBlindLook(state: CounterState): CounterState {
  return { ...state, blind: true };
}

export type Plan = { do: 'wait'; until: Instant | null } | { do: 'read'; kind: ReadKind };

/** What to do now; `until` null means nothing is due until the reader shows something else. */
export function plan(state: CounterState, now: Instant, policy: CounterPolicy): Plan {
  const { card, nhsoDown } = state;
  if (card === null || state.blind || card.told?.kind === 'full') return { do: 'wait', until: null };
  const isHopeless = card.notBefore === Number.POSITIVE_INFINITY;
  if (isHopeless || isStillTo(card.notBefore, now, policy)) return { do: 'wait', until: card.notBefore };
  const isPutOff = nhsoDown !== null && isStillTo(nhsoDown.nextFullAt, now, policy);
  const fullFrom = !policy.asksNhso ? null : isPutOff ? nhsoDown.nextFullAt : now;
  if (fullFrom !== null && now >= fullFrom) return { do: 'read', kind: 'full' };
  return card.told === null ? { do: 'read', kind: 'card-only' } : { do: 'wait', until: fullFrom };
}

/** False also for what lies farther ahead than any pause: the clock has been set back since, and nobody waits for hours. */
function isStillTo(at: Instant, now: Instant, { settleMs, nhsoRetryMs }: CounterPolicy): boolean {
  return now < at && at - now <= Math.max(settleMs, nhsoRetryMs, LONGEST_PAUSE_MS);
}

/** A read came back. `repeat`: it tells nothing that was not told before the reader went out of sight; not to be sent. */
export function afterRead(
  state: CounterState,
  told: Told,
  fullFailure: ErrorCode | null,
  policy: CounterPolicy,
): { state: CounterState; repeat: boolean } {
  const { card } = state;
  if (card === null) return { state, repeat: false };
  const before = card.told ?? card.before;
  const repeat =
    before !== null &&
    before.pid === told.pid &&
    serviceDateOf(before.at) === serviceDateOf(told.at) &&
    (before.kind === 'full' || told.kind === 'card-only');
  const next: CardInReader = {
    ...card,
    failures: 0,
    told: repeat ? before : told,
    before: null,
    // NHSO was asked just now; where it was not, `nhsoDown` says when it may be
    notBefore: fullFailure === null ? card.notBefore : told.at + policy.nhsoRetryMs,
  };
  return { state: { ...state, card: next, nhsoDown: belief(state, told, fullFailure, policy) }, repeat };
}

/** Failures after which it must be seen first whether there still is a reader. */
const OUT_OF_SIGHT: readonly ErrorCode[] = ['agent-unreachable', 'no-reader', 'card-service-away'];

/** Failures that say nothing about NHSO: there was no card to ask about, or NHSO answered and said no. */
const NOT_NHSO: readonly ErrorCode[] = ['no-card', 'no-reader', 'agent-unreachable', 'nhso-refused'];

function belief(
  state: CounterState,
  told: Told,
  fullFailure: ErrorCode | null,
  policy: CounterPolicy,
): CounterState['nhsoDown'] {
  if (told.kind === 'full') return null;
  if (fullFailure === null || NOT_NHSO.includes(fullFailure)) return state.nhsoDown;
  // the card was readable and the full read was not: whatever the agent's 500 meant, NHSO's word is not to be had
  return { by: 'own', nextFullAt: told.at + policy.nhsoRetryMs };
}

/** A card that was read alone lies in the reader, and the bridge is the one that knows when NHSO is back. */
export function waitsForBridge({ card, nhsoDown }: CounterState): boolean {
  return nhsoDown?.by === 'bridge' && card?.told?.kind === 'card-only';
}

/** A full read failed: is the card alone read at once? Not when the same would fail too, nor when it is known already. */
export function fallsBack(state: CounterState, failure: ErrorCode): boolean {
  return (
    state.card !== null &&
    state.card.told === null &&
    (failure === 'nhso-refused' || !NOT_NHSO.includes(failure))
  );
}

/**
 * Nothing could be read (after the fallback, where there was one). `isHopeless`: it is another kind of card, and stays one
 * however often it is tried.
 */
export function afterFailure(
  state: CounterState,
  failure: ErrorCode,
  fullFailure: ErrorCode | null,
  now: Instant,
  policy: CounterPolicy,
  isHopeless = false,
): CounterState {
  const blind = OUT_OF_SIGHT.includes(failure);
  const nhsoFailed = fullFailure !== null && !NOT_NHSO.includes(fullFailure);
  // A time-out is NHSO's even if the card was gone afterwards: the next patient must not wait for another one. So is
  // every failure of a card that could be read before without NHSO.
  const down = nhsoFailed && (fullFailure === 'agent-timeout' || state.card?.told != null);
  const pause =
    state.card?.told == null
      ? backoffMs(state.card?.failures ?? 0, 1_000, LONGEST_PAUSE_MS)
      : policy.nhsoRetryMs;
  const card = state.card && {
    ...state.card,
    failures: state.card.failures + 1,
    notBefore: isHopeless ? Number.POSITIVE_INFINITY : now + pause,
  };
  return {
    ...state,
    card,
    blind,
    nhsoDown: down ? { by: 'own', nextFullAt: now + policy.nhsoRetryMs } : state.nhsoDown,
  };
}

/**
 * The bridge said how NHSO is. Its "down" counts at once, and each time puts this counter's own next try off: the bridge asks
 * for the whole hospital, and twenty counters that each tried for themselves would be a storm. Its "up" takes back only what
 * it said itself: of a "down" that only this counter has met it may know nothing yet.
 */
export function afterReceipt(
  state: CounterState,
  nhso: 'up' | 'down' | null,
  now: Instant,
  policy: CounterPolicy,
): CounterState {
  if (nhso === 'down') {
    return { ...state, nhsoDown: { by: 'bridge', nextFullAt: now + policy.nhsoRetryMs } };
  }
  if (nhso === 'up' && state.nhsoDown?.by === 'bridge') return { ...state, nhsoDown: null };
  return state;
}
