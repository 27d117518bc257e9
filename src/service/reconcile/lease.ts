/** One run of a site and day at a time, over all processes: the lease is renewed while the work goes on, and ends with the process. */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { BridgeError, errorText } from '../../domain/bridge-error.ts';
import type { House } from '../site.ts';

const LOOK_AGAIN_MS = 500;

export interface LeaseOptions {
  ttlMs: number;
  /** Whoever held it may be dead: it is waited for as long as a dead one's lease lasts. */
  isPatient: boolean;
  signal?: AbortSignal | undefined;
}

/** `work` is told by its signal when the lease was lost, or when the caller wants it to end. */
export async function withLease<T>(
  { ledger, clock, log }: Pick<House, 'ledger' | 'clock' | 'log'>,
  name: string,
  { ttlMs, isPatient, signal }: LeaseOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const holder = `${process.pid}-${randomUUID()}`;
  const take = (): Promise<boolean> => ledger.leases.take(name, holder, ttlMs, clock.now());
  const until = performance.now() + (isPatient ? ttlMs + LOOK_AGAIN_MS : 0);
  while (!(await take())) {
    if (performance.now() >= until || signal?.aborted === true) throw isTaken(name, ttlMs);
    await sleep(LOOK_AGAIN_MS);
  }
  const lost = new AbortController();
  let renewing: Promise<void> = Promise.resolve();
  const renewal = setInterval(() => {
    renewing = take().then(
      (isOurs) => {
        if (!isOurs) lost.abort(new BridgeError('conflict', `${name} was taken over`, { retry: 'no' }));
      },
      // a ledger that is away is told by the work itself; the lease may outlast it
      (error: unknown) => log.warn({ name, why: errorText(error) }, 'a lease could not be renewed'),
    );
  }, ttlMs / 3);
  try {
    return await work(AbortSignal.any([lost.signal, ...(signal === undefined ? [] : [signal])]));
  } finally {
    clearInterval(renewal);
    await renewing;
    await ledger.leases.release(name, holder);
  }
}

function isTaken(name: string, ttlMs: number): BridgeError {
  const seconds = Math.ceil(ttlMs / 1000);
  return new BridgeError(
    'conflict',
    `${name} is under way in another process, or ended there without a word in the last ${seconds} seconds: wait for its end, or try again in a minute`,
    { retry: 'no' },
  );
}
