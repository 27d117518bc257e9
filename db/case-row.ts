/** A case and its row. */

import type { ServiceDate } from '../src/domain/bangkok.ts';
import type { Case, CaseState, CodeSource, HeldCode, Reason, Step } from '../src/domain/case.ts';
import type { CitizenId } from '../src/domain/citizen-id.ts';
import { fromJson } from './json.ts';
import type { CaseRow } from './tables.ts';

export const CASE_COLUMNS = [
  'hcode',
  'vn',
  'hn',
  'pid',
  'service_date',
  'version',
  'state',
  'reason',
  'reason_detail',
  'candidates',
  'visit',
  'started_at',
  'visit_kind',
  'visit_gone',
  'read_id',
  'read_kind',
  'read_at',
  'station_id',
  'correlation_id',
  'claim_type',
  'staff_mobile',
  'staff_claim_type',
  'asked_at',
  'empty_lookups',
  'sought_in',
  'sought_times',
  'claim_code',
  'code_claim_type',
  'code_issued_at',
  'code_source',
  'written_at',
  'next_step',
  'step_seq',
  'due_at',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof CaseRow)[];

export function toCaseRow(c: Case): CaseRow {
  return {
    hcode: c.hcode,
    vn: c.vn,
    hn: c.hn,
    pid: c.pid,
    service_date: c.serviceDate,
    version: c.version,
    state: c.state,
    reason: c.reason,
    reason_detail: c.reasonDetail,
    candidates: JSON.stringify(c.candidates),
    visit: JSON.stringify(c.visit),
    started_at: c.visit.startedAt,
    visit_kind: c.visit.kind,
    visit_gone: c.visitGone ? 1 : 0,
    read_id: c.readId,
    read_kind: c.readKind,
    read_at: c.readAt,
    station_id: c.stationId,
    correlation_id: c.correlationId,
    claim_type: c.claimType,
    staff_mobile: c.staffMobile,
    staff_claim_type: c.staffClaimType,
    asked_at: c.askedAt,
    empty_lookups: c.emptyLookups,
    sought_in: c.soughtIn,
    sought_times: c.soughtTimes,
    claim_code: c.code?.claimCode ?? null,
    code_claim_type: c.code?.claimType ?? null,
    code_issued_at: c.code?.issuedAt ?? null,
    code_source: c.code?.source ?? null,
    written_at: c.writtenAt,
    next_step: c.nextStep,
    step_seq: c.stepSeq,
    due_at: c.dueAt,
    created_at: c.createdAt,
    updated_at: c.updatedAt,
  };
}

export function fromCaseRow(row: CaseRow): Case {
  return {
    hcode: row.hcode,
    vn: row.vn,
    hn: row.hn,
    serviceDate: row.service_date as ServiceDate,
    version: row.version,
    state: row.state as CaseState,
    reason: row.reason as Reason | null,
    reasonDetail: row.reason_detail,
    candidates: fromJson(row.candidates),
    visit: fromJson(row.visit),
    pid: row.pid as CitizenId | null,
    visitGone: row.visit_gone === 1,
    readId: row.read_id,
    readKind: row.read_kind as Case['readKind'],
    readAt: row.read_at,
    stationId: row.station_id,
    correlationId: row.correlation_id,
    claimType: row.claim_type,
    staffMobile: row.staff_mobile,
    staffClaimType: row.staff_claim_type,
    askedAt: row.asked_at,
    emptyLookups: row.empty_lookups,
    soughtIn: row.sought_in,
    soughtTimes: row.sought_times,
    code: heldCode(row),
    writtenAt: row.written_at,
    nextStep: row.next_step as Step | null,
    stepSeq: row.step_seq,
    dueAt: row.due_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function heldCode(row: CaseRow): HeldCode | null {
  if (row.claim_code === null) return null;
  return {
    claimCode: row.claim_code,
    claimType: row.code_claim_type,
    issuedAt: row.code_issued_at,
    source: row.code_source as CodeSource,
  };
}
