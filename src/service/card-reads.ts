/** Taking in a card read from a counter: stored first, then paired with its visit if that is there already. */

import { DAY_MS, type Instant, parseBangkokDateTime, serviceDateOf } from '../domain/bangkok.ts';
import { BridgeError } from '../domain/bridge-error.ts';
import { type CardRead, type CardReadMessage, type Certifier, isOwnCard } from '../domain/card-read.ts';
import { CERTIFIES_FOR_MS, certifierOf, whyNotCertifier } from '../domain/certifier.ts';
import { parseCitizenId } from '../domain/citizen-id.ts';
import { isWholeJpeg } from '../domain/jpeg.ts';
import { parseMobile } from '../domain/phone.ts';
import type { CardReadReceipt } from './bridge-api.ts';
import { pairPerson } from './pair.ts';
import type { NewPhoto } from './ports/photos.ts';
import type { House, Site } from './site.ts';

export type StationMessage = CardReadMessage & { hcode: string; stationId: string };

export async function acceptCardRead(
  house: House,
  message: StationMessage,
  nhso: () => 'up' | 'down',
): Promise<CardReadReceipt> {
  const site = house.sites.get(message.hcode);
  if (site === undefined) throw badInput('hcode', 'a configured site');
  const { read, photo } = await toCardRead(house, site, message);
  const isNew = await house.ledger.addCardRead(read, photo);
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

interface Taken {
  read: CardRead;
  photo?: NewPhoto;
}

async function toCardRead(house: House, site: Site, message: StationMessage): Promise<Taken> {
  const receivedAt = house.clock.now();
  const pid = parseCitizenId(message.pid);
  if (pid === null) throw badInput('pid', 'a 13-digit citizen id with a valid check digit');
  const readAt = parseBangkokDateTime(message.readAt);
  if (readAt === null) throw badInput('readAt', 'ISO 8601 with an offset, such as 2026-11-20T08:15:00+07:00');
  const { id, hcode, stationId, kind } = message;
  const place = { id, hcode, stationId, pid, readAt, serviceDate: serviceDateOf(readAt), kind };
  const more = { receivedAt, pairedVn: null };
  if (isOwnCard(kind)) {
    return { read: { ...place, ...cardOf(message), phone: null, certifier: null, ...more } };
  }
  const phone = parseMobile(message.phone ?? '');
  if (phone === null)
    throw badInput('phone', "the patient's or guardian's own 10-digit mobile (06…, 08…, 09…)");
  const proof = { ...NO_CARD, phone };
  if (kind === 'photo') {
    const jpeg = jpegOf(message.photo);
    const deleteAt = receivedAt + site.settings.photoDays * DAY_MS;
    return { read: { ...place, ...proof, certifier: null, ...more }, photo: { jpeg, deleteAt } };
  }
  const certifier = await certifierBy(house, message, readAt);
  return { read: { ...place, ...proof, certifier, ...more } };
}

/** What only a card tells: nobody's name is typed, and no correlation id of another person's card is ever the patient's. */
const NO_CARD: CardFacts = {
  correlationId: null,
  claimTypes: [],
  right: null,
  person: { titleName: null, fname: null, lname: null, birthDate: null, sex: null, nation: null },
};

type CardFacts = Pick<CardRead, 'correlationId' | 'claimTypes' | 'right' | 'person'>;

function cardOf(message: StationMessage): CardFacts {
  const right = message.right ?? null;
  return {
    correlationId: message.correlationId ?? null,
    claimTypes: message.claimTypes ?? [],
    right:
      right === null
        ? null
        : {
            ...right,
            startDateTime: right.startDateTime === null ? null : parseBangkokDateTime(right.startDateTime),
          },
    person: { ...NO_CARD.person, ...message.person },
  };
}

function jpegOf(base64: string | null | undefined): Uint8Array {
  const jpeg = Buffer.from(base64 ?? '', 'base64');
  if (!isWholeJpeg(jpeg)) throw badInput('photo', 'a whole JPEG picture as base64');
  return jpeg;
}

/**
 * The certifier, as the read of their own card tells of them. Throws `bad-input` when that card may not certify this, and
 * `certifier-card-missing` (retry yes) when no read of that id is here: it may yet be in the spool of the counter's reader. A
 * message that was taken before is not judged again, so that it may be sent twice.
 */
async function certifierBy(house: House, message: StationMessage, at: Instant): Promise<Certifier> {
  const stated = message.certifier ?? null;
  if (stated === null) throw badInput('certifier', 'who certifies, with the read of their own card');
  const before = await house.ledger.cardRead(message.id);
  if (before?.certifier != null) return before.certifier;
  const card = await house.ledger.cardRead(stated.cardReadId);
  if (card === null) {
    const minutes = CERTIFIES_FOR_MS / 60_000;
    throw new BridgeError(
      'certifier-card-missing',
      `certifier.cardReadId: expected a read of the certifier's own card, at this station within the ${minutes} minutes before; none of this id is here`,
      { retry: 'yes' },
    );
  }
  const { hcode, stationId, pid } = message;
  const wrong = whyNotCertifier(card, { hcode, stationId, pid, at });
  if (wrong !== null) throw badInput('certifier.cardReadId', wrong);
  return certifierOf(card, stated);
}

function badInput(field: string, expected: string): BridgeError {
  return new BridgeError('bad-input', `${field}: expected ${expected}`, {
    retry: 'no',
    detail: { field, expected },
  });
}
