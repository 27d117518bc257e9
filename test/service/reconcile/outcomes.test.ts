/** A night on real parts: what is said of each visit, what is written, and what it costs NHSO. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANCELLED_STATUS } from '../../../simulators/his/hosxp/sample-day.ts';
import { cancelVisit } from '../../../simulators/his/hosxp/visits.ts';
import { SAMPLE_DATE } from '../../support/samples.ts';
import { describeWith, type FreshDatabase, freshPostgres } from '../../support/services.ts';
import { HisOfTheFile } from '../support/hospital.ts';
import { citizenIdOf } from '../support/quiet.ts';
import { hour, type NightHospital, type NightOptions, openNight } from './night-hospital.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const RUN = { serviceDate: SAMPLE_DATE, dryRun: false, resume: false, startedBy: 'cli:somchai' } as const;

describe('a night, the ledger on SQLite', () => nights(null));
describeWith('postgres', 'a night, the ledger on PostgreSQL', (adminUrl) =>
  nights(() => freshPostgres(adminUrl)),
);

function nights(fresh: (() => Promise<FreshDatabase>) | null): void {
  let his: HisOfTheFile;
  let night: NightHospital;
  const databases: FreshDatabase[] = [];

  beforeAll(async () => {
    his = await HisOfTheFile.start();
  });
  afterAll(() => his.close());
  beforeEach(async () => {
    night = await open();
  });
  afterEach(async () => {
    await night.close();
    for (const database of databases.splice(0)) await database.drop();
  });

  async function open(options: NightOptions = {}): Promise<NightHospital> {
    if (fresh === null) return openNight(his, options);
    const database = await fresh();
    databases.push(database);
    return openNight(his, { ...options, store: database.url });
  }

  it('finds a code, writes it into the row, and can say afterwards what it wrote', async () => {
    const vn = await night.visit(1, 8);
    const code = night.issue(1, 8.1);
    const run = await night.run();
    expect(run).toMatchObject({
      state: 'finished',
      trouble: null,
      hisCount: 1,
      counts: { found: 1 },
      calls: 1,
    });
    expect(await night.code(vn)).toBe(code);
    expect(await night.case(vn)).toMatchObject({
      state: 'written',
      code: { claimCode: code, source: 'lookup' },
    });
    const [item] = await night.items(run);
    expect(item).toMatchObject({
      ...{ vn, outcome: 'found', state: 'written', claimCode: code, source: 'authen-status', candidates: [] },
      written: { row: { vn, table: 'visit_pttype' }, previous: null },
    });
    expect(night.calls()).toEqual({ status: 1, agent: 0 });
  });

  it('says each visit of a day in one word, asks little, and the sum is the HIS’s own', async () => {
    const had = await night.visit(1, 8, { authCode: 'PP1234567890' });
    const ours = await night.visit(2, 8.1);
    const oursCode = night.issue(2, 8.2);
    await night.run();
    expect(await night.code(ours)).toBe(oursCode);
    const before = night.calls();
    const agreed = await night.visit(3, 9, { authCode: night.issue(3, 9.1) });
    const disagree = await night.visit(4, 9.1, { authCode: 'PP1111111111' });
    night.issue(4, 9.2);
    const elsewhere = await night.visit(5, 9.2);
    night.issue(5, 9.3, { hcode: '11472' });
    const missing = await night.visit(6, 9.3);
    const close = await night.visit(7, 9.4);
    night.issue(7, 9.5, { kind: 'EP' });
    const first = await night.visit(8, 9.5);
    const second = await night.visit(8, 14);
    const [a, b] = [night.issue(8, 9.6), night.issue(8, 14.1)];
    const twice = await night.visit(9, 10);
    const again = await night.visit(9, 15);
    night.issue(9, 10.1);
    const foreigner = await night.visit(10, 11, { nationality: '45' });
    const cancelled = await night.visit(11, 11.1);
    await cancelVisit(his.db, cancelled, CANCELLED_STATUS);
    const nobody = await night.visit(12, 11.2, { cid: null });
    const run = await night.run();
    expect(await night.outcomes(run)).toEqual({
      ...{ [had]: 'had-one', [ours]: 'had-one', [agreed]: 'had-one', [disagree]: 'disagree' },
      ...{ [elsewhere]: 'other-hospital', [missing]: 'missing', [close]: 'missing' },
      ...{ [first]: 'found', [second]: 'found', [twice]: 'ambiguous', [again]: 'ambiguous' },
      ...{ [foreigner]: 'not-required', [cancelled]: 'not-required', [nobody]: 'missing' },
    });
    expect(run).toMatchObject({ state: 'finished', trouble: null, hisCount: 14 });
    expect([await night.code(first), await night.code(second)]).toEqual([a, b]);
    expect(await night.code(disagree)).toBe('PP1111111111');
    expect([await night.code(twice), await night.code(again)]).toEqual([null, null]);
    expect(await night.case(twice)).toMatchObject({ state: 'needs-staff', reason: 'code-ambiguous' });
    const since = { status: night.calls().status - before.status, agent: night.calls().agent - before.agent };
    // nobody is asked about twice by the same call: eight people at most, and the agent for whom nothing fitted
    expect(since.status).toBe(8);
    expect(since.agent).toBeLessThanOrEqual(5);
    expect(run.calls).toBe(since.status + since.agent);
    const details = (await night.items(run)).filter((i) => i.vn === missing).map((i) => i.detail);
    expect(details).toEqual(['asked again at each run until 2026-11-27']);
  });

  it('a code that NHSO shows in the older answer form is found as well', async () => {
    night.web.control.statusForm({ shape: 'flat', statusAuthen: 'text' });
    const vn = await night.visit(1, 8);
    const code = night.issue(1, 8.1);
    await night.run();
    expect(await night.code(vn)).toBe(code);
  });

  it('a run that only simulates changes nothing, neither in the HIS nor in a case, and says what a real one says', async () => {
    await night.visit(1, 8);
    night.issue(1, 8.1);
    await night.visit(2, 9);
    await night.run({ startedBy: 'bridge' });
    await night.visit(3, 10);
    night.issue(3, 10.1);
    await night.visit(4, 11, { authCode: 'PP9999999999' });
    await night.visit(5, 11.5, { authCode: 'PP9999999999' });
    const tables = async (): Promise<string> => JSON.stringify([await hisTables(), await ledgerTables()]);
    const before = await tables();
    const dry = await night.run({ dryRun: true });
    expect(await tables()).toBe(before);
    expect(dry).toMatchObject({
      state: 'finished',
      dryRun: true,
      counts: { found: 1, missing: 1, 'had-one': 1, ambiguous: 2 },
    });
    const real = await night.run();
    expect(await night.outcomes(real)).toEqual(await night.outcomes(dry));
    const wrote = async (run: typeof dry): Promise<(string | null)[]> =>
      (await night.items(run)).map((i) => i.claimCode);
    expect(await wrote(real)).toEqual(await wrote(dry));
  });

  async function hisTables(): Promise<unknown[]> {
    const tables = ['ovst', 'visit_pttype', 'vn_stat', 'authenhos', 'patient'];
    return Promise.all(
      tables.map((t) =>
        his.db
          .query(`SELECT * FROM ${t} ORDER BY hos_guid`, [])
          .catch(() => his.db.query(`SELECT * FROM ${t}`, [])),
      ),
    );
  }

  async function ledgerTables(): Promise<unknown[]> {
    const { items } = await night.ledger.listCases({}, { limit: 1_000 });
    const histories = await Promise.all(items.map((c) => night.ledger.history(c)));
    return [items, histories, await night.ledger.outbox(1_000)];
  }

  it('the imported report alone is enough for whoever it settles, and is believed for whoever is not in it', async () => {
    await night.close();
    night = await open({ hasStatus: false, serviceToken: null });
    const [listed, absent] = [await night.visit(1, 8), await night.visit(2, 9)];
    const code = {
      claimCode: 'PP5555555555',
      claimType: 'PG0060001',
      hcode: '10978',
      issuedAt: hour(8.1),
      channel: 'LINE',
    };
    await night.ledger.reported.add(
      [{ ...code, pid: citizenIdOf(1) as never, serviceDate: SAMPLE_DATE, isCancelled: false }],
      night.now,
    );
    await night.agent.control.stop();
    const run = await night.run();
    expect(await night.outcomes(run)).toEqual({ [listed]: 'found', [absent]: 'missing' });
    expect(run).toMatchObject({ state: 'finished', calls: 0 });
    expect(run.trouble).toContain('nhso.authenStatusUrl is not configured');
    expect((await night.items(run))[0]).toMatchObject({ source: 'report', claimCode: 'PP5555555555' });
    expect(await night.code(listed)).toBe('PP5555555555');
  });

  it('without check-authen-status the agent is asked, with two calls', async () => {
    await night.close();
    night = await open({ hasStatus: false });
    const [found, missing] = [await night.visit(1, 8), await night.visit(2, 9)];
    night.issue(1, 8.1);
    const run = await night.run();
    expect(await night.outcomes(run)).toEqual({ [found]: 'found', [missing]: 'missing' });
    expect(run.calls).toBe(4);
  });

  it('a token that NHSO refuses is said, and the agent asked instead', async () => {
    await night.close();
    night = await open({ serviceToken: 'not-the-hospitals' });
    const vn = await night.visit(1, 8);
    night.issue(1, 8.1);
    const run = await night.run();
    expect(await night.outcomes(run)).toEqual({ [vn]: 'found' });
    expect(run.trouble).toMatch(/^authen-status: /);
    expect(run.trouble).not.toContain('not-the-hospitals');
  });

  it('when no source answers nothing is said of the visit, and the run can be resumed', async () => {
    const asked = await night.visit(1, 8);
    const none = await night.visit(2, 9, { nationality: '45' });
    night.issue(1, 8.1);
    night.web.control.down('500');
    await night.agent.control.stop();
    const failed = await night.run();
    expect(failed.state).toBe('failed');
    expect(failed.trouble).toMatch(/no source answered for 1 of the visits/);
    expect(await night.outcomes(failed)).toEqual({ [none]: 'not-required' });
    expect(await night.code(asked)).toBeNull();
    night.web.control.up();
    const resumed = await night.run({ resume: true });
    expect(resumed).toMatchObject({
      id: failed.id,
      state: 'finished',
      counts: { found: 1, 'not-required': 1 },
    });
  });

  it('a confirm that lost its answer gets its own code, and the second visit of the day does not', async () => {
    const [first, second] = [await night.visit(1, 8), await night.visit(1, 14)];
    await night.run();
    await loseAnswer(first);
    const code = night.issue(1, 8.101);
    const run = await night.run();
    expect(await night.outcomes(run)).toEqual({ [first]: 'found', [second]: 'missing' });
    expect(await night.case(first)).toMatchObject({
      state: 'written',
      code: { claimCode: code, source: 'confirm' },
    });
  });

  it('what may be the answer to a visit that the HIS no longer shows is not given to another', async () => {
    const first = await night.visit(1, 8);
    await night.run();
    await loseAnswer(first);
    await cancelVisit(his.db, first);
    const second = await night.visit(1, 8.2);
    night.issue(1, 8.101);
    const run = await night.run();
    expect((await night.items(run)).map((i) => [i.vn, i.outcome, i.candidates[0]?.heldBy])).toEqual([
      [second, 'missing', first],
    ]);
  });

  /** The confirm was sent at 8:06, and nobody knows what became of it. */
  async function loseAnswer(vn: string): Promise<void> {
    const c = await night.case(vn);
    const asked = {
      ...c,
      state: 'unknown',
      reason: null,
      askedAt: hour(8.1),
      nextStep: 'lookup',
      dueAt: hour(24),
    } as const;
    const line = {
      at: hour(8.1),
      actor: 'bridge',
      event: 'answer-lost',
      fromState: c.state,
      toState: 'unknown',
      reason: null,
      detail: {},
    } as const;
    const next = { ...asked, version: c.version + 1, stepSeq: c.stepSeq + 1 };
    await night.ledger.commit([{ next, from: c.version, history: [line] }]);
  }

  it('what stands in the way in the HIS is said, and nothing is overwritten', async () => {
    const [locked, rowless] = [
      await night.visit(1, 8, { locked: true }),
      await night.visit(2, 9, { rightRow: false }),
    ];
    for (const n of [1, 2]) night.issue(n, 9.5);
    const run = await night.run();
    expect(await night.outcomes(run)).toEqual({ [locked]: 'ambiguous', [rowless]: 'ambiguous' });
    expect((await night.items(run)).map((i) => [i.state, i.written, i.candidates.length])).toEqual([
      ['needs-staff', null, 1],
      ['needs-staff', null, 1],
    ]);
    expect(await night.case(locked)).toMatchObject({ reason: 'his-row-locked' });
  });

  it('visits that come and go while the run is under way are taken in again', async () => {
    const goes = await night.visit(1, 8);
    const stays = await night.visit(2, 9);
    night.web.control.delay(500);
    const running = night.run();
    const came = await night.visit(3, 10);
    await cancelVisit(his.db, goes);
    const run = await running;
    expect(run).toMatchObject({ state: 'finished', hisCount: 2 });
    // as many as before, and yet not the same
    expect(await night.outcomes(run)).toEqual({ [stays]: 'missing', [came]: 'missing' });
  });

  it('a row that is no visit makes the sums differ, and the run says so', async () => {
    await night.visit(1, 8);
    await his.db.exec(
      `INSERT INTO ovst (hos_guid, hn, vstdate, vsttime) VALUES ('{ODD}', '1', '${SAMPLE_DATE}', '08:00:00')`,
    );
    const run = await night.run();
    expect(run).toMatchObject({ state: 'failed', hisCount: 2, counts: { missing: 1 } });
    expect(run.trouble).toMatch(/something of: 1; the HIS counts 2/);
  });

  it('the next run asks only for what is not known yet', async () => {
    const typed = await night.visit(1, 8, { authCode: night.issue(1, 8.1) });
    const missing = await night.visit(2, 9);
    await night.run();
    const before = night.calls();
    const code = night.issue(2, 9.1);
    const run = await night.run();
    expect(await night.outcomes(run)).toEqual({ [typed]: 'had-one', [missing]: 'found' });
    expect(night.calls()).toEqual({ status: before.status + 1, agent: before.agent });
    expect(await night.code(missing)).toBe(code);
  });

  it('refuses a second run of the same day while the first goes on, with a sentence for a person', async () => {
    await night.visit(1, 8);
    night.web.control.delay(300);
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const first = night.run({ onProgress: () => resolve() });
    await begun;
    await expect(night.run()).rejects.toThrow(/the reconciliation of 10978 for 2026-11-20 is under way/);
    expect((await first).state).toBe('finished');
    await expect(night.reconcile.run({ ...RUN, hcode: '99999' })).rejects.toThrow('no site 99999');
  });

  it('a run that is told to end stops at the next person and goes on when it is resumed', async () => {
    for (let n = 1; n <= 30; n++) await night.visit(n, 8 + n / 10);
    const stop = new AbortController();
    night.web.control.delay(100);
    const begun = night.run({ signal: stop.signal, onProgress: ({ done }) => done > 2 && stop.abort() });
    const stopped = await begun;
    expect(stopped).toMatchObject({ state: 'failed' });
    expect(stopped.trouble).toMatch(/stopped before its end/);
    const said = Object.values(stopped.counts).reduce((a, b) => a + b, 0);
    const callsThen = night.calls();
    const resumed = await night.run({ resume: true });
    expect(resumed).toMatchObject({ id: stopped.id, state: 'finished', counts: { missing: 30 } });
    // those that had been said something of are asked for no more
    expect(night.calls().status - callsThen.status).toBe(30 - said);
  });
}
