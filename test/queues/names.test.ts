import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobIdOf, priorityOf } from '../../queues/names.ts';
import { addDays, type ServiceDate } from '../../src/domain/bangkok.ts';
import { STEPS } from '../../src/domain/case.ts';

const job = fc.record({
  step: fc.constantFrom(...STEPS),
  hcode: fc.string({ minLength: 1, maxLength: 9 }),
  vn: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  stepSeq: fc.nat(),
});

describe('job ids', () => {
  it('reads as what it stands for', () => {
    expect(jobIdOf({ step: 'confirm', hcode: '10978', vn: '691120081500', stepSeq: 3 })).toBe(
      'confirm.10978.691120081500.3',
    );
  });

  it('is one that BullMQ takes: no colon, not digits only', () => {
    fc.assert(
      fc.property(job, (some) => {
        expect(jobIdOf(some)).toMatch(/^[a-z][A-Za-z0-9._~-]*$/);
      }),
    );
  });

  it('is the same for the same work and another for other work', () => {
    // close together, so that the visit numbers differ in the characters that are escaped
    const close = fc.record({
      step: fc.constantFrom('draft' as const, 'lookup' as const),
      hcode: fc.constantFrom('1', '1.1', '1~'),
      vn: fc.string({ unit: fc.constantFrom('1', '.', '~', ':', '0', '3', 'a'), minLength: 1, maxLength: 6 }),
      stepSeq: fc.constantFrom(1, 11),
    });
    fc.assert(
      fc.property(close, close, (a, b) => {
        expect(jobIdOf(a) === jobIdOf(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('priority', () => {
  it('puts the older service date first, within what BullMQ takes', () => {
    const base = '2026-11-20' as ServiceDate;
    fc.assert(
      fc.property(
        fc.integer({ min: -10_000, max: 10_000 }),
        fc.integer({ min: 1, max: 400 }),
        (from, later) => {
          const [older, newer] = [addDays(base, from), addDays(base, from + later)].map((serviceDate) =>
            priorityOf({ serviceDate }),
          );
          expect(newer).toBe((older as number) + later);
          expect(older).toBeGreaterThan(
            priorityOf({ serviceDate: addDays(base, from + later), isUrgent: true }),
          );
          expect(newer).toBeLessThanOrEqual(2_097_151);
        },
      ),
    );
  });
});
