/** Runs of the reconciliation for tests; see `samples.ts`. */

import type { Candidate } from '../../src/domain/authen-code.ts';
import { addDays } from '../../src/domain/bangkok.ts';
import { OUTCOMES, type Outcome } from '../../src/domain/reconcile.ts';
import type { Reconciliation, ReconciliationItem } from '../../src/service/ports/reconciliations.ts';
import { SAMPLE_AT, SAMPLE_DATE, SAMPLE_HCODE } from './samples.ts';

export function sampleRun(overrides: Partial<Reconciliation> = {}): Reconciliation {
  return {
    id: '20261119-10978-k3x9q2',
    hcode: SAMPLE_HCODE,
    serviceDate: addDays(SAMPLE_DATE, -1),
    dryRun: false,
    startedBy: 'cli:somsri',
    startedAt: SAMPLE_AT,
    finishedAt: null,
    state: 'running',
    trouble: null,
    hisCount: null,
    counts: {},
    calls: 0,
    ...overrides,
  };
}

export function sampleCandidate(overrides: Partial<Candidate> = {}): Candidate {
  return {
    claimCode: 'PP2222222222',
    claimType: 'PG0060001',
    hcode: SAMPLE_HCODE,
    issuedAt: SAMPLE_AT - 86_400_000,
    misfits: [],
    heldBy: null,
    ...overrides,
  };
}

const USUAL: Record<Outcome, Partial<ReconciliationItem>> = {
  'had-one': { state: 'written', claimCode: 'PP1000000001', source: 'ledger' },
  found: { state: 'written', claimCode: 'PP1000000002', source: 'authen-status' },
  ambiguous: { state: 'needs-staff', candidates: [sampleCandidate()], detail: 'several codes fit' },
  missing: { state: 'expired' },
  'other-hospital': {
    state: 'expired',
    candidates: [sampleCandidate({ hcode: '11111', misfits: ['hospital'] })],
  },
  disagree: {
    state: 'needs-staff',
    claimCode: 'PP1000000003',
    detail: 'NHSO does not show the code in the HIS',
  },
  'not-required': { state: 'not-required' },
};

/** The n-th visit of the day, with what such an outcome usually has. */
export function sampleItem(
  n: number,
  outcome: Outcome,
  overrides: Partial<ReconciliationItem> = {},
): ReconciliationItem {
  return {
    vn: `691119${String(n).padStart(6, '0')}`,
    hn: String(n).padStart(9, '0'),
    outcome,
    state: 'written',
    claimCode: null,
    claimType: 'PG0060001',
    source: null,
    detail: null,
    candidates: [],
    written: null,
    undoneAt: null,
    decidedAt: SAMPLE_AT,
    ...USUAL[outcome],
    ...overrides,
  };
}

/** One visit of each outcome. */
export function sampleItems(): ReconciliationItem[] {
  return OUTCOMES.map((outcome, n) => sampleItem(n + 1, outcome));
}

export function countsOf(items: readonly ReconciliationItem[]): Reconciliation['counts'] {
  const counts: Partial<Record<Outcome, number>> = {};
  for (const { outcome } of items) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
