/** Undo: what a run wrote is taken back, and nothing else. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { HisOfTheFile } from '../support/hospital.ts';
import { type NightHospital, openNight } from './night-hospital.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let his: HisOfTheFile;
let night: NightHospital;

beforeAll(async () => {
  his = await HisOfTheFile.start();
});
afterAll(() => his.close());
beforeEach(async () => {
  night = await openNight(his);
});
afterEach(() => night.close());

it('puts back what the run wrote, and leaves what a clerk has changed since', async () => {
  const [kept, changed, emptied, typed] = [
    await night.visit(1, 8),
    await night.visit(2, 9),
    await night.visit(3, 10),
    await night.visit(4, 11, { authCode: 'PP1234567890' }),
  ];
  const code = night.issue(1, 8.1);
  for (const n of [2, 3]) night.issue(n, 10.1);
  const run = await night.run();
  expect(run.counts).toEqual({ found: 3, 'had-one': 1 });
  await his.db.query('UPDATE visit_pttype SET auth_code = ? WHERE vn = ?', ['PP0000000007', changed]);
  await his.db.query('UPDATE visit_pttype SET auth_code = NULL WHERE vn = ?', [emptied]);
  const report = await night.reconcile.undo(run.id, 'cli:somchai');
  expect(Object.fromEntries(report.visits.map((v) => [v.vn, v.outcome]))).toEqual({
    [kept]: 'put-back',
    [changed]: 'stays',
    [emptied]: 'gone',
  });
  const codes = await Promise.all([kept, changed, emptied, typed].map((vn) => night.code(vn)));
  expect(codes).toEqual([null, 'PP0000000007', null, 'PP1234567890']);
  expect(await night.ledger.reconciliations.run(run.id)).toMatchObject({
    state: 'undone',
    trouble: expect.stringContaining('1 of 3 stayed'),
  });
  expect(await night.case(kept)).toMatchObject({
    ...{ state: 'needs-staff', reason: 'write-back-undone', code: null },
    candidates: [{ claimCode: code }],
  });
  expect((await night.ledger.history(await night.case(kept))).at(-1)).toMatchObject({
    actor: 'cli:somchai',
    event: 'write-back-undone',
  });
  expect(await night.case(changed)).toMatchObject({ state: 'written' });
});

it('a code that was undone is written by no later run, whatever became of the case', async () => {
  const vn = await night.visit(1, 8);
  const code = night.issue(1, 8.1);
  const run = await night.run();
  await night.reconcile.undo(run.id, 'cli:somchai');
  expect(await night.outcomes(await night.run())).toEqual({ [vn]: 'ambiguous' });
  // somebody has it looked at again, so that its reason is forgotten
  const c = await night.case(vn);
  const next = { ...c, state: 'expired', reason: 'day-over-no-card', version: c.version + 1 } as const;
  const line = {
    at: night.now,
    actor: 'key:staff',
    event: 'retry-asked',
    fromState: c.state,
    toState: 'expired',
    reason: null,
    detail: {},
  } as const;
  await night.ledger.commit([{ next, from: c.version, history: [line] }]);
  const again = await night.run();
  expect((await night.items(again))[0]).toMatchObject({
    ...{ outcome: 'ambiguous', claimCode: null, written: null },
    candidates: [{ claimCode: code }],
  });
  expect(await night.code(vn)).toBeNull();
});

it('done twice it does nothing more; a dry run has nothing to undo', async () => {
  const vn = await night.visit(1, 8);
  night.issue(1, 8.1);
  const run = await night.run();
  await night.reconcile.undo(run.id, 'cli:somchai');
  await his.db.query('UPDATE visit_pttype SET auth_code = ? WHERE vn = ?', [run.id.slice(0, 8), vn]);
  const again = await night.reconcile.undo(run.id, 'cli:somchai');
  expect(again.visits.map((v) => v.outcome)).toEqual(['done-before']);
  expect(await night.code(vn)).toBe(run.id.slice(0, 8));
  const dry = await night.run({ dryRun: true });
  await expect(night.reconcile.undo(dry.id, 'cli:somchai')).rejects.toThrow(/dry run/);
  await expect(night.reconcile.undo('none', 'cli:somchai')).rejects.toThrow('no reconciliation none');
});

it('an undo that was killed between the HIS and the ledger is ended by the next', async () => {
  const vn = await night.visit(1, 8);
  const code = night.issue(1, 8.1);
  const run = await night.run();
  const [item] = await night.items(run);
  const site = night.tools.house.sites.get('10978');
  expect(
    await site?.his.undoWriteBack({ claimCode: code, ...(item?.written ?? { row: {}, previous: null }) }),
  ).toBe(true);
  const report = await night.reconcile.undo(run.id, 'cli:somchai');
  expect(report.visits.map((v) => v.outcome)).toEqual(['gone']);
  expect(await night.case(vn)).toMatchObject({ reason: 'write-back-undone' });
});
