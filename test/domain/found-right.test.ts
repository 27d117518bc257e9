import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays } from '../../src/domain/bangkok.ts';
import { CASE_STATES } from '../../src/domain/case.ts';
import { FARTHEST_TRY_MS, type FoundRight, nextRightTry, rightOf } from '../../src/domain/found-right.ts';
import { rightTold } from '../../src/domain/machine/right.ts';
import {
  SAMPLE_AT,
  SAMPLE_DATE,
  sampleCase,
  sampleCitizenId,
  sampleFoundRight,
  sampleRead,
} from '../support/samples.ts';

const MINUTE_MS = 60_000;
const FOUND = sampleFoundRight();
const READ = sampleRead();
const NONE: FoundRight = { ...FOUND, answer: 'no-right', right: null };

describe("a visit's right", () => {
  it.each([
    ['told at the card read goes first', 'full', READ, FOUND, { right: READ.right, found: null }],
    ['is not found where the read named none', 'full', { right: null }, FOUND, null],
    ['is the found one without a card', null, null, FOUND, { right: FOUND.right, found: FOUND }],
    ['is the found one beside a card alone', 'card-only', { right: null }, FOUND, { found: FOUND }],
    ['told with a card alone goes first too', 'card-only', READ, FOUND, { found: null }],
    ['is none where NHSO named none', null, null, NONE, null],
    ['is none where nobody asked', null, null, null, null],
  ] as const)('%s', (_, readKind, read, found, known) => {
    const right = rightOf({ state: 'awaiting-card', readKind }, read, found);
    if (known === null) expect(right).toBeNull();
    else expect(right).toMatchObject(known);
  });

  it('is none for a visit that was cancelled', () => {
    expect(rightOf({ state: 'cancelled', readKind: null }, null, FOUND)).toBeNull();
  });
});

describe('the next try', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [5, 16],
    [6, 32],
    [50, 32],
    [0, 1],
  ])('after %i failures that may pass comes in %i minutes', (failures, minutes) => {
    expect(nextRightTry(failures, true, SAMPLE_AT)).toBe(SAMPLE_AT + minutes * MINUTE_MS);
  });

  it('after a refusal comes in an hour', () => {
    for (const failures of [1, 2, 9]) {
      expect(nextRightTry(failures, false, SAMPLE_AT)).toBe(SAMPLE_AT + 60 * MINUTE_MS);
    }
  });

  it('is never farther ahead than what counts as a wrong clock', () => {
    fc.assert(
      fc.property(fc.nat(), fc.boolean(), (failures, mayPass) => {
        const wait = nextRightTry(failures, mayPass, SAMPLE_AT) - SAMPLE_AT;
        expect(wait).toBeGreaterThan(0);
        expect(wait).toBeLessThan(FARTHEST_TRY_MS);
      }),
    );
  });
});

describe('what a case is told', () => {
  it('is a line of its history and nothing else, in any state', () => {
    for (const state of CASE_STATES) {
      const c = sampleCase({ state, dueAt: SAMPLE_AT, nextStep: 'lookup', stepSeq: 3 });
      const told = rightTold(c, FOUND, SAMPLE_AT + 5);
      if (state === 'cancelled') expect(told).toBeNull();
      else {
        expect(told?.next).toEqual({ ...c, version: c.version + 1, updatedAt: SAMPLE_AT + 5 });
        expect(told?.history).toEqual([
          {
            ...{ at: SAMPLE_AT + 5, actor: 'bridge', event: 'right-asked', reason: c.reason },
            ...{ fromState: state, toState: state },
            detail: { answer: 'right', source: 'ucws', mainInscl: FOUND.right?.mainInscl },
          },
        ]);
      }
    }
  });

  it.each([
    ['another person', { pid: sampleCitizenId(2) }],
    ['another day', { serviceDate: addDays(SAMPLE_DATE, 1) }],
    ['a full read', { readKind: 'full' }],
  ] as const)('nothing with %s', (_, more) => {
    expect(rightTold(sampleCase(more), FOUND, SAMPLE_AT)).toBeNull();
  });
});
