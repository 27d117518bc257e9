/** Days on which the bridge was off, and visits that are entered for an earlier day: each visit is accounted for. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cancelVisit } from '../../simulators/his/hosxp/visits.ts';
import { DAY_MS } from '../../src/domain/bangkok.ts';
import { FINAL_STATES } from '../../src/domain/case.ts';
import type { Log } from '../../src/service/ports/log.ts';
import { describeWith, freshMariaDb, freshPostgres } from '../support/services.ts';
import {
  expectHistoryExplains,
  HisOfTheFile,
  type Hospital,
  type HospitalOptions,
  openHospital,
} from './support/hospital.ts';
import { citizenIdOf } from './support/quiet.ts';

type Closing = () => Promise<unknown>;

/** The hospital's; see there. */
const DIGEST_MS = 5_000;

interface Engines {
  his: HisOfTheFile;
  /** An empty ledger of its own for each test; a file when left out. */
  freshStore?: () => Promise<string>;
}

function pastDays(start: (closing: Closing[]) => Promise<Engines>): void {
  const closing: Closing[] = [];
  let his: HisOfTheFile;
  let freshStore: Engines['freshStore'];
  let hospital: Hospital;

  beforeAll(async () => {
    ({ his, freshStore } = await start(closing));
  }, 120_000);
  afterEach(() => hospital.close());
  afterAll(async () => {
    for (const close of closing.toReversed()) await close();
  }, 60_000);

  const open = async (options: HospitalOptions = {}): Promise<void> => {
    const store = await freshStore?.();
    hospital = await openHospital(his, { ...options, ...(store === undefined ? {} : { store }) });
  };
  /** Enough for a week of days, one at each poll. */
  const polls = async (n = 9): Promise<void> => {
    for (let i = 0; i < n; i++) {
      hospital.pass(1_000);
      await hospital.poll();
    }
  };
  const isKnown = async (vn: string): Promise<boolean> =>
    (await hospital.ledger.case({ hcode: '10978', vn })) !== null;

  it('accounts for every visit of a weekend on which the bridge was off', async () => {
    await open();
    const seen = await hospital.visit(1);
    await polls(2);
    // Friday evening to Monday
    const ago = (days: number) => ({ at: hospital.now + (3 - days) * DAY_MS });
    const friday = await hospital.visit(2, { at: hospital.now + 3_600_000 });
    const saturday = await hospital.visit(3, ago(2));
    const byLine = await hospital.visit(4, ago(1));
    const typed = await hospital.visit(5, { ...ago(1), authCode: 'PP9000000321', at: ago(1).at + 1_000 });
    const { claimCode } = hospital.nhso.issueCode({
      pid: citizenIdOf(4),
      channel: 'kiosk',
      issuedAt: ago(1).at,
    });
    hospital.pass(3 * DAY_MS);
    await hospital.killAndStart();
    const today = await hospital.visit(6);
    await hospital.poll();
    // the counters first, then the days that are over
    expect((await hospital.case(today)).state).toBe('awaiting-card');
    await polls();
    await hospital.queue.tick('keep-house');
    await hospital.work();
    const rows = await his.db.query('SELECT vn FROM ovst');
    expect(rows).toHaveLength(6);
    for (const { vn } of rows) await expectHistoryExplains(hospital, String(vn));
    const past = [seen, friday, saturday, byLine, typed];
    for (const vn of past) expect(FINAL_STATES).toContain((await hospital.case(vn)).state);
    expect(await hospital.case(saturday)).toMatchObject({ state: 'expired', reason: 'day-over-no-card' });
    expect(await hospital.case(typed)).toMatchObject({ state: 'written', code: { source: 'his' } });
    expect(await hospital.case(byLine)).toMatchObject({ state: 'written', code: { claimCode } });
    expect(await hospital.code(byLine)).toBe(claimCode);
    expect(hospital.nhso.requests({ call: 'save-as-draft' })).toEqual([]);
    expect(hospital.nhso.requests({ call: 'confirm-save' })).toEqual([]);
  });

  it('asks nothing for a past day although its card was read', async () => {
    await open();
    await polls(2);
    await hospital.card(7);
    const vn = await hospital.visit(7);
    hospital.pass(DAY_MS);
    await hospital.killAndStart();
    await polls();
    expect(await hospital.case(vn)).toMatchObject({ readKind: 'full', state: 'ready' });
    await hospital.work();
    await hospital.queue.tick('keep-house');
    await hospital.work();
    expect(await hospital.case(vn)).toMatchObject({ state: 'needs-staff', reason: 'service-day-over' });
    expect(hospital.nhso.requests({ call: 'save-as-draft' })).toEqual([]);
  });

  it('finds a visit that is entered for an earlier day by the count of its rows, and leaves the days before its first', async () => {
    await open();
    await hospital.visit(1, { at: hospital.now - DAY_MS });
    await polls(2);
    hospital.pass(3 * DAY_MS);
    await polls();
    const late = await hospital.visit(2, { at: hospital.now - 2 * DAY_MS });
    const before = await hospital.visit(3, { at: hospital.now - 6 * DAY_MS });
    // four days since its first, one a digest
    await polls((4 * DIGEST_MS) / 1_000 + 2);
    expect((await hospital.case(late)).state).toBe('awaiting-card');
    expect(await isKnown(before)).toBe(false);
  });

  it('sees that a visit of yesterday is removed, also when who had read yesterday is gone', async () => {
    await open();
    const vn = await hospital.visit(1);
    await polls(2);
    hospital.pass(DAY_MS);
    await polls(2);
    expect((await hospital.case(vn)).state).not.toBe('cancelled');
    await hospital.killAndStart();
    await cancelVisit(his.db, vn);
    for (let i = 0; i < 9; i++) {
      hospital.pass(DIGEST_MS);
      await hospital.poll();
    }
    expect((await hospital.case(vn)).state).toBe('cancelled');
  });

  it('finds what was entered for an earlier day while it was off once a new day begins', async () => {
    await open();
    await polls(2);
    hospital.pass(3 * DAY_MS);
    await polls();
    const late = await hospital.visit(2, { at: hospital.now - 2 * DAY_MS });
    await hospital.killAndStart();
    await polls();
    hospital.pass(DAY_MS);
    await polls();
    expect((await hospital.case(late)).state).toBe('awaiting-card');
  });

  it('is not led astray by a clock that was a year ahead', async () => {
    await open();
    await polls(2);
    hospital.pass(365 * DAY_MS);
    await hospital.killAndStart();
    await polls();
    hospital.pass(-363 * DAY_MS);
    const yesterday = await hospital.visit(1, { at: hospital.now - DAY_MS });
    await hospital.killAndStart();
    await polls();
    expect(await isKnown(yesterday)).toBe(true);
  });

  it('reads no further back than it is told to, and names the days that it leaves out', async () => {
    const warned: unknown[] = [];
    await open({ settings: { catchUpDays: 2 }, log: logOf((fields) => warned.push(fields)) });
    await polls(2);
    const left = await hospital.visit(1, { at: hospital.now + DAY_MS });
    const taken = await hospital.visit(2, { at: hospital.now + 3 * DAY_MS });
    hospital.pass(5 * DAY_MS);
    await hospital.killAndStart();
    await polls();
    expect([await isKnown(left), await isKnown(taken)]).toEqual([false, true]);
    const on = (days: number): string =>
      new Date(hospital.now + 7 * 3_600_000 - days * DAY_MS).toISOString().slice(0, 10);
    expect(warned).toContainEqual({ site: '10978', from: on(5), to: on(3) });
  });
}

function logOf(warn: (fields: object) => void): Log {
  const silent = (): void => undefined;
  const log: Log = { debug: silent, info: silent, error: silent, warn, child: () => log };
  return log;
}

describe('PostgreSQL in the process, ledger in a file', () => {
  pastDays(async (closing) => {
    const his = await HisOfTheFile.start();
    closing.push(() => his.close());
    return { his };
  });

  it('takes up the days that are left when the HIS was away between two of them', async () => {
    const his = await HisOfTheFile.start();
    const hospital = await openHospital(his);
    try {
      await hospital.poll();
      const vns: string[] = [];
      for (const n of [0, 1, 2])
        vns.push(await hospital.visit(n + 1, { at: hospital.now + n * DAY_MS + 1_000 }));
      hospital.pass(3 * DAY_MS);
      await hospital.poll();
      his.isDown = true;
      hospital.pass(1_000);
      await hospital.poll();
      await hospital.killAndStart();
      await hospital.poll();
      his.isDown = false;
      for (let i = 0; i < 5; i++) {
        hospital.pass(1_000);
        await hospital.poll();
      }
      for (const vn of vns) expect((await hospital.case(vn)).state).toBe('awaiting-card');
    } finally {
      await hospital.close();
      await his.close();
    }
  });
});

describeWith('mariadb', 'MariaDB, ledger in a file', (adminUrl) => {
  pastDays(async (closing) => {
    const database = await freshMariaDb(adminUrl, 'tis620');
    closing.push(() => database.drop());
    const his = await HisOfTheFile.on(database.url);
    closing.push(() => his.close());
    return { his };
  });
});

describeWith('postgres', 'PostgreSQL, ledger on PostgreSQL', (adminUrl) => {
  pastDays(async (closing) => {
    const fresh = async (): Promise<string> => {
      const database = await freshPostgres(adminUrl);
      closing.push(() => database.drop());
      return database.url;
    };
    const his = await HisOfTheFile.on(await fresh());
    closing.push(() => his.close());
    return { his, freshStore: fresh };
  });
});
