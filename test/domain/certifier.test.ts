/** Whose card certifies, and for how long. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CardRead } from '../../src/domain/card-read.ts';
import {
  CERTIFIES_FOR_MS,
  type Certified,
  certifierOf,
  whyNotCertifier,
} from '../../src/domain/certifier.ts';
import { mobileOf } from '../../src/domain/mobile.ts';
import { SAMPLE_AT, SAMPLE_HCODE, sampleCitizenId, sampleRead } from '../support/samples.ts';

const MINUTE = 60_000;
const OFFICER = sampleCitizenId(9);
const card = (more: Partial<CardRead> = {}): CardRead =>
  sampleRead({ id: 'officer', pid: OFFICER, readAt: SAMPLE_AT, ...more });
const certified = (more: Partial<Certified> = {}): Certified => ({
  ...{ hcode: SAMPLE_HCODE, stationId: 'counter-1', pid: sampleCitizenId(1), at: SAMPLE_AT + MINUTE },
  ...more,
});
/** 23:58 in Bangkok. */
const LATE = SAMPLE_AT + 15 * 3_600_000 + 28 * MINUTE;

describe('whyNotCertifier', () => {
  it.each<[string, Partial<CardRead>, Partial<Certified>]>([
    ['a full read', {}, {}],
    ['a card alone, while NHSO is away', { kind: 'card-only', correlationId: null, right: null }, {}],
    ['at the last moment', {}, { at: SAMPLE_AT + CERTIFIES_FOR_MS }],
    ['by a clock that is a little slow', {}, { at: SAMPLE_AT - MINUTE }],
  ])('%s may', (_, ofCard, of) => expect(whyNotCertifier(card(ofCard), certified(of))).toBeNull());

  it.each<[string, Partial<CardRead>, Partial<Certified>, RegExp]>([
    ["the patient's own card", { pid: sampleCitizenId(1) }, {}, /another person's card/],
    ['somebody who was certified', { kind: 'certified' }, {}, /own card/],
    ['a photo', { kind: 'photo' }, {}, /own card/],
    ['a card at another counter', { stationId: 'counter-2' }, {}, /this very station/],
    ['a card at another hospital', { hcode: '11111' }, {}, /this very station/],
    ['a card of a while ago', {}, { at: SAMPLE_AT + CERTIFIES_FOR_MS + 1 }, /10 minutes/],
    ['a card that comes afterwards', {}, { at: SAMPLE_AT - MINUTE - 1 }, /10 minutes/],
    ['a card of before midnight', { readAt: LATE }, { at: LATE + 4 * MINUTE }, /same day/],
  ])('%s may not', (_, ofCard, of, expected) => {
    expect(whyNotCertifier(card(ofCard), certified(of))).toMatch(expected);
  });

  it('says nothing of anybody', () => {
    const any = fc.record({
      kind: fc.constantFrom('full' as const, 'certified' as const),
      pid: fc.constantFrom(OFFICER, sampleCitizenId(1)),
      stationId: fc.constantFrom('counter-1', 'counter-2'),
    });
    fc.assert(
      fc.property(any, fc.integer({ min: -7e5, max: 7e5 }), (more, after) => {
        const why = whyNotCertifier(card(more), certified({ at: SAMPLE_AT + after })) ?? '';
        expect(why).not.toMatch(/\d{13}/);
        const isGood = more.kind === 'full' && more.pid === OFFICER && more.stationId === 'counter-1';
        expect(why === '').toBe(isGood && after >= -MINUTE && after <= CERTIFIES_FOR_MS);
      }),
    );
  });
});

it('a certifier is who their card says', () => {
  const stated = { role: 'guardian', relation: 'มารดา', reason: 'เด็กยังไม่มีบัตร' } as const;
  const person = { ...card().person, titleName: '004', fname: 'สมหญิง', lname: 'ทดสอบ' };
  expect(certifierOf(card({ person }), stated)).toEqual({
    ...{ cardReadId: 'officer', pid: OFFICER, ...stated },
    person: { titleName: '004', fname: 'สมหญิง', lname: 'ทดสอบ' },
  });
});

it.each([
  ['0611111112', '0622222223', ['0633333334'], { mobile: '0611111112', source: 'staff' }],
  [null, '0622222223', ['02-1234567', '0633333334'], { mobile: '0633333334', source: 'his' }],
  [null, '0622222223', ['02-1234567'], { mobile: '0622222223', source: 'counter' }],
  [null, null, [], null],
] as const)(
  'mobile: of a person %s, of the counter %s, of the HIS %j',
  (staffMobile, givenMobile, phones, mobile) => {
    expect(mobileOf({ staffMobile, givenMobile, visit: { phones } })).toEqual(mobile);
  },
);
