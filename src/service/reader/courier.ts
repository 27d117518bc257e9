/**
 * Carries reads from the spool to the bridge: one at a time, oldest first. A read leaves the spool when the bridge
 * has taken it, or is set aside when the bridge will never take it; whatever else happens, it stays and is sent again.
 * One that lies in the future of the bridge (a clock was wrong) lets the others go first.
 * The bridge knows a read by its id, so sending twice is harmless and losing one is not possible.
 */

import { type BridgeError, errorText, isBridgeError } from '../../domain/bridge-error.ts';
import type { Log } from '../ports/log.ts';
import type { BridgeLink, DeliveryReceipt, ReadSpool } from '../ports/reader.ts';
import { backoffMs } from './backoff.ts';
import { Bell, orStop, Stopped } from './bell.ts';
import type { LinkStatus } from './status.ts';

export interface CourierParts {
  spool: ReadSpool;
  bridge: BridgeLink;
  log: Log;
  /** Rung when a read was put into the spool. */
  bell: Bell;
  onLink(status: LinkStatus): void;
  onReceipt(receipt: DeliveryReceipt): void;
}

/** However long the bridge asks for quiet, it is asked again after this. */
const LONGEST_QUIET_MS = 120_000;

/** Runs until the signal stops it; a removal in hand is finished. */
export async function carryReads(parts: CourierParts, signal: AbortSignal): Promise<void> {
  const { spool, bell } = parts;
  let is: LinkStatus['is'] = 'up';
  let failures = 0;
  let rejectedBecause: string | null = null;
  /** Reads in a row that the bridge does not take yet. */
  let tooEarly = 0;
  const report = (): void =>
    parts.onLink({ is, waiting: spool.waiting, rejected: spool.rejected, rejectedBecause });

  while (!signal.aborted) {
    const outcome = await carryOne(parts, signal);
    if (outcome.is === 'stopped') return;
    if (outcome.is === 'rejected') rejectedBecause = outcome.because;
    if (outcome.is === 'kept') {
      is = outcome.link;
      report();
      tooEarly = is === 'clocks-differ' ? tooEarly + 1 : 0;
      if (tooEarly > 0 && tooEarly < spool.waiting) continue;
      tooEarly = 0;
      const pause = backoffMs(failures++, 1_000, 30_000, Math.random());
      // a card that goes in is worth a try at once, unless the bridge asked for quiet
      if (outcome.retryAfterMs === null) await bell.wait(pause, signal);
      else await new Bell().wait(Math.min(outcome.retryAfterMs, LONGEST_QUIET_MS), signal);
    } else {
      is = outcome.is === 'empty' ? is : 'up';
      failures = 0;
      tooEarly = 0;
      report();
      if (outcome.is === 'empty') await bell.wait(null, signal);
    }
  }
}

type Outcome =
  | { is: 'stopped' | 'empty' | 'taken' }
  | { is: 'rejected'; because: string }
  | { is: 'kept'; link: LinkStatus['is']; retryAfterMs: number | null };

async function carryOne(parts: CourierParts, signal: AbortSignal): Promise<Outcome> {
  const { spool, bridge, log } = parts;
  try {
    const read = await spool.oldest();
    if (read === null) return { is: 'empty' };
    const readId = read.message.id;
    try {
      const receipt = await orStop(bridge.deliver(read.message), signal);
      await spool.remove(read);
      log.info({ readId, duplicate: receipt.duplicate }, 'read delivered');
      parts.onReceipt(receipt);
      return { is: 'taken' };
    } catch (error) {
      if (isBridgeError(error, 'clocks-differ')) spool.postpone(read);
      if (!isBridgeError(error, 'bridge-refused') || error.retry !== 'no') throw error;
      await spool.reject(read, error.message);
      log.error({ readId, ...error.detail }, `read refused by the bridge: ${error.message}`);
      return { is: 'rejected', because: error.message };
    }
  } catch (error) {
    if (error instanceof Stopped) return { is: 'stopped' };
    const own = isBridgeError(error) ? error : null;
    log.warn({ ...own?.detail }, `read kept, not delivered: ${errorText(error)}`);
    const after = own?.detail.retryAfterMs;
    return {
      is: 'kept',
      link: linkAfter(own),
      retryAfterMs: typeof after === 'number' ? after : null,
    };
  }
}

function linkAfter(error: BridgeError | null): LinkStatus['is'] {
  if (error?.code === 'bridge-refused') return 'key-refused';
  return error?.code === 'clocks-differ' ? 'clocks-differ' : 'away';
}
