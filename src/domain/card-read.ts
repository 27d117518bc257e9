/** A card read: proof that the person was at a counter, with NHSO's word on the right when NHSO could be reached. */

import type { Instant, ServiceDate } from './bangkok.ts';
import type { CitizenId } from './citizen-id.ts';

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

export interface CardRead {
  /** Made by the reader worker, once per read (a UUID): the same read sent twice is one read. */
  id: string;
  hcode: string;
  stationId: string;
  pid: CitizenId;
  /** When the card was read at the counter. */
  readAt: Instant;
  serviceDate: ServiceDate;
  /** `full`: NHSO answered. `card-only`: the card alone was read while NHSO could not be reached. */
  kind: 'full' | 'card-only';
  /** Ties draft and confirm to this read; null for a card-only read. */
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
  kind: 'full' | 'card-only';
  correlationId?: string | null;
  claimTypes?: readonly ClaimTypeOffer[];
  right?: (Omit<NhsoRight, 'startDateTime'> & { startDateTime: string | null }) | null;
  person?: Partial<CardRead['person']>;
}
