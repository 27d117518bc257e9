/**
 * Who certifies that a patient without a card is there: a guardian, carer or officer who puts their own card into the reader.
 * Name and citizen id are those of that card; nobody types them.
 */

import { type Instant, type ServiceDate, serviceDateOf } from './bangkok.ts';
import { type CardRead, type Certifier, isOwnCard } from './card-read.ts';

/**
 * How long a card that was read certifies, ms: time enough to fill in the form for a family, and an officer's card of the
 * morning certifies nobody in the afternoon. Within it one card may certify several patients, each by a message of its own.
 */
export const CERTIFIES_FOR_MS = 10 * 60_000;

/** The certifying program may run on another machine than the reader, with another clock, ms. */
const CLOCKS_DIFFER_MS = 60_000;

/** What is certified: of whom, where and when. */
export interface Certified {
  hcode: string;
  stationId: string;
  pid: string;
  at: Instant;
}

/** What is wrong with certifying by this card: what was expected of it instead; null when nothing is. */
export function whyNotCertifier(
  card: Pick<CardRead, 'hcode' | 'stationId' | 'kind' | 'pid' | 'readAt' | 'serviceDate'>,
  certified: Certified,
): string | null {
  if (!isOwnCard(card.kind)) return "a read of the certifier's own card";
  if (card.hcode !== certified.hcode || card.stationId !== certified.stationId) {
    return 'a card that was read at this very station';
  }
  if (card.pid === certified.pid) {
    return "another person's card than the patient's, whose own card is read as usual";
  }
  const today: ServiceDate = serviceDateOf(certified.at);
  const age = certified.at - card.readAt;
  if (card.serviceDate !== today || age > CERTIFIES_FOR_MS || age < -CLOCKS_DIFFER_MS) {
    return `a card that was read within the ${CERTIFIES_FOR_MS / 60_000} minutes before, on the same day`;
  }
  return null;
}

/** The certifier as their card tells of them, in the role that was stated. */
export function certifierOf(
  card: Pick<CardRead, 'id' | 'pid' | 'person'>,
  stated: Pick<Certifier, 'role' | 'relation' | 'reason'>,
): Certifier {
  const { titleName, fname, lname } = card.person;
  const { role, relation, reason } = stated;
  return {
    ...{ cardReadId: card.id, role, relation, reason },
    pid: card.pid,
    person: { titleName, fname, lname },
  };
}
