/** A judge that never condemns proves nothing: each rule, broken once, is told of, and a clean day is clean. */

import { expect, test } from 'vitest';
import { plainPerson } from '../../../simulators/his/hosxp/sample-people.ts';
import { bangkokIso } from '../../../src/domain/bangkok.ts';
import type { CaseDetailJson } from '../../../src/http/schemas/case.ts';
import { SAMPLE_AT, SAMPLE_DATE, sampleCitizenId, sampleRead } from '../../support/samples.ts';
import type { Evidence } from './evidence.ts';
import { judge } from './judge.ts';

const PID = sampleCitizenId(1);
const CODE = 'PP1000000001';
const person = { ...plainPerson(1), cid: PID };
const VN = '691120081500';

const confirm = (
  seq: number,
  atMs: number,
  claimCode: string | null,
  ms = 10,
): Evidence['journal'][number] => ({
  ...{ seq, at: new Date(atMs).toISOString(), agent: '10978@1', call: 'confirm-save', pid: PID },
  ...{ claimType: 'PG0060001', correlationId: 'c', claimCode, status: 200, ms },
  outcome: claimCode === null ? 'refused' : 'answered',
});

const code = (claimCode = CODE): Evidence['codes'][number] => ({
  ...{ claimCode, kind: 'PP', pid: PID, hcode: '10978', claimType: 'PG0060001' },
  ...{ issuedAt: SAMPLE_AT, channel: 'agent', correlationId: 'c', mobile: null },
});

const line = (seq: number, fromState: string | null, toState: string): object => ({
  ...{
    seq,
    fromState,
    toState,
    at: bangkokIso(SAMPLE_AT),
    actor: 'bridge',
    event: 'x',
    reason: null,
    detail: {},
  },
});

// of a whole case only what the judge looks at
const found = (patch: object = {}): CaseDetailJson =>
  ({
    ...{ vn: VN, state: 'written', reason: null, code: { claimCode: CODE } },
    history: [line(1, null, 'ready'), line(2, 'ready', 'written')],
    ...patch,
  }) as unknown as CaseDetailJson;

const asksAt = { confirmAfter: 0, patience: 1_000, pause: 100, tries: 1, types: false };
/** Of a day on which a client was given this code. */
const given = (claimCode: string): Evidence['diary'] => ({
  ...clean.diary,
  clients: [{ plan: asksAt, pid: PID, told: { claimCode, at: SAMPLE_AT } }],
});

const clean: Evidence = {
  diary: {
    lines: [],
    clients: [],
    visits: [
      {
        plan: { at: 0, quirk: 'none', quirkAfter: 0, cardAfter: 0, counter: 0, returns: false, client: null },
        ...{ person, vn: VN, serviceDate: SAMPLE_DATE, foreignCode: null },
      },
    ],
  },
  hisCodes: new Map([[VN, CODE]]),
  changes: [{ vn: VN, before: null, after: CODE, byBridge: true }],
  journal: [confirm(1, SAMPLE_AT, CODE)],
  codes: [code()],
  asks: [],
  told: [{ pid: PID, kind: 'full', at: SAMPLE_AT }],
  reads: [sampleRead({ pid: PID as never, kind: 'full', readAt: SAMPLE_AT })],
  cases: new Map([[VN, found()]]),
  logs: [{ file: 'bridge-1.log', line: '{"level":"info","msg":"at work"}' }],
  ...{ ends: [], today: SAMPLE_DATE, unsettled: [], settledAfterMs: 0 },
};

test('a clean day', () => {
  expect(judge(clean)).toEqual([]);
});

const BROKEN: Record<string, [Partial<Evidence>, RegExp]> = {
  'a visit that does not come to rest': [{ unsettled: ['v: ready'] }, /not done in time/],
  'confirmed again after a code': [
    { journal: [confirm(1, SAMPLE_AT, CODE), confirm(2, SAMPLE_AT + 5_000, null)] },
    /confirmed again/,
  ],
  'two confirms at once': [
    { journal: [confirm(1, SAMPLE_AT, CODE), confirm(2, SAMPLE_AT + 1, 'PP2')] },
    /two confirms under way/,
  ],
  'confirmed again before a code that comes late': [
    // the second is done first, and gets a code too
    { journal: [confirm(1, SAMPLE_AT + 1_700, 'PP2'), confirm(2, SAMPLE_AT, CODE, 2_400)] },
    /two confirms under way at once: PP1000000001 .* and PP2/,
  ],
  'confirmed again before a code that comes late, and refused': [
    { journal: [confirm(1, SAMPLE_AT + 1_700, null), confirm(2, SAMPLE_AT, CODE, 2_400)] },
    /two confirms under way at once: PP1000000001 .* and refused/,
  ],
  'confirmed again after a code that came late': [
    { journal: [confirm(1, SAMPLE_AT, CODE, 2_400), confirm(2, SAMPLE_AT + 2_400, 'PP2')] },
    /confirmed again/,
  ],
  "another person's code": [{ codes: [{ ...code(), pid: sampleCitizenId(2) }] }, /of another person/],
  "another day's code": [{ codes: [{ ...code(), issuedAt: SAMPLE_AT - 86_400_000 }] }, /of another day/],
  'a close-visit code': [{ codes: [{ ...code(), kind: 'EP' }] }, /of another kind/],
  'a code that nobody issued': [{ codes: [] }, /never issued/],
  'a code in two visits': [
    {
      hisCodes: new Map([
        [VN, CODE],
        ['other', CODE],
      ]),
    },
    /is in .* and /,
  ],
  'an overwritten value': [
    { changes: [{ vn: VN, before: 'PP9', after: CODE, byBridge: true }] },
    /was overwritten/,
  ],
  'a lost read': [{ reads: [] }, /not in the ledger/],
  'a full read kept as card-only': [
    { reads: [sampleRead({ pid: PID as never, kind: 'card-only', readAt: SAMPLE_AT })] },
    /full read .* not in the ledger/,
  ],
  'a lost code': [{ codes: [code(), code('PP1000000002')] }, /PP1000000002 was issued to us and is nowhere/],
  'history with a gap': [
    { cases: new Map([[VN, found({ history: [line(1, null, 'ready'), line(2, 'drafted', 'written')] })]]) },
    /without a word/,
  ],
  'history that ends elsewhere': [
    { cases: new Map([[VN, found({ history: [line(1, null, 'ready')] })]]) },
    /its history ends with ready/,
  ],
  'written, and not there': [{ hisCodes: new Map([[VN, null]]) }, /the HIS holds null/],
  'a citizen id in a log': [
    { logs: [{ file: 'bridge-1.log', line: `read ${PID}` }] },
    /holds the citizen id/,
  ],
  'a fault of ours': [
    { logs: [{ file: 'bridge-1.log', line: '{"msg":"an unexpected error: ending"}' }] },
    /unexpected error/,
  ],
};

test('asked again after a refusal, an NHSO that was down and an answer without a code, and on another day', () => {
  const down = { ...confirm(2, SAMPLE_AT + 1_000, null), outcome: 'nhso-down' as const };
  const journal = [
    ...[
      confirm(1, SAMPLE_AT, null),
      down,
      { ...confirm(3, SAMPLE_AT + 2_000, null), outcome: 'lost' as const },
    ],
    ...[confirm(4, SAMPLE_AT + 3_000, CODE), confirm(5, SAMPLE_AT + 86_400_000, null)],
  ];
  expect(judge({ ...clean, journal })).toEqual([]);
});

test('a second code, seen by a person on the list of what clients have asked for', () => {
  const codes = [code(), code('PP1000000002')];
  const ask = { claimCode: CODE, candidates: [{ claimCode: 'PP1000000002' }] };
  const asks = [ask] as unknown as Evidence['asks'];
  expect(judge({ ...clean, codes, asks })).toEqual([]);
});

test('a client that was given the code, also of a visit that the HIS no longer has', () => {
  expect(judge({ ...clean, diary: given(CODE) })).toEqual([]);
  const gone = { hisCodes: new Map(), changes: [], cases: new Map() };
  expect(judge({ ...clean, ...gone, diary: given(CODE) })).toEqual([]);
});

test('a code that a person saw and passed over is not lost', () => {
  const second = 'PP1000000002';
  const chose = { ...line(3, 'needs-staff', 'written'), detail: { claimCode: CODE, notTaken: [second] } };
  const history = [line(1, null, 'ready'), line(2, 'ready', 'needs-staff'), chose];
  const evidence = { ...clean, codes: [code(), code(second)], cases: new Map([[VN, found({ history })]]) };
  expect(judge(evidence)).toEqual([]);
});

const WRONG_FOR_CLIENTS: Record<string, [Partial<Evidence>, RegExp]> = {
  'a code that nobody issued': [{ diary: given('PP7') }, /a client was given PP7, which was never issued/],
  "another person's code": [
    { diary: given('PP2'), codes: [code(), { ...code('PP2'), pid: sampleCitizenId(2) }] },
    /a client was given PP2, of another person/,
  ],
  "another hospital's, day's and type's, of another kind": [
    {
      diary: given('PP2'),
      codes: [
        code(),
        {
          ...code('PP2'),
          ...{ hcode: '11111', issuedAt: SAMPLE_AT - 2 * 86_400_000, claimType: 'PG0130001', kind: 'EP' },
        },
      ],
    },
    /a client was given PP2, of another hospital, day, type, kind/,
  ],
};

test.each(Object.entries(WRONG_FOR_CLIENTS))('a client is given %s', (_, [broken, told]) => {
  expect(judge({ ...clean, ...broken })).toContainEqual(expect.stringMatching(told));
});

test.each(Object.entries(BROKEN))('%s', (_, [broken, told]) => {
  expect(judge({ ...clean, ...broken })).toContainEqual(expect.stringMatching(told));
});
