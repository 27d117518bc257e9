/**
 * How often a HIS is asked: fast while patients come, slowly in quiet hours, less the slower it answers, and ever less
 * while it is away. Pure; all times in ms, times of day in Asia/Bangkok.
 */

import { type Instant, timeOfDay } from '../domain/bangkok.ts';

export interface PaceSettings {
  /** The fast pace. */
  pollMs: number;
  /** Hours in which hardly anybody comes, `HH:MM`; they may pass over midnight. Null, or the same time twice: no such hours. */
  quietHours: { from: string; to: string; pollMs: number } | null;
}

/** What is known of a HIS, by the process that asks it. */
export interface Looked {
  /** Polls in a row that have failed. */
  failures: number;
  /** How long the HIS took for each of the last polls, newest last; of those that failed nothing. */
  tookMs: readonly number[];
  /** When a poll last brought something, or this process began. */
  newsAt: Instant;
  /** Changes are heard of the moment they are made: a poll only finds what was not heard. */
  isHeard: boolean;
}

/** What decided. */
export type PaceReason = 'usual' | 'quiet' | 'heard' | 'slow' | 'away';

export interface Pace {
  ms: number;
  reason: PaceReason;
}

/** No pace is slower, but for one that is configured: a patient waits at the counter. */
const SLOWEST_MS = 30_000;
/** After the last news the hours are not quiet for so long: patients come together, and so do a clerk's corrections. */
const NEWS_MS = 10 * 60_000;
/** A HIS is asked for at most a twentieth of its time. */
const DUTY = 20;
/** Below this it is not slow, whatever the pace: such a time says more of the network, or of this machine. */
const SLOW_MS = 250;
/** Polls that must all have been slow: one hiccup says nothing. */
export const SLOW_POLLS = 3;
/** Failures after which the next try comes at the usual pace: most are a restart, or a line that broke. */
const SOON = 3;
const HEARD = { factor: 5, slowestMs: 10_000 };
/** Polls that are rung for: so many at once, then one in this time. */
const RING_MS = 200;
export const RINGS_AT_ONCE = 10;
/** A site that this process has not asked for so many times its pace is asked at the next tick, whoever else asks it. */
const OVERDUE = 3;

export function paceOf(settings: PaceSettings, looked: Looked, now: Instant): Pace {
  const { pollMs } = settings;
  const at = (reason: PaceReason, ms: number): Pace => ({ reason, ms: Math.max(pollMs, ms) });
  const paces = [
    at('usual', pollMs),
    at('quiet', isQuiet(settings, looked, now) ? (settings.quietHours?.pollMs ?? 0) : 0),
    at('heard', looked.isHeard ? Math.min(pollMs * HEARD.factor, HEARD.slowestMs) : 0),
    at('slow', Math.min(DUTY * slownessOf(looked), SLOWEST_MS)),
    at('away', looked.failures <= SOON ? 0 : Math.min(pollMs * 2 ** (looked.failures - SOON), SLOWEST_MS)),
  ];
  return paces.reduce((slowest, pace) => (pace.ms > slowest.ms ? pace : slowest));
}

/** How long the HIS takes when it is slow, ms; 0 when it is not. */
function slownessOf({ tookMs }: Looked): number {
  const last = tookMs.slice(-SLOW_POLLS);
  const least = Math.min(...last);
  return last.length < SLOW_POLLS || least < SLOW_MS ? 0 : least;
}

function isQuiet({ quietHours }: PaceSettings, { newsAt }: Looked, now: Instant): boolean {
  if (quietHours === null || Math.abs(now - newsAt) < NEWS_MS) return false;
  const { from, to } = quietHours;
  const time = timeOfDay(now).slice(0, 5);
  return from <= to ? from <= time && time < to : time >= from || time < to;
}

/** One tick of the clock that all polls share. */
export interface Tick {
  /** For when it was planned: the same for all processes, whichever takes it. */
  at: Instant;
  everyMs: number;
}

/**
 * Whether a site is asked at this tick. Which ticks are a site's follows from its pace alone: processes that share the
 * ticks need not tell each other what they did, and the HIS is asked no more often than by one. `share` (0…1): so many
 * paces later than the others, so that not all sites have the same tick. `askedAt`: by this process, null for never.
 */
export function isDue(tick: Tick, pace: Pace, share: number, askedAt: Instant | null): boolean {
  if (pace.ms <= tick.everyMs || askedAt === null) return true;
  // a clock that was set back must not put it off
  if (Math.abs(tick.at - askedAt) >= OVERDUE * pace.ms) return true;
  const turn = (at: Instant): number => Math.floor(at / pace.ms - share);
  return turn(tick.at) > turn(tick.at - tick.everyMs);
}

/** After {@link RINGS_AT_ONCE} polls that were rung for, the least time between two, ms: a batch job may ring for hours. */
export function ringMs(looked: Looked): number {
  return Math.max(RING_MS, DUTY * (looked.tookMs.at(-1) ?? 0));
}
