/** The clock was an hour ahead when the case was changed, and has been set right. */

import { describe, expect, it } from 'vitest';
import { clockSetBack } from '../../../src/domain/machine/clock.ts';
import { waitForHis } from '../../../src/domain/machine/write-back.ts';
import { SAMPLE_AT, sampleCase } from '../../support/samples.ts';

const HOUR = 3_600_000;
const NOW = SAMPLE_AT;
const waiting = (updatedAt: number): ReturnType<typeof sampleCase> =>
  sampleCase({
    state: 'unknown',
    askedAt: updatedAt - 3_000,
    nextStep: 'lookup',
    stepSeq: 4,
    dueAt: updatedAt + 20_000,
    updatedAt,
  });

describe('a case from the future', () => {
  it('is looked up when it would have been, and its question is as old as it was', () => {
    const changed = clockSetBack(waiting(NOW + HOUR), NOW);
    expect(changed?.next).toMatchObject({
      state: 'unknown',
      nextStep: 'lookup',
      stepSeq: 5,
      dueAt: NOW + 20_000,
      askedAt: NOW - 3_000,
      updatedAt: NOW,
    });
    expect(changed?.history[0]).toMatchObject({ event: 'clock-set-back', detail: { aheadMs: HOUR } });
  });

  it('what was due already is due now', () => {
    const late = { ...waiting(NOW + HOUR), dueAt: NOW + 60_000 };
    expect(clockSetBack(late, NOW)?.next.dueAt).toBe(NOW);
  });

  it('a question from before the clock went wrong keeps its time', () => {
    const asked = { ...waiting(NOW + HOUR), askedAt: NOW - 60_000 };
    expect(clockSetBack(asked, NOW)?.next.askedAt).toBe(NOW - 60_000);
  });

  it.each([
    ['the clocks of two processes', waiting(NOW + 60_000)],
    ['the past', waiting(NOW - HOUR)],
    ['nothing to be done', { ...waiting(NOW + HOUR), nextStep: null, dueAt: null }],
  ])('%s: nothing changes', (_, c) => {
    expect(clockSetBack(c, NOW)).toBeNull();
  });

  it('is put right by whatever changes it first: after that nobody sees that it came from there', () => {
    const changed = waitForHis(waiting(NOW + HOUR), 'down', NOW);
    expect(changed?.next).toMatchObject({
      ...{ state: 'unknown', nextStep: 'lookup', stepSeq: 5, dueAt: NOW + 20_000 },
      ...{ askedAt: NOW - 3_000, updatedAt: NOW, reason: 'waiting-his' },
    });
  });
});
