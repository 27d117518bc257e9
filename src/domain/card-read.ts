/** A card read: proof that the person was at a counter, with NHSO's word on the right when NHSO could be reached. */

import { type Instant, type ServiceDate, serviceDateOf } from './bangkok.ts';
import type { CitizenId } from './citizen-id.ts';
import { CLOCK_WRONG_AT_MOST_MS } from './set-back.ts';

export interface HospitalRef {
  hcode: string;
  hname: string | null;
}

export interface ClaimTypeOffer {
  /** `PG…` */
  claimType: string;
  claimTypeName: string | null;
}

/** NHSO's word on the person's right, as the agent's `read` answers it. */
export interface NhsoRight {
  /** Verbatim, "(UCS) สิทธิ…". */
  mainInscl: string | null;
  subInscl: string | null;
  hospMain: HospitalRef | null;
  hospMainOp: HospitalRef | null;
  hospSub: HospitalRef | null;
  paidModel: string | null;
  /** Start of the right. */
  startDateTime: Instant | null;
}

export const READ_KINDS = [
  'full', // the patient's own card, and NHSO answered
  'card-only', // the patient's own card alone, while NHSO could not be reached
  'certified', // no card of the patient: a guardian, carer or officer certifies with their own
  'photo', // no card in the reader: a photo of the patient's face beside the card
] as const;
export type ReadKind = (typeof READ_KINDS)[number];
/** What a reader can tell. */
export type OwnCardKind = 'full' | 'card-only';

/**
 * False for what only stands in for the patient's card: it proves that the patient was there, but the agent knows no call that
 * issues a code for it, so nothing is ever asked with it. A read of the patient's own card takes its place.
 */
export function isOwnCard(kind: ReadKind): kind is OwnCardKind {
  return kind === 'full' || kind === 'card-only';
}

/**
 * When a card was read: by our clock, but by NHSO's where its word of that moment (`checkDate` of the agent's read) bears another
 * day. A code bears NHSO's day, so a read is no proof for a day that only a wrong clock says it is. An older word tells nothing of
 * NHSO's clock.
 */
export function momentOfRead(at: Instant, checkDate: Instant | null): Instant {
  if (checkDate === null || serviceDateOf(checkDate) === serviceDateOf(at)) return at;
  return Math.abs(checkDate - at) <= CLOCK_WRONG_AT_MOST_MS ? checkDate : at;
}

/** As NHSO's page asks: ผู้ปกครอง, ผู้ดูแล, เจ้าหน้าที่ผู้มีหน้าที่เกี่ยวข้อง. */
export const CERTIFIER_ROLES = ['guardian', 'carer', 'officer'] as const;
export type CertifierRole = (typeof CERTIFIER_ROLES)[number];

/** Who certifies; see `certifier.ts` for who may. Name and citizen id are those of their own card. */
export interface Certifier {
  /** The read of their own card. */
  cardReadId: string;
  role: CertifierRole;
  /** To the patient (ความสัมพันธ์), in the clerk's words. */
  relation: string;
  /** Why the patient's own card is not read. */
  reason: string;
  pid: CitizenId;
  person: Pick<CardRead['person'], 'titleName' | 'fname' | 'lname'>;
}

export interface CardRead {
  /** Made by the reader worker, once per read (a UUID): the same read sent twice is one read. */
  id: string;
  hcode: string;
  stationId: string;
  /** The patient's: of the card, or typed where {@link isOwnCard} is false. */
  pid: CitizenId;
  /** When the card was read at the counter; when the certifier said so; when the photo was taken. */
  readAt: Instant;
  serviceDate: ServiceDate;
  kind: ReadKind;
  /** Ties draft and confirm to this read; null for any that is not full. */
  correlationId: string | null;
  claimTypes: readonly ClaimTypeOffer[];
  right: NhsoRight | null;
  person: {
    titleName: string | null;
    fname: string | null;
    lname: string | null;
    /** Gregorian, partial where the card has 00. */
    birthDate: string | null;
    sex: 'male' | 'female' | null;
    nation: string | null;
  };
  /** Mobile of the patient or guardian, as it was given with a certified or photo read; null for a card. */
  phone: string | null;
  /** Who certifies, of a certified read only. */
  certifier: Certifier | null;
  /** When the bridge took it in. */
  receivedAt: Instant;
  /** The visit that this read was paired with; a read serves one visit. */
  pairedVn: string | null;
}

/**
 * A card read on the wire: what a reader worker sends to `POST /api/card-reads`, one JSON object a read. Instants are
 * ISO 8601 with an offset, so that a message is plain to read in a spool file.
 */
export interface CardReadMessage {
  /** UUID made at the moment of the read. */
  id: string;
  /** May be left out when the key is bound to one site or station. */
  hcode?: string;
  stationId?: string;
  pid: string;
  readAt: string;
  kind: ReadKind;
  correlationId?: string | null;
  claimTypes?: readonly ClaimTypeOffer[];
  right?: (Omit<NhsoRight, 'startDateTime'> & { startDateTime: string | null }) | null;
  person?: Partial<CardRead['person']>;
  /** Of a certified or photo read: the mobile of the patient or guardian. */
  phone?: string | null;
  /** Of a certified read. Name and citizen id of who certifies come from the read of their card. */
  certifier?: { cardReadId: string; role: CertifierRole; relation: string; reason: string } | null;
  /** Of a photo read: the whole JPEG, base64. */
  photo?: string | null;
}
