/** The decision table of `assess`: which facts give which state, and which of them goes before which. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ASSESSED_REASONS, assess, type Facts, type SitePolicy } from '../../src/domain/assess.ts';
import type { CaseState, Reason } from '../../src/domain/case.ts';
import { DEFAULT_POLICY } from '../../src/domain/requirement.ts';
import type { LoggedCode, Visit } from '../../src/domain/visit.ts';
import { SAMPLE_AT, sampleCitizenId, sampleVisit } from '../support/samples.ts';

const POLICY: SitePolicy = {
  requirement: { ...DEFAULT_POLICY, rights: { except: ['10'] }, departments: { except: ['lab'] } },
  claimType: { default: 'PG0060001', rules: [{ departments: ['hd'], claimType: 'PG0130001' }] },
};
const FULL = { kind: 'full', claimTypes: [], correlationId: 'c1' } as const;
const PAID_BY_SELF = { code: '10', name: null, scheme: 'A1', hospMain: null, hospSub: null };
const LOGGED: LoggedCode = {
  claimCode: 'PP1234567890',
  claimType: 'PG0060001',
  pid: sampleCitizenId(1),
  createdAt: SAMPLE_AT,
};

function facts(visit: Partial<Visit> = {}, more: Partial<Facts> = {}): Facts {
  const nobody = { visitGone: false, read: null, staffMobile: null, givenMobile: null, staffClaimType: null };
  return { visit: sampleVisit(visit), ...nobody, ...more };
}

const offering = (...claimTypes: string[]) => ({
  ...FULL,
  claimTypes: claimTypes.map((claimType) => ({ claimType, claimTypeName: null })),
});

describe('assess', () => {
  it.each<[string, Facts, CaseState, Reason | null, string | null]>([
    ['nothing but the visit', facts(), 'awaiting-card', 'waiting-card', null],
    ['a card read with NHSO', facts({}, { read: FULL }), 'ready', null, null],
    [
      'a card read without NHSO',
      facts({}, { read: { ...FULL, kind: 'card-only' } }),
      'offline',
      'waiting-reread',
      null,
    ],
    [
      'a read without correlation id',
      facts({}, { read: { ...FULL, correlationId: null } }),
      'offline',
      'waiting-reread',
      null,
    ],
    [
      'a person who certifies',
      facts({}, { read: { ...FULL, kind: 'certified' } }),
      'needs-staff',
      'enter-at-nhso',
      null,
    ],
    ['a photo', facts({}, { read: { ...FULL, kind: 'photo' } }), 'needs-staff', 'enter-at-nhso', null],
    [
      'a phone that was given',
      facts({ phones: [] }, { givenMobile: '0812345678' }),
      'awaiting-card',
      'waiting-card',
      null,
    ],
    ['gone', facts({}, { visitGone: true, read: FULL }), 'cancelled', 'visit-cancelled', null],
    ['cancelled', facts({ cancelled: true }), 'cancelled', 'visit-cancelled', null],
    [
      'a row that makes no sense',
      facts({ problem: 'vsttime: …' }),
      'needs-staff',
      'unreadable-row',
      'vsttime: …',
    ],
    ['an admission', facts({ kind: 'inpatient' }), 'not-required', 'not-required-visit-kind', null],
    [
      'a foreigner',
      facts({ person: { ...sampleVisit().person, nationality: '56' } }),
      'not-required',
      'not-required-nationality',
      null,
    ],
    ['a right that needs none', facts({ right: PAID_BY_SELF }), 'not-required', 'not-required-right', null],
    [
      'a department that needs none',
      facts({ department: { code: 'lab', name: null } }),
      'not-required',
      'not-required-department',
      null,
    ],
    ['a code in the HIS', facts({ code: 'PP9000000001' }), 'written', null, null],
    ['a code of a form not seen before', facts({ code: 'A-77' }), 'written', null, null],
    [
      'a close-visit code in its place',
      facts({ code: 'EP123' }),
      'needs-staff',
      'his-holds-other-code',
      'EP123',
    ],
    [
      'a claim type in its place',
      facts({ code: 'PG0060001' }),
      'needs-staff',
      'his-holds-other-code',
      'PG0060001',
    ],
    ['words in its place', facts({ code: 'ขอไม่ได้' }), 'needs-staff', 'his-holds-other-code', 'ขอไม่ได้'],
    ['no citizen id', facts({ pid: null }), 'needs-staff', 'no-citizen-id', null],
    ['a wrong citizen id', facts({ pid: '1234567890123' }), 'needs-staff', 'invalid-citizen-id', null],
    ['a code in the HIS’s log', facts({ loggedCode: LOGGED }), 'found-elsewhere', null, null],
    [
      'one there of another person',
      facts({ loggedCode: { ...LOGGED, pid: sampleCitizenId(2) } }),
      'needs-staff',
      'code-does-not-fit',
      'authenhos',
    ],
    [
      'one there of another day',
      facts({ loggedCode: { ...LOGGED, createdAt: SAMPLE_AT - 86_400_000 } }),
      'needs-staff',
      'code-does-not-fit',
      'authenhos',
    ],
    [
      'one there of another type',
      facts({ loggedCode: { ...LOGGED, claimType: 'PG0130001' } }),
      'needs-staff',
      'code-does-not-fit',
      'authenhos',
    ],
    [
      'a close-visit code there',
      facts({ loggedCode: { ...LOGGED, claimCode: 'EP1' } }),
      'awaiting-card',
      'waiting-card',
      null,
    ],
    [
      'no phone',
      facts({ phones: ['02-123-4567', '0800000000'] }, { read: FULL }),
      'needs-staff',
      'no-phone',
      null,
    ],
    [
      'a phone given by a person',
      facts({ phones: [] }, { read: FULL, staffMobile: '0612345679' }),
      'ready',
      null,
      null,
    ],
    [
      'the type not offered',
      facts({}, { read: offering('PG0110001') }),
      'needs-staff',
      'claim-type-not-offered',
      'PG0060001: PG0110001',
    ],
    ['the type offered', facts({}, { read: offering('PG0110001', 'PG0060001') }), 'ready', null, null],
    [
      'the department’s type not offered',
      facts({ department: { code: 'hd', name: null } }, { read: offering('PG0060001') }),
      'needs-staff',
      'claim-type-not-offered',
      'PG0130001: PG0060001',
    ],
    [
      'a type chosen by a person',
      facts({}, { read: offering('PG0110001'), staffClaimType: 'PG0110001' }),
      'ready',
      null,
      null,
    ],
  ])('%s', (_, given, state, reason, detail) => {
    expect(assess(given, POLICY)).toMatchObject({ state, reason, reasonDetail: detail });
  });

  /** Each fact, alone, gives its reason; together the earlier in this list decides. */
  const inOrder: [CaseState, Reason | null, Partial<Visit>][] = [
    ['cancelled', 'visit-cancelled', { cancelled: true }],
    ['needs-staff', 'unreadable-row', { problem: 'a column' }],
    ['not-required', 'not-required-right', { right: PAID_BY_SELF }],
    ['written', null, { code: 'PP9000000001' }],
    ['needs-staff', 'no-citizen-id', { pid: null }],
    ['found-elsewhere', null, { loggedCode: LOGGED }],
    ['needs-staff', 'no-phone', { phones: [] }],
  ];
  it('lets the first of several reasons decide', () => {
    fc.assert(
      fc.property(fc.subarray(inOrder, { minLength: 1 }), fc.boolean(), (some, hasCard) => {
        const visit = Object.assign({}, ...some.map(([, , fact]) => fact)) as Partial<Visit>;
        const [first] = some;
        const found = assess(facts(visit, hasCard ? { read: FULL } : {}), POLICY);
        expect([found.state, found.reason]).toEqual(first?.slice(0, 2));
      }),
    );
  });

  it('holds the code that it found, and where', () => {
    expect(assess(facts({ code: 'PP9000000001' }), POLICY).code).toEqual({
      claimCode: 'PP9000000001',
      claimType: null,
      issuedAt: null,
      source: 'his',
    });
    expect(assess(facts({ loggedCode: LOGGED }), POLICY).code).toMatchObject({
      source: 'his-log',
      issuedAt: SAMPLE_AT,
    });
  });

  it('shows the code that does not fit, with what differs', () => {
    const other = { ...LOGGED, pid: null, claimType: null };
    expect(assess(facts({ loggedCode: other }), POLICY).candidates).toMatchObject([
      { claimCode: LOGGED.claimCode, misfits: ['person', 'claim-type'] },
    ]);
  });

  it('takes no citizen id for a code, and repeats none', () => {
    const found = assess(facts({ code: sampleCitizenId(5) }), POLICY);
    expect(found).toMatchObject({ state: 'needs-staff', reason: 'his-holds-other-code', code: null });
    expect(found.reasonDetail).not.toContain(sampleCitizenId(5));
  });

  it('takes back only reasons that it gives itself', () => {
    for (const [, given] of [
      ['', facts({ problem: 'x' })],
      ['', facts({ phones: [] })],
    ] as const) {
      expect(ASSESSED_REASONS).toContain(assess(given, POLICY).reason);
    }
    for (const reason of ['refused', 'same-day-code', 'code-held', 'service-day-over'] as const) {
      expect(ASSESSED_REASONS).not.toContain(reason);
    }
  });
});
