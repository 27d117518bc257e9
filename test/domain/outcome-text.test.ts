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
  const aftermaths = [
    { dryRun: false, undone: false },
    { dryRun: true, undone: false },
    { dryRun: false, undone: true },
  ];
  const all = OUTCOMES.flatMap((outcome) => aftermaths.map((aftermath) => ({ outcome, ...aftermath })));
  test.each(all)('$outcome (dry run $dryRun, undone $undone)', ({ outcome, ...aftermath }) => {
    const text = outcomeText(outcome, aftermath);
    isReadable(text);
    isReadable(text.next);
  });

  test('and no two the same', () => {
    for (const aftermath of aftermaths) {
      expect(new Set(OUTCOMES.map((o) => outcomeText(o, aftermath).th)).size).toBe(OUTCOMES.length);
    }
  });

  test('of which only a run that wrote, and was not undone, tells that the HIS holds what it found', () => {
    const [real = '', dry = '', undone = ''] = aftermaths.map((a) => outcomeText('found', a).en);
    expect(real).toMatch(/written into the HIS\.$/);
    expect(dry).toMatch(/writes nothing\.$/);
    expect(undone).toMatch(/undone since\.$/);
  });

  const misfits = candidateSchema.shape.misfits.element.options satisfies readonly Misfit[];
  test.each(misfits)('a code does not fit: %s', (misfit) => {
    const { th, en } = misfitText(misfit);
    expect(th).toMatch(THAI);
    expect(en).toMatch(/^[a-z][\w ()-]{8,}$/);
  });
});
