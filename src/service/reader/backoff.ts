/**
 * Doubling pauses, in milliseconds: `first`, twice that, … at most `longest`. `chance` (0 to 1) takes away up to a
 * fifth, so that twenty counters do not knock at a restarted bridge in one instant.
 */
export function backoffMs(failuresBefore: number, first: number, longest: number, chance = 0): number {
  return Math.round(Math.min(longest, first * 2 ** Math.min(failuresBefore, 30)) * (1 - 0.2 * chance));
}
