/** Cases as they stand at each part of the way, for the tables of what may happen to them. */

import type { SitePolicy } from '../../../src/domain/assess.ts';
import type { IssuedCode, MatchResult } from '../../../src/domain/authen-code.ts';
import type { Case } from '../../../src/domain/case.ts';
import { DEFAULT_POLICY } from '../../../src/domain/requirement.ts';
import { SAMPLE_AT, SAMPLE_HCODE, sampleCase, sampleCitizenId, sampleRead } from '../../support/samples.ts';

export const AT = SAMPLE_AT + 10 * 60_000;
export const NEXT_DAY = SAMPLE_AT + 86_400_000;
export const POLICY: SitePolicy = {
  requirement: DEFAULT_POLICY,
  claimType: { default: 'PG0060001', rules: [] },
};
export const READ = sampleRead({ claimTypes: [] });
export const GROUNDS = { read: READ, policy: POLICY, gap: null };
/** What was asked in these cases is shown at AT, if it was issued. */
export const LOOKUP_TIMES = { settleMs: 20_000, atWorkMs: 20_000, offlineMs: 600_000 };
export const STAFF = { actor: 'key:staff', at: AT };

const PAIRED: Partial<Case> = {
  reason: null,
  claimType: 'PG0060001',
  readId: READ.id,
  readKind: 'full',
  readAt: READ.readAt,
  stationId: READ.stationId,
  correlationId: READ.correlationId,
  stepSeq: 5,
  dueAt: SAMPLE_AT,
};
const ASKED: Partial<Case> = { ...PAIRED, askedAt: AT - 45_000, nextStep: 'lookup' };

export const CODE: IssuedCode = {
  claimCode: 'PP1000000001',
  claimType: 'PG0060001',
  hcode: SAMPLE_HCODE,
  issuedAt: AT - 44_000,
  pid: sampleCitizenId(1),
};
export const HELD = {
  claimCode: CODE.claimCode,
  claimType: CODE.claimType,
  issuedAt: CODE.issuedAt,
  source: 'confirm',
} as const;

export const awaiting = (more: Partial<Case> = {}) => sampleCase({ claimType: 'PG0060001', ...more });
export const ready = (more: Partial<Case> = {}) =>
  sampleCase({ ...PAIRED, state: 'ready', nextStep: 'draft', ...more });
export const drafted = (more: Partial<Case> = {}) =>
  sampleCase({ ...PAIRED, state: 'drafted', nextStep: 'confirm', ...more });
export const confirming = (more: Partial<Case> = {}) =>
  sampleCase({ ...ASKED, state: 'confirming', ...more });
export const unknown = (more: Partial<Case> = {}) => sampleCase({ ...ASKED, state: 'unknown', ...more });
export const offline = (more: Partial<Case> = {}) =>
  sampleCase({
    ...PAIRED,
    state: 'offline',
    reason: 'waiting-nhso',
    readKind: 'card-only',
    correlationId: null,
    nextStep: 'lookup',
    ...more,
  });
export const confirmed = (more: Partial<Case> = {}) =>
  sampleCase({ ...ASKED, state: 'confirmed', code: HELD, nextStep: 'write-back', ...more });
export const written = (more: Partial<Case> = {}) =>
  confirmed({ state: 'written', nextStep: null, dueAt: null, writtenAt: AT, ...more });
export const onList = (reason: Case['reason'], more: Partial<Case> = {}) =>
  sampleCase({ ...PAIRED, state: 'needs-staff', reason, nextStep: null, dueAt: null, ...more });

export const found = (code: IssuedCode = CODE): MatchResult => ({ kind: 'fits', code });
export const none = (...candidates: Extract<MatchResult, { kind: 'none' }>['candidates']): MatchResult => ({
  kind: 'none',
  candidates,
});
