import { describe, expect, test } from 'vitest';
import type { Misfit } from '../../src/domain/authen-code.ts';
import { misfitText, outcomeText } from '../../src/domain/outcome-text.ts';
import type { Wording } from '../../src/domain/reason-text.ts';
import { OUTCOMES } from '../../src/domain/reconcile.ts';
import { candidateSchema } from '../../src/http/schemas/case.ts';

const THAI = /[\u0e00-\u0e7f]{4,}/;

function isReadable({ th, en }: Wording): void {
  expect(th).toMatch(THAI);
  expect(en).not.toMatch(THAI);
  expect(en).toMatch(/^[A-Z].{10,}[.]$/);
}

describe('every outcome has words for the claims office', () => {
  const all = OUTCOMES.flatMap((outcome) => [true, false].map((dryRun) => [outcome, dryRun] as const));
  test.each(all)('%s, dry run %s', (outcome, dryRun) => {
    const text = outcomeText(outcome, { dryRun });
    isReadable(text);
    isReadable(text.next);
  });

  test('and no two the same', () => {
    expect(new Set(OUTCOMES.map((o) => outcomeText(o, { dryRun: false }).th)).size).toBe(OUTCOMES.length);
  });

  test('of which a dry run tells none that it has written', () => {
    for (const outcome of OUTCOMES) {
      const { th, en } = outcomeText(outcome, { dryRun: true });
      expect([th, en].join()).not.toMatch(/บันทึกลง HIS แล้ว|was found and written/);
    }
  });

  const misfits = candidateSchema.shape.misfits.element.options satisfies readonly Misfit[];
  test.each(misfits)('a code does not fit: %s', (misfit) => {
    const { th, en } = misfitText(misfit);
    expect(th).toMatch(THAI);
    expect(en).toMatch(/^[a-z][\w ()-]{8,}$/);
  });
});
