/**
 * Which source the cards are read from: NHSO's agent, which knows the right as well, or the reader itself over PC/SC, which
 * needs neither the agent nor NHSO. Pure; time comes in as an argument.
 *
 * The agent goes first wherever it can read. The reader itself takes over with the first look at which the agent is away,
 * hangs or has no reader, and gives back as soon as the agent can read again: then the card that still lies there is read
 * in full. Both usually see the same reader. PC/SC is only looked at meanwhile, never held.
 */

import type { Instant } from '../../domain/bangkok.ts';
import type { ErrorCode } from '../../domain/bridge-error.ts';
import type { ReaderSlot } from '../ports/reader.ts';

export type SourceName = 'agent' | 'pcsc';

/** What a source showed when it was last looked at. */
export type Sight = { is: 'slots'; slots: readonly ReaderSlot[] } | { is: 'failed'; code: ErrorCode };

/** By source; null: not there by configuration. `unknown`: it has not answered yet. */
export type Sights = Readonly<Record<SourceName, Sight | 'unknown' | null>>;

/**
 * Why a source is in use.
 * - `only`: there is no other · `first`: the agent, which goes first
 * - the reader itself, because: `agent-away` (it does not answer, or not in time), `agent-no-reader`, `agent-sees-no-card`
 *   (it looks at another reader, or has lost sight of this one), `agent-cannot-read` (the reader itself could read the card)
 */
export type Why =
  | 'only'
  | 'first'
  | 'agent-away'
  | 'agent-no-reader'
  | 'agent-sees-no-card'
  | 'agent-cannot-read';

export interface Choice {
  use: SourceName;
  why: Why;
  /** Since when a card lies before PC/SC and not before the agent. */
  unseenSince: Instant | null;
  /** The agent failed with cards that could be read; it is not tried before `until`. `times` in a row. */
  distrust: { until: Instant; times: number } | null;
}

/** An agent that is a moment behind PC/SC is given this long to see the card, ms. */
const AGENT_BEHIND_MS = 3_000;

/** However often it failed, the agent is tried again after this, ms. */
const LONGEST_DISTRUST_MS = 600_000;

/** At least one of them is there. */
export function firstChoice(there: Record<SourceName, boolean>): Choice {
  const both = there.agent && there.pcsc;
  return {
    use: there.agent ? 'agent' : 'pcsc',
    why: both ? 'first' : 'only',
    ...{ unseenSince: null, distrust: null },
  };
}

/** Both were looked at, or one of them at least. */
export function choose(before: Choice, { agent, pcsc }: Sights, now: Instant): Choice {
  if (agent === null || pcsc === null) return firstChoice({ agent: agent !== null, pcsc: pcsc !== null });
  // a restart may have mended it
  const distrust = isFailed(agent) ? null : before.distrust;
  const unseen = hasReader(agent) && !hasCard(agent) && hasCard(pcsc);
  // never later than now: the clock may have been set back
  const unseenSince = unseen ? Math.min(before.unseenSince ?? now, now) : null;
  const state = { unseenSince, distrust };
  const direct = (why: Why): Choice => ({ use: 'pcsc', why, ...state });

  if (!hasReader(pcsc)) {
    // neither can read: whoever was in use stays, so that nobody waits for a source that hangs
    const stays = before.use === 'pcsc' && !hasReader(agent);
    return stays ? { ...before, ...state } : { use: 'agent', why: 'first', ...state };
  }
  if (agent === 'unknown') return { ...before, ...state };
  if (!hasReader(agent)) return direct(isWithoutReader(agent) ? 'agent-no-reader' : 'agent-away');
  if (distrust !== null && isStillTo(distrust.until, now)) return direct('agent-cannot-read');
  if (unseenSince !== null) {
    if (before.use === 'pcsc') return direct('agent-sees-no-card');
    if (now - unseenSince >= AGENT_BEHIND_MS) return direct('agent-sees-no-card');
  }
  return { use: 'agent', why: 'first', ...state };
}

/** False also for what lies farther ahead than was ever set: the clock has been set back since. */
function isStillTo(until: Instant, now: Instant): boolean {
  return now < until && until - now <= LONGEST_DISTRUST_MS;
}

/** The agent could not read a card, and the reader itself could. `pauseMs`: until it is tried again, the first time. */
export function agentFailed(before: Choice, now: Instant, pauseMs: number): Choice {
  const times = (before.distrust?.times ?? 0) + 1;
  const pause = Math.min(LONGEST_DISTRUST_MS, pauseMs * 2 ** Math.min(times - 1, 20));
  return { ...before, use: 'pcsc', why: 'agent-cannot-read', distrust: { until: now + pause, times } };
}

/** The agent has read a card. */
export function agentRead(before: Choice): Choice {
  return { ...before, distrust: null };
}

/** Another program holds the reader for itself; it may be the agent, which is then the one that can read. */
export function readerHeld(before: Choice): Choice {
  return before.distrust === null ? before : { ...before, distrust: { ...before.distrust, until: 0 } };
}

export function hasReader(sight: Sight | 'unknown' | null): boolean {
  return isSlots(sight) && sight.slots.length > 0;
}

export function hasCard(sight: Sight | 'unknown' | null): boolean {
  return isSlots(sight) && sight.slots.some((slot) => slot.isPresent);
}

function isSlots(sight: Sight | 'unknown' | null): sight is Extract<Sight, { is: 'slots' }> {
  return sight !== null && sight !== 'unknown' && sight.is === 'slots';
}

function isFailed(sight: Sight | 'unknown'): boolean {
  return sight !== 'unknown' && sight.is === 'failed';
}

/** It answers, and says that there is none. */
function isWithoutReader(sight: Sight): boolean {
  return sight.is === 'slots' || sight.code === 'no-reader';
}
