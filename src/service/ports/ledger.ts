/**
 * The ledger: cases, card reads, their append-only history and the outbox. Implementations: `db/` (SQLite, PostgreSQL),
 * held to one contract by the same tests.
 */

import type { Instant, ServiceDate } from '../../domain/bangkok.ts';
import type { CardRead } from '../../domain/card-read.ts';
import type { Case, CaseState, Reason, Step, StoredHistoryEntry } from '../../domain/case.ts';
import type { Gap } from '../../domain/machine/restored.ts';
import type { Visit } from '../../domain/visit.ts';
import type { CaseChange } from './case-change.ts';
import type { DoorAsks } from './door-asks.ts';
import type { Finding } from './finding.ts';
import type { FoundRights } from './found-rights.ts';
import type { Page } from './page.ts';
import type { NewPhoto, ReadPhotos } from './photos.ts';
import type { Reconciliations } from './reconciliations.ts';
import type { ReportedCodes } from './reported-codes.ts';
import type { Leases, TokenStore } from './tokens.ts';

export type { CaseChange } from './case-change.ts';
export type { Page } from './page.ts';

export interface CaseKey {
  hcode: string;
  vn: string;
}

/**
 * A step that must be put on the queue. Written in the transaction that made it necessary, removed once queued. Only a
 * step that is due at once (`dueAt` ≤ `updatedAt` of the case) goes through the outbox; one due later stays in the
 * case, where `casesWithWork` finds it when its time has come.
 */
export interface OutboxEntry {
  id: number;
  hcode: string;
  vn: string;
  step: Step;
  stepSeq: number;
  serviceDate: ServiceDate;
  /** Of the case, as it is when this is read. */
  state: CaseState;
  dueAt: Instant;
}

export interface CaseFilter {
  hcode?: string;
  serviceDate?: ServiceDate;
  /** Cases of service dates before this one. */
  before?: ServiceDate;
  states?: readonly CaseState[];
  reason?: string;
}

/** Who looked at what; one row an access. */
export interface AuditEntry {
  at: Instant;
  /** Name of the key. */
  actor: string;
  /** `read`, `search`, `unmasked`, `resolve`, … */
  action: string;
  /** `Patient/10978-000000123`, never a citizen id. */
  resource: string;
}

export interface ApiKey {
  id: string;
  name: string;
  /** SHA-256 of the secret, hex. The secret itself is shown once and kept nowhere. */
  hash: string;
  scopes: readonly string[];
  /** When given, the key works for this site (and station) only. */
  hcode: string | null;
  stationId: string | null;
  createdAt: Instant;
  revokedAt: Instant | null;
}

/**
 * Every call may throw BridgeError `ledger-unavailable` (retry yes). `commit` also throws `conflict` (retry yes: the
 * case has changed since it was read), `code-held` (the code is on another case that is not cancelled) and
 * `already-asked` (another case of the same hospital, person, day and claim type has asked, or a client of the agent API).
 */
export interface Ledger {
  /** Applies all pending migrations. */
  migrate(): Promise<void>;
  /**
   * To be asked once, after `migrate` and before any work: what this ledger does not know because it was put back from a
   * backup, by whatever means; null when it knows everything. Throws BridgeError `config` for one that a restore has
   * taken out of use.
   */
  gap(now: Instant): Promise<Gap | null>;
  /** To be called once a minute: what is kept of it beside the ledger tells, later, an older copy put in its place. */
  beat(): Promise<void>;

  commit(changes: readonly CaseChange[]): Promise<void>;
  case(key: CaseKey): Promise<Case | null>;
  /** By hcode and vn; absent ones are left out. */
  cases(keys: readonly CaseKey[]): Promise<Case[]>;
  /** All cases of one person on one service date at one hospital. */
  casesOfPerson(hcode: string, pid: string, serviceDate: ServiceDate): Promise<Case[]>;
  /** Newest first. */
  listCases(filter: CaseFilter, page: { limit: number; after?: string }): Promise<Page<Case>>;
  countCases(filter: CaseFilter): Promise<number>;
  /** Figures for metrics and the live table: how many cases of a service date stand in each state. */
  countsByState(hcode: string, serviceDate: ServiceDate): Promise<Partial<Record<CaseState, number>>>;
  /** Every case of a site and date in short, to compare with a full read of the HIS, and with what a process remembers. */
  caseKeysOn(
    hcode: string,
    serviceDate: ServiceDate,
  ): Promise<{ vn: string; version: number; state: CaseState; visitGone: boolean }[]>;
  history(key: CaseKey): Promise<StoredHistoryEntry[]>;
  /** The case (not cancelled) that holds this code. */
  holderOfCode(claimCode: string): Promise<CaseKey | null>;
  /** The case that has asked (or may have asked) NHSO for this person, day and claim type. */
  askerOf(hcode: string, pid: string, serviceDate: ServiceDate, claimType: string): Promise<CaseKey | null>;
  /**
   * Cases with a next step, due at or before `dueBy`, oldest service date first, in pages by `after`: what the sweep
   * puts back on the queue.
   */
  casesWithWork(options: {
    dueBy: Instant;
    /** Only what fell due after this instant. */
    dueAfter?: Instant;
    /** Only cases that were changed after this instant. */
    updatedAfter?: Instant;
    hcode?: string;
    limit: number;
    after?: string;
  }): Promise<Page<OutboxEntry>>;

  /**
   * Stores a card read, and its photo with it. False when a read of this id is already there (then nothing is changed). With a
   * photo it also throws BridgeError `config` (retry no) when the secret key cannot be had.
   */
  addCardRead(read: CardRead, photo?: NewPhoto): Promise<boolean>;
  cardRead(id: string): Promise<CardRead | null>;
  /** All reads of a person on one service date at one hospital, oldest first. */
  readsOfPerson(hcode: string, pid: string, serviceDate: ServiceDate): Promise<CardRead[]>;
  /** The newest 20 reads of the patient's own card at that station since then, newest first. */
  cardsReadAt(hcode: string, stationId: string, since: Instant): Promise<CardRead[]>;
  /** People of that site and date who have a read that serves no visit yet. */
  pidsWithUnpairedReads(hcode: string, serviceDate: ServiceDate): Promise<string[]>;

  /** Oldest first. */
  outbox(limit: number): Promise<OutboxEntry[]>;
  removeFromOutbox(ids: readonly number[]): Promise<void>;

  /** Small facts that must outlive the process: a poll's watermark, the last day that was closed. */
  remember(name: string, value: string): Promise<void>;
  recall(name: string): Promise<string | null>;

  addKey(key: ApiKey): Promise<void>;
  keyById(id: string): Promise<ApiKey | null>;
  listKeys(): Promise<ApiKey[]>;
  /** False when there is no such key. */
  revokeKey(id: string, at: Instant): Promise<boolean>;
  audit(entry: AuditEntry): Promise<void>;

  /** Photos of faces and cards, sealed. */
  readonly photos: ReadPhotos;
  /** What clients of the drop-in agent API have asked for. */
  readonly doorAsks: DoorAsks;
  /** Codes out of the reports that were downloaded from NHSO. */
  readonly reported: ReportedCodes;
  /** Rights that NHSO told without a card. */
  readonly rights: FoundRights;
  /** Reads for FHIR; see `LedgerSearch`. */
  readonly search: LedgerSearch;
  readonly tokens: TokenStore;
  readonly leases: Leases;
  /** Runs of the night's reconciliation. */
  readonly reconciliations: Reconciliations;
  check(): Promise<Finding[]>;
  close(): Promise<void>;
}

/** A patient as the ledger knows one: the person of the newest visit with that hn. */
export interface PatientRow {
  hcode: string;
  hn: string;
  pid: string | null;
  /** The newest case of the patient, which holds the name, phones and so on. */
  newest: Case;
  /** Grows whenever what is known of the patient changes. */
  version: number;
  updatedAt: Instant;
}

/** What FHIR searches can narrow by; all given ones must hold, a list is an OR (an empty list matches nothing). */
export interface SearchQuery {
  keys?: readonly CaseKey[];
  /** Patient by (hcode, hn). */
  patients?: readonly { hcode: string; hn: string }[];
  pids?: readonly string[];
  /** true: no valid citizen id; false: has one. */
  pidMissing?: boolean;
  /** true: the HIS gave no hn; false: it did. */
  hnMissing?: boolean;
  vns?: readonly { hcode: string | null; vn: string }[];
  hns?: readonly { hcode: string | null; hn: string }[];
  claimCodes?: readonly string[];
  /** true: has no code; false: has one. */
  codeMissing?: boolean;
  states?: readonly CaseState[];
  reasons?: readonly Reason[];
  kinds?: readonly Visit['kind'][];
  /** NHSO's code of the visit's right (see `withRight`): the brackets of `mainInscl`, "UCS". */
  mainInscls?: readonly string[];
  correlationIds?: readonly string[];
  /** true: the paired read (if any) brought no correlationId; false: it did. */
  correlationMissing?: boolean;
  /** true: no read is paired; false: one is. */
  readMissing?: boolean;
  /** Half-open range of the instant at which the visit began, UTC. */
  started?: readonly { from?: Instant; to?: Instant }[];
  /** Half-open range of service dates, `from` ≤ date < `to`; several ranges must all hold. */
  dates?: readonly { from?: ServiceDate; to?: ServiceDate }[];
  /** Half-open range of the time of last change, UTC. */
  updated?: readonly { from?: Instant; to?: Instant }[];
  /** Only cases whose right is known: the paired read brought it, or it was found without a card; see `rightOf`. */
  withRight?: boolean;
  /** Only cases for which NHSO's answer is known (a full read, or a code from NHSO). */
  withAnswer?: boolean;
  /** Keys that are bound to one site see that site only. */
  hcode?: string;
  /** Groups of alternatives: in each group at least one must hold, so an empty group matches nothing. */
  allOf?: readonly (readonly SearchQuery[])[];
  /** None of these may hold. */
  noneOf?: readonly SearchQuery[];
}

export type SearchSort = 'date' | '-date' | 'updated' | '-updated';

export interface LedgerSearch {
  cases(query: SearchQuery, page: { limit: number; after?: string; sort?: SearchSort }): Promise<Page<Case>>;
  countCases(query: SearchQuery): Promise<number>;
  /** Distinct patients over the cases that match. */
  patients(query: SearchQuery, page: { limit: number; after?: string }): Promise<Page<PatientRow>>;
  countPatients(query: SearchQuery): Promise<number>;
  patient(hcode: string, hn: string): Promise<PatientRow | null>;
}
