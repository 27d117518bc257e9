/** Seconds of the bridge's own, which pass when the test says so. */

import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import { vi } from 'vitest';
import type { Hospital } from './hospital.ts';

/** An answer is waited for no longer than this, ms: there are tests in which none comes. */
const ANSWER_MS = 300;

/** Calls of this process over HTTP that have no answer yet. */
const inFlight = new Set<unknown>();
const request = (message: unknown): unknown => (message as { request: unknown }).request;
subscribe('undici:request:create', (message) => inFlight.add(request(message)));
for (const end of ['undici:request:trailers', 'undici:request:error'])
  subscribe(end, (message) => inFlight.delete(request(message)));

/**
 * So many, with the work that falls due in each. The timers must be vitest's. While a call is on its way no time passes, else what
 * takes a busy machine a moment would come seconds late.
 */
export async function seconds(hospital: Pick<Hospital, 'pass' | 'work'>, n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    hospital.pass(1_000);
    await vi.advanceTimersByTimeAsync(1_000);
    // what a second's timer began takes a moment of real time
    await sleep(5);
    for (let waited = 0; inFlight.size > 0 && waited < ANSWER_MS; waited++) await sleep(1);
    await hospital.work();
  }
}
