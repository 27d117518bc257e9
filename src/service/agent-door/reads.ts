/** A card that a client reads through the bridge counts as a card read like any other, once for each time that it lies in the reader. */

import { createHash } from 'node:crypto';
import { addDays, type Instant, type ServiceDate, serviceDateOf } from '../../domain/bangkok.ts';
import { isBridgeError } from '../../domain/bridge-error.ts';
import { parseCitizenId } from '../../domain/citizen-id.ts';
import type { AskKey } from '../../domain/door-ask.ts';
import { CLOCK_WRONG_AT_MOST_MS } from '../../domain/set-back.ts';
import type { Piped } from '../ports/agent-pipe.ts';
import { cardReadMessage, OTHER_DAY_AT_NHSO, readAtOf, type Sighting } from '../reader/message.ts';
import type { House } from '../site.ts';
import type { Counter, DoorTools } from './tools.ts';

/** Clients read a card several times while it lies there, and a reader worker may read it beside them, ms. */
const SAME_CARD_MS = 120_000;

/**
 * A full read, or, while NHSO is known to be down, the card alone: that a client looks at a card first by itself says nothing
 * else. The client has its answer whatever becomes of this; what goes wrong is logged.
 */
export async function noteRead(
  tools: DoorTools,
  { site, station, line }: Counter,
  piped: Piped,
): Promise<void> {
  const { clock, log } = tools.house;
  const seen = sighting(piped, clock.now(), line.status === 'down');
  if (seen === null) return;
  const at = readAtOf(seen);
  if (at !== seen.at)
    log.warn({ site: site.hcode, station: station.id, aheadMs: seen.at - at }, OTHER_DAY_AT_NHSO);
  try {
    const reads = await tools.house.ledger.readsOfPerson(site.hcode, seen.pid, serviceDateOf(at));
    const isKnown = reads.some(
      (r) =>
        r.stationId === station.id &&
        Math.abs(at - r.readAt) < SAME_CARD_MS &&
        (r.kind === 'full' || seen.kind === 'card-only'),
    );
    if (isKnown) return;
    const what = seen.kind === 'full' ? seen.data.correlationId : `${seen.pid}/${at}`;
    const id = idOf(`${site.hcode}/${station.id}/${what}`);
    const message = cardReadMessage(id, { stationId: station.id, hcode: site.hcode }, seen);
    await tools.accept({ ...message, hcode: site.hcode, stationId: station.id });
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    log.warn(
      { site: site.hcode, code: error.code, why: error.message },
      'a card read of a client could not be kept',
    );
  }
}

/**
 * The day beside this one that bears a full read of the last hours: midnight has passed since, or NHSO has another day than this
 * machine. Null where there is none.
 */
export async function dayOfLateRead(
  { ledger, clock }: Pick<House, 'ledger' | 'clock'>,
  { hcode, pid, serviceDate }: AskKey,
): Promise<ServiceDate | null> {
  for (const day of [addDays(serviceDate, -1), addDays(serviceDate, 1)]) {
    const reads = await ledger.readsOfPerson(hcode, pid, day);
    const isLate = (at: Instant): boolean => Math.abs(clock.now() - at) <= CLOCK_WRONG_AT_MOST_MS;
    if (reads.some((r) => r.kind === 'full' && isLate(r.readAt))) return day;
  }
  return null;
}

function sighting({ read, card }: Piped, at: number, isNhsoDown: boolean): Sighting | null {
  const pid = parseCitizenId((read ?? card)?.pid);
  if (pid === null) return null;
  if (read !== null && read.correlationId !== null) {
    return { kind: 'full', pid, at, data: { ...read, correlationId: read.correlationId } };
  }
  return card !== null && isNhsoDown ? { kind: 'card-only', pid, at, data: card } : null;
}

/** A UUID that follows from the read, so that the same one told twice is one (RFC 9562, version 8). */
function idOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
