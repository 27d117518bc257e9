/**
 * The ledger's tables, as Kysely sees them; made by `migrations/`. The same on both engines: ids are text, instants are
 * epoch milliseconds, booleans 0 or 1, anything nested is JSON as text.
 */

import type { Generated, Selectable } from 'kysely';

export interface VisitCaseTable {
  hcode: string;
  vn: string;
  hn: string | null;
  pid: string | null;
  service_date: string;
  version: number;
  state: string;
  reason: string | null;
  reason_detail: string | null;
  /** JSON: Candidate[] */
  candidates: string;
  /** JSON: Visit */
  visit: string;
  /** Of the visit, beside its JSON, because they are searched. */
  started_at: number;
  visit_kind: string;
  visit_gone: number;
  read_id: string | null;
  read_kind: string | null;
  read_at: number | null;
  station_id: string | null;
  correlation_id: string | null;
  claim_type: string | null;
  staff_mobile: string | null;
  given_mobile: string | null;
  staff_claim_type: string | null;
  asked_at: number | null;
  empty_lookups: number;
  recheck_at: number | null;
  sought_in: number;
  sought_times: number;
  claim_code: string | null;
  code_claim_type: string | null;
  code_issued_at: number | null;
  code_source: string | null;
  written_at: number | null;
  next_step: string | null;
  step_seq: number;
  due_at: number | null;
  created_at: number;
  updated_at: number;
}

export interface CardReadTable {
  id: string;
  hcode: string;
  station_id: string;
  pid: string;
  read_at: number;
  service_date: string;
  kind: string;
  correlation_id: string | null;
  /** JSON: ClaimTypeOffer[] */
  claim_types: string;
  /** JSON: NhsoRight; null when NHSO was not reached */
  nhso_right: string | null;
  /** Of the right, beside its JSON, because it is searched: "UCS". */
  main_inscl: string | null;
  /** JSON: the person as the card says */
  person: string;
  received_at: number;
  paired_vn: string | null;
  phone: string | null;
  /** JSON: Certifier */
  certifier: string | null;
}

/** A photo of face and card, sealed; see `secrets/`. */
export interface ReadPhotoTable {
  read_id: string;
  hcode: string;
  /** Of the secret key that it rests under. */
  key_id: string;
  delete_at: number;
  /** 1: that key was given up. */
  is_lost: number;
  sealed: string;
}

export interface FoundRightTable {
  pid: string;
  service_date: string;
  hcode: string;
  source: string;
  /** When NHSO answered; while it has not, when it was last tried. */
  asked_at: number;
  /** Null while NHSO has not answered. */
  answer: string | null;
  /** JSON: NhsoRight */
  nhso_right: string | null;
  /** Of the right, beside its JSON, because it is searched: "UCS". */
  main_inscl: string | null;
  /** JSON: Person, as NHSO knows them */
  person: string | null;
  failures: number;
  next_try_at: number | null;
  /** Code of the last failure. */
  failure: string | null;
}

/** Who asks for a person's code of a day and claim type: a client of the agent API, or (state `case`) the visit `vn`. */
export interface DoorAskTable {
  /** Names the row in lists, where its key, which holds a citizen id, must not stand; '' for one that only a visit has asked with. */
  id: string;
  pid: string;
  service_date: string;
  claim_type: string;
  hcode: string;
  version: number;
  state: string;
  vn: string | null;
  actor: string;
  station_id: string;
  correlation_id: string | null;
  asked_at: number;
  look_at: number | null;
  empty_lookups: number;
  sought_in: number;
  claim_code: string | null;
  issued_at: number | null;
  candidates: string;
  updated_at: number;
}

export interface HistoryTable {
  seq: Generated<number>;
  hcode: string;
  vn: string;
  /** The case's version that this line belongs to. */
  version: number;
  at: number;
  actor: string;
  event: string;
  from_state: string | null;
  to_state: string;
  reason: string | null;
  /** JSON */
  detail: string;
}

export interface OutboxTable {
  id: Generated<number>;
  hcode: string;
  vn: string;
  step: string;
  step_seq: number;
  service_date: string;
  due_at: number;
}

/** What a patient's version must keep of cases that have gone over to another hn; see `patients.ts`. */
export interface PatientMovedTable {
  hn: string;
  hcode: string;
  versions: number;
  moved_at: number;
}

export interface MemoryTable {
  name: string;
  value: string;
}

export interface ApiKeyTable {
  id: string;
  name: string;
  hash: string;
  /** JSON: string[] */
  scopes: string;
  hcode: string | null;
  station_id: string | null;
  created_at: number;
  revoked_at: number | null;
}

export interface AuditTable {
  seq: Generated<number>;
  at: number;
  actor: string;
  action: string;
  resource: string;
}

/** One row for a hospital and kind of token; `value`, `refresh` and `account` are sealed, see `secrets/`. */
export interface TokenTable {
  hcode: string;
  kind: string;
  generation: number;
  source: string;
  value: string;
  refresh: string | null;
  account: string | null;
  obtained_at: number;
  expires_at: number | null;
  refused_at: number | null;
  last_used_at: number | null;
}

export interface LeaseTable {
  name: string;
  holder: string;
  /** For how long it was taken: no honest end lies farther ahead. */
  ttl_ms: number;
  ends_at: number;
}

/** A code that a report of NHSO's told of. */
export interface ReportedCodeTable {
  hcode: string;
  claim_code: string;
  pid: string;
  service_date: string;
  claim_type: string | null;
  issued_at: number;
  channel: string | null;
  cancelled: number;
  /** Of the import that first told of it, and of the one that last told something else. */
  imported_at: number;
  changed_at: number;
}

export interface ReconciliationTable {
  id: string;
  hcode: string;
  service_date: string;
  dry_run: number;
  started_by: string;
  started_at: number;
  finished_at: number | null;
  state: string;
  trouble: string | null;
  his_count: number | null;
  /** JSON: how many items of each outcome, once the run has ended; null while it runs. */
  counts: string | null;
  calls: number;
}

export interface ReconciliationItemTable {
  run: string;
  vn: string;
  hn: string | null;
  outcome: string;
  state: string;
  claim_code: string | null;
  claim_type: string | null;
  source: string | null;
  detail: string | null;
  /** JSON: Candidate[] */
  candidates: string;
  /** JSON: the row that was written and what it held; null when nothing was. */
  written: string | null;
  undone_at: number | null;
  decided_at: number;
}

export interface Tables {
  visit_case: VisitCaseTable;
  card_read: CardReadTable;
  read_photo: ReadPhotoTable;
  found_right: FoundRightTable;
  door_ask: DoorAskTable;
  history: HistoryTable;
  outbox: OutboxTable;
  patient_moved: PatientMovedTable;
  memory: MemoryTable;
  api_key: ApiKeyTable;
  audit: AuditTable;
  token: TokenTable;
  lease: LeaseTable;
  reported_code: ReportedCodeTable;
  reconciliation: ReconciliationTable;
  reconciliation_item: ReconciliationItemTable;
}

export type TokenRow = Selectable<TokenTable>;
export type CaseRow = Selectable<VisitCaseTable>;
export type ReportedCodeRow = Selectable<ReportedCodeTable>;
export type CardReadRow = Selectable<CardReadTable>;
