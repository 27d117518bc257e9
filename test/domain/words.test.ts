/** The small words of the domain: citizen id, Bangkok time, phone, claim type, which visits need a code. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDays,
  bangkokIso,
  endOfServiceDate,
  parseBangkokDateTime,
  parseServiceDate,
  type ServiceDate,
  serviceDateOf,
  startOfServiceDate,
} from '../../src/domain/bangkok.ts';
import { checkDigit, maskCitizenIds, parseCitizenId } from '../../src/domain/citizen-id.ts';
import { chooseClaimType } from '../../src/domain/claim-type.ts';
import { chooseMobile, parseMobile } from '../../src/domain/phone.ts';
import { DEFAULT_POLICY, notRequired } from '../../src/domain/requirement.ts';
import { sampleCitizenId, sampleVisit } from '../support/samples.ts';

describe('citizen id', () => {
  it('accepts a valid check digit with the dashes and spaces people type, and nothing else', () => {
    const pid = sampleCitizenId(7);
    const dashed = pid.replace(/^(.)(....)(.....)(..)(.)$/, '$1-$2-$3-$4-$5');
    expect(parseCitizenId(pid)).toBe(pid);
    expect(parseCitizenId(dashed)).toBe(pid);
    expect(parseCitizenId(` ${pid} `)).toBe(pid);
    for (const wrong of [null, undefined, '', '123', `${pid}0`, pid.slice(1), 'x'.repeat(13)]) {
      expect(parseCitizenId(wrong)).toBeNull();
    }
  });

  it('finds every single wrong digit', () => {
    fc.assert(
      fc.property(fc.nat(9_999_999), fc.nat(12), fc.integer({ min: 1, max: 9 }), (n, at, by) => {
        const pid = sampleCitizenId(n);
        const wrong = [...pid].map((d, i) => (i === at ? String((Number(d) + by) % 10) : d)).join('');
        // sums of 0 and 1 modulo 11 share the check digits 1 and 0 with 10 and 11: those two pairs cannot be told apart
        const isBlindSpot = at < 12 && checkDigit(wrong) === Number(wrong[12]);
        expect(parseCitizenId(wrong) === null || isBlindSpot).toBe(true);
      }),
    );
  });

  it('is masked wherever it stands in a text', () => {
    fc.assert(
      fc.property(fc.nat(9_999_999), fc.string(), fc.string(), (n, before, after) => {
        const pid = sampleCitizenId(n);
        const text = `${before.replace(/\d/g, '')} ${pid} ${after.replace(/\d/g, '')}`;
        expect(maskCitizenIds(text)).not.toContain(pid);
      }),
    );
    const pid = sampleCitizenId(1);
    expect(maskCitizenIds(`/authen/${pid}?x`)).not.toContain(pid);
    expect(maskCitizenIds(pid.replace(/^(.)(....)(.....)(..)(.)$/, '$1-$2-$3-$4-$5'))).toMatch(
      /^\d-xxxx-xxxxx-\d\d-\d$/,
    );
    expect(maskCitizenIds('vn 691120083000 stays')).toBe('vn 691120083000 stays');
  });
});

describe('Bangkok time', () => {
  it.each([
    ['2026-11-19T16:59:59.999Z', '2026-11-19'],
    ['2026-11-19T17:00:00.000Z', '2026-11-20'],
    ['2024-02-28T17:00:00.000Z', '2024-02-29'],
  ])('%s is on %s', (utc, date) => expect(serviceDateOf(Date.parse(utc))).toBe(date));

  it('a day has the instants from its start to before its end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (at) => {
        const date = serviceDateOf(at);
        expect(startOfServiceDate(date)).toBeLessThanOrEqual(at);
        expect(endOfServiceDate(date)).toBeGreaterThan(at);
        expect(serviceDateOf(endOfServiceDate(date))).toBe(addDays(date, 1));
        expect(parseBangkokDateTime(bangkokIso(at))).toBe(Math.floor(at / 1000) * 1000);
      }),
    );
  });

  it.each([
    ['2026-11-20T08:15:00', '2026-11-20T01:15:00.000Z'],
    ['2026-11-20 08:15', '2026-11-20T01:15:00.000Z'],
    ['2026-11-20T08:15:00.123456', '2026-11-20T01:15:00.123Z'],
    ['2026-11-20T08:15:00Z', '2026-11-20T08:15:00.000Z'],
    ['2026-11-20T08:15:00+09:00', '2026-11-19T23:15:00.000Z'],
  ])('reads %s', (text, utc) => expect(parseBangkokDateTime(text)).toBe(Date.parse(utc)));

  it.each([
    '',
    '2026-11-31T08:00:00',
    '2026-11-20',
    '2569',
    '2026-11-20T24:00:00',
    '2026-11-20T25:00:00',
    'x',
  ])('refuses %j', (text) => expect(parseBangkokDateTime(text)).toBeNull());

  it('knows which dates are on the calendar', () => {
    expect(parseServiceDate('2026-02-28')).toBe('2026-02-28');
    for (const wrong of ['2026-02-29', '2026-13-01', '2026-1-1', '', '0000-00-00'])
      expect(parseServiceDate(wrong)).toBeNull();
  });
});

describe('phone', () => {
  it.each([
    [['0812345678'], '0812345678'],
    [['081-234-5678'], '0812345678'],
    [['081 234 5678'], '0812345678'],
    [['02-123-4567, 089-765-4321 (ลูก)'], '0897654321'],
    [['02-123-4567', '0612345678'], '0612345678'],
    [['0812345678/0898765432'], '0812345678'],
    [['โทร 0812345678'], '0812345678'],
    [['+66812345678'], '0812345678'],
    [['66812345678'], '0812345678'],
    [['๐๘๑๒๓๔๕๖๗๘'], '0812345678'],
    [['021234567'], null],
    [['-', '', '0', 'ไม่มี'], null],
    [['0999999999'], null],
    [['0800000000'], null],
    [['08123456789'], null],
    [['0712345678'], null],
    [[], null],
  ])('of %j chooses %j', (fields, mobile) => expect(chooseMobile(fields)).toBe(mobile));

  it('never gives anything but a 10-digit mobile whose digits stand in the field in that order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom(...'0123456789 -/,.()+xก') }), { maxLength: 4 }),
        (fields) => {
          const mobile = chooseMobile(fields);
          if (mobile === null) return;
          expect(mobile).toMatch(/^0[689]\d{8}$/);
          const digits = fields.map((f) => f.replace(/\D/g, ''));
          expect(digits.some((d) => d.includes(mobile.slice(1)))).toBe(true);
        },
      ),
    );
  });

  it('a citizen id is no phone', () => expect(parseMobile(sampleCitizenId(1))).toBeNull());
});

describe('claim type', () => {
  const policy = { default: 'PG0060001', rules: [{ departments: ['055'], claimType: 'PG0130001' }] };
  const offers = (...types: string[]) => types.map((claimType) => ({ claimType, claimTypeName: null }));
  const hd = sampleVisit({ department: { code: '055', name: 'ไตเทียม' } });

  it.each([
    ['the default, offered', sampleVisit(), offers('PG0060001', 'PG0110001'), null, 'PG0060001'],
    ['the default, when nothing is offered', sampleVisit(), [], null, 'PG0060001'],
    ['the rule of the department', hd, offers('PG0060001', 'PG0130001'), null, 'PG0130001'],
    ['a person, before the rule', hd, offers('PG0060001', 'PG0130001'), 'PG0060001', 'PG0060001'],
    ['nobody: not offered', hd, offers('PG0060001'), null, null],
    ['nobody: a person chose what is not offered', sampleVisit(), offers('PG0060001'), 'PG0110001', null],
  ])('decides: %s', (_, visit, offered, staff, expected) => {
    const choice = chooseClaimType(visit, offered, policy, staff);
    expect(choice.kind === 'chosen' ? choice.claimType : null).toBe(expected);
  });
});

describe('which visits need a code', () => {
  const person = sampleVisit().person;
  it.each([
    ['a Thai outpatient', sampleVisit(), {}, null],
    ['no nationality in the HIS', sampleVisit({ person: { ...person, nationality: null } }), {}, null],
    ['an inpatient', sampleVisit({ kind: 'inpatient' }), {}, 'not-required-visit-kind'],
    [
      'a foreigner',
      sampleVisit({ pid: null, person: { ...person, nationality: '48' } }),
      {},
      'not-required-nationality',
    ],
    ['a right that is left out', sampleVisit(), { rights: { except: ['89'] } }, 'not-required-right'],
    ['a scheme that is not among those', sampleVisit(), { schemes: { only: ['SSS'] } }, 'not-required-right'],
    ['a scheme that is among those', sampleVisit(), { schemes: { only: ['UCS'] } }, null],
    [
      'a department that is left out',
      sampleVisit(),
      { departments: { except: ['010'] } },
      'not-required-department',
    ],
    [
      'no right at all where only some need one',
      sampleVisit({ right: null }),
      { rights: { only: ['89'] } },
      'not-required-right',
    ],
  ] as const)('%s', (_, visit, policy, expected) => {
    expect(notRequired(visit, { ...DEFAULT_POLICY, ...policy })).toBe(expected);
  });
});

describe('dates that are typed as ServiceDate', () => {
  it('compare as text in the order of time', () => {
    const date = '2026-11-20' as ServiceDate;
    expect(addDays(date, -1) < date && date < addDays(date, 11)).toBe(true);
  });
});
