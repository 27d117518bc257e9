/** Taking in a card read from a counter: stored first, then paired with its visit if that is there already. */

import { parseBangkokDateTime, serviceDateOf } from '../domain/bangkok.ts';
import { BridgeError } from '../domain/bridge-error.ts';
import type { CardRead, CardReadMessage } from '../domain/card-read.ts';
import { parseCitizenId } from '../domain/citizen-id.ts';
import type { CardReadReceipt } from './bridge-api.ts';
import { pairPerson } from './pair.ts';
import type { House } from './site.ts';

export type StationMessage = CardReadMessage & { hcode: string; stationId: string };

export async function acceptCardRead(
  house: House,
  message: StationMessage,
  nhso: () => 'up' | 'down',
): Promise<CardReadReceipt> {
  if (!house.sites.has(message.hcode)) throw badInput('hcode', 'a configured site');
  const read = toCardRead(message, house.clock.now());
  const isNew = await house.ledger.addCardRead(read);
  house.metrics.count('card-reads', {
    site: read.hcode,
    kind: read.kind,
    outcome: isNew ? 'accepted' : 'duplicate',
  });
  // also for a read sent twice: the first time may have ended between storing and pairing
  await pairPerson(house, read.hcode, read.pid, read.serviceDate);
  const stored = await house.ledger.cardRead(read.id);
  const paired =
    stored?.pairedVn == null ? null : await house.ledger.case({ hcode: read.hcode, vn: stored.pairedVn });
  return {
    id: read.id,
    duplicate: !isNew,
    paired: paired === null ? null : { hcode: paired.hcode, vn: paired.vn, state: paired.state },
    nhso: nhso(),
  };
}

function toCardRead(message: StationMessage, now: number): CardRead {
  const pid = parseCitizenId(message.pid);
  if (pid === null) throw badInput('pid', 'a 13-digit citizen id with a valid check digit');
  const readAt = parseBangkokDateTime(message.readAt);
  if (readAt === null) throw badInput('readAt', 'ISO 8601 with an offset, such as 2026-11-20T08:15:00+07:00');
  const right = message.right ?? null;
  return {
    id: message.id,
    hcode: message.hcode,
    stationId: message.stationId,
    pid,
    readAt,
    serviceDate: serviceDateOf(readAt),
    kind: message.kind,
    correlationId: message.correlationId ?? null,
    claimTypes: message.claimTypes ?? [],
    right:
      right === null
        ? null
        : {
            ...right,
            startDateTime: right.startDateTime === null ? null : parseBangkokDateTime(right.startDateTime),
          },
    person: {
      titleName: message.person?.titleName ?? null,
      fname: message.person?.fname ?? null,
      lname: message.person?.lname ?? null,
      birthDate: message.person?.birthDate ?? null,
      sex: message.person?.sex ?? null,
      nation: message.person?.nation ?? null,
    },
    receivedAt: now,
    pairedVn: null,
  };
}

function badInput(field: string, expected: string): BridgeError {
  return new BridgeError('bad-input', `${field}: expected ${expected}`, {
    retry: 'no',
    detail: { field, expected },
  });
}
