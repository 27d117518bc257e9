/** The night by itself: which days are looked at and when, and what is made up for. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS, type Instant } from '../../../src/domain/bangkok.ts';
import { lastTime, Night } from '../../../src/service/reconcile/night.ts';
import { SAMPLE_DATE, SAMPLE_HCODE } from '../../support/samples.ts';
import { HisOfTheFile } from '../support/hospital.ts';
import { hour, NIGHT, type NightHospital, openNight } from './night-hospital.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const AT = ['00:30', '06:00'];
const DONE = `reconcile/${SAMPLE_HCODE}`;

describe('the last time that has come', () => {
  it.each<[string, readonly string[], number, number | null]>([
    ['just now', AT, 24.5, 24.5],
    ['between two', AT, 27, 24.5],
    ['after the last', AT, 40, 30],
    ['before the first of the day', AT, 24.4, 6],
    ['none', [], 24.5, null],
  ])('%s', (_, at, now, expected) => {
    expect(lastTime(at, hour(now))).toBe(expected === null ? null : hour(expected));
  });
});

describe('the night', () => {
  let his: HisOfTheFile;
  let hospital: NightHospital;
  let night: Night;

  beforeAll(async () => {
    his = await HisOfTheFile.start();
  });
  afterAll(() => his.close());
  beforeEach(async () => {
    hospital = await openNight(his, { at: AT });
    night = new Night(hospital.tools);
  });
  afterEach(async () => {
    await night.stop();
    await hospital.close();
  });

  const tick = async (at: Instant): Promise<void> => {
    hospital.setClock(at);
    await night.schedules()[0]?.run(at);
    await night.idle();
  };
  const runs = async (): Promise<string[]> =>
    (await hospital.ledger.reconciliations.list({}, { limit: 50 })).items.map(
      (r) => `${r.serviceDate} ${r.state}`,
    );

  it('has a schedule for each time, in Bangkok', () => {
    expect(night.schedules().map(({ id, cron }) => [id, cron])).toEqual([
      ['reconcile-0030', '30 0 * * *'],
      ['reconcile-0600', '0 6 * * *'],
    ]);
  });

  it('looks at the day that ended, then at days before it that still lack a code, until they are too old', async () => {
    const vn = await hospital.visit(1, 8);
    await tick(NIGHT);
    expect(await runs()).toEqual(['2026-11-20 finished']);
    // the same tick once more, at another bridge perhaps: it has been done
    await tick(NIGHT + 1_000);
    expect(await runs()).toHaveLength(1);
    const code = hospital.issue(1, 8.1);
    await tick(NIGHT + 3 * DAY_MS);
    // the two of one night began in the same moment of this clock
    expect((await runs()).slice(0, 2).sort()).toEqual(['2026-11-20 finished', '2026-11-23 finished']);
    expect(await hospital.code(vn)).toBe(code);
    await tick(NIGHT + 4 * DAY_MS);
    // nothing is missing any more
    expect((await runs()).filter((r) => r.startsWith('2026-11-20'))).toHaveLength(2);
  });

  it('a day that is older than "days" is asked for no more', async () => {
    await hospital.visit(1, 8);
    await tick(NIGHT);
    for (let day = 1; day <= 9; day++) await tick(NIGHT + day * DAY_MS);
    const ofDay = (await runs()).filter((r) => r.startsWith(SAMPLE_DATE));
    expect(ofDay).toHaveLength(7);
    const [newest] = (await hospital.ledger.reconciliations.list({ serviceDate: SAMPLE_DATE }, { limit: 1 }))
      .items;
    expect(newest?.startedAt).toBe(NIGHT + 6 * DAY_MS);
  });

  it('of a past day only those are asked for who lack a code', async () => {
    await hospital.visit(1, 8);
    const typed = await hospital.visit(2, 9, { authCode: 'PP1234567890' });
    await tick(NIGHT);
    const before = hospital.calls().status;
    await tick(NIGHT + DAY_MS);
    expect(hospital.calls().status - before).toBe(1);
    const [newest] = (await hospital.ledger.reconciliations.list({ serviceDate: SAMPLE_DATE }, { limit: 1 }))
      .items;
    expect(newest === undefined ? {} : await hospital.outcomes(newest)).toHaveProperty(typed, 'had-one');
  });

  it('makes up at the start for a time that was missed; a new bridge has missed none', async () => {
    await hospital.visit(1, 8);
    hospital.setClock(hour(23));
    await night.catchUp();
    await night.idle();
    expect(await runs()).toEqual([]);
    // the bridge was off from 23:00 to 07:00
    hospital.setClock(hour(31));
    await night.catchUp();
    await night.idle();
    expect(await runs()).toEqual(['2026-11-20 finished']);
    await night.catchUp();
    await night.idle();
    expect(await runs()).toHaveLength(1);
  });

  it('a time that was noted by a clock that was ahead holds nothing up', async () => {
    await hospital.visit(1, 8);
    await hospital.ledger.remember(DONE, String(NIGHT + 400 * DAY_MS));
    await tick(NIGHT);
    expect(await runs()).toEqual(['2026-11-20 finished']);
  });

  it('goes on with the run that an ending process left, and with no older one', async () => {
    await hospital.visit(1, 8);
    hospital.web.control.down('500');
    await hospital.agent.control.stop();
    await tick(NIGHT);
    expect(await runs()).toEqual(['2026-11-20 failed']);
    hospital.web.control.up();
    await hospital.ledger.remember(DONE, String(NIGHT - DAY_MS));
    await tick(NIGHT + 60_000);
    expect(await runs()).toEqual(['2026-11-20 finished']);
    await hospital.visit(2, 9);
    hospital.web.control.down('500');
    await tick(hour(30));
    hospital.web.control.up();
    await tick(NIGHT + DAY_MS);
    expect((await runs()).filter((r) => r.startsWith(SAMPLE_DATE))).toEqual([
      '2026-11-20 finished',
      '2026-11-20 failed',
      '2026-11-20 finished',
    ]);
  });
});
