import { describe, expect, test } from 'vitest';
import { ASK_SITUATIONS, type AskSituation, askSituation, askText } from '../../src/domain/ask-text.ts';
import type { Candidate } from '../../src/domain/authen-code.ts';
import type { OpenAsk } from '../../src/domain/door-ask.ts';
import { LOOKUPS_AT_MOST } from '../../src/domain/machine/lost-answer.ts';
import type { Wording } from '../../src/domain/reason-text.ts';
import { SAMPLE_AT, SAMPLE_HCODE, sampleAsk } from '../support/samples.ts';

const THAI = /[\u0e00-\u0e7f]{4,}/;

function isReadable({ th, en }: Wording): void {
  expect(th).toMatch(THAI);
  expect(en).not.toMatch(THAI);
  expect(en).toMatch(/^[A-Z].{10,}[.]$/);
}

describe('however it stands with an ask, there are words for a clerk', () => {
  test.each(ASK_SITUATIONS)('%s', (situation) => {
    isReadable(askText(situation));
    isReadable(askText(situation).next);
  });

  test('and no two the same', () => {
    const texts = ASK_SITUATIONS.map(askText);
    for (const all of [texts, texts.map((text) => text.next)]) {
      expect(new Set(all.map(({ th }) => th)).size).toBe(ASK_SITUATIONS.length);
      expect(new Set(all.map(({ en }) => en)).size).toBe(ASK_SITUATIONS.length);
    }
  });
});

const BESIDE: Candidate = {
  ...{ claimCode: 'PP2000000002', claimType: 'PG0060001', hcode: SAMPLE_HCODE, issuedAt: SAMPLE_AT },
  ...{ misfits: [], heldBy: null },
};
const two = { candidates: [BESIDE] };
const decided = { emptyLookups: LOOKUPS_AT_MOST };

test.each<[AskSituation, OpenAsk['state'], Partial<OpenAsk>]>([
  ['asking', 'asking', {}],
  ['came-late', 'asking', two],
  ['lost', 'lost', {}],
  ['came-late', 'lost', two],
  ['undecided', 'lost', decided],
  ['undecided', 'lost', { ...decided, ...two }],
  ['not-looked-up', 'lost', { lookAt: null }],
  ['not-looked-up', 'lost', { ...decided, ...two, lookAt: null }],
  ['issued', 'issued', { lookAt: null }],
  ['issued', 'issued', {}],
  ['second-code', 'issued', two],
  ['second-code', 'issued', { ...two, lookAt: null }],
  ['visit-has-other', 'issued', { candidates: [{ ...BESIDE, heldBy: '1' }], lookAt: null }],
  ['second-code', 'issued', { candidates: [{ ...BESIDE, heldBy: '1' }, BESIDE], lookAt: null }],
])('it is %s: %s %o', (expected, state, more) => {
  expect(askSituation({ ...sampleAsk(), ...more, state })).toBe(expected);
});
