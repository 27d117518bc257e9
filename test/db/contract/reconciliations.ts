import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDays } from '../../../src/domain/bangkok.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import type { Reconciliation, ReconciliationItem } from '../../../src/service/ports/reconciliations.ts';
import { SAMPLE_AT, SAMPLE_DATE } from '../../support/samples.ts';
import { newSite, outcome } from './changes.ts';
import type { MakeStore, TestStore } from './store.ts';

let runs = 0;
function aRun(more: Partial<Reconciliation> = {}): Reconciliation {
  return {
    ...{
      id: `run-${String(++runs).padStart(3, '0')}`,
      hcode: '10978',
      serviceDate: SAMPLE_DATE,
      dryRun: false,
    },
    ...{ startedBy: 'bridge', startedAt: SAMPLE_AT, finishedAt: null, state: 'running', trouble: null },
    ...{ hisCount: null, counts: {}, calls: 0 },
    ...more,
  };
}

function item(vn: string, more: Partial<ReconciliationItem> = {}): ReconciliationItem {
  return {
    ...{ vn, hn: `hn-${vn}`, outcome: 'missing', state: 'expired', claimCode: null, claimType: 'PG0060001' },
    ...{ source: null, detail: 'ไม่พบ', candidates: [], written: null, undoneAt: null, decidedAt: SAMPLE_AT },
    ...more,
  };
}

export function reconciliationsContract(make: MakeStore): void {
  describe('reconciliations', () => {
    let store: TestStore;
    let ledger: Ledger;
    beforeAll(async () => {
      store = await make();
      ledger = await store.open();
    });
    afterAll(() => store.drop());

    test('a run and its items come back as they were, items by visit number', async () => {
      const run = aRun({ dryRun: true, startedBy: 'cli:somchai' });
      const written = { row: { vn: '2', pttype: '89' }, previous: '' };
      const candidate = {
        claimCode: 'PP1',
        claimType: null,
        hcode: null,
        issuedAt: 7,
        misfits: ['date' as const],
        heldBy: null,
      };
      const items = [
        item('1'),
        item('2', { outcome: 'found', claimCode: 'PP2', written }),
        item('3', { candidates: [candidate], hn: null }),
      ];
      await ledger.reconciliations.begin(run);
      await ledger.reconciliations.putItems(run.id, items.toReversed(), 5);
      await ledger.reconciliations.putItems(run.id, [], 2);
      const all = await ledger.reconciliations.items(run.id, { limit: 10 });
      expect(all).toEqual({ items, next: null });
      expect(await ledger.reconciliations.run(run.id)).toEqual({
        ...run,
        calls: 7,
        counts: { missing: 2, found: 1 },
      });
      expect(await ledger.reconciliations.run('none')).toBeNull();
    });

    test('items in pages, and of one outcome', async () => {
      const run = aRun();
      await ledger.reconciliations.begin(run);
      const many = Array.from({ length: 450 }, (_, i) =>
        item(String(i).padStart(3, '0'), { outcome: i % 3 === 0 ? 'found' : 'missing' }),
      );
      await ledger.reconciliations.putItems(run.id, many, 0);
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await ledger.reconciliations.items(run.id, {
          ...{ limit: 40, outcome: 'found' as const },
          ...(after === undefined ? {} : { after }),
        });
        seen.push(...page.items.map((i) => i.vn));
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(seen).toEqual(many.filter((i) => i.outcome === 'found').map((i) => i.vn));
      expect(await outcome(ledger.reconciliations.items(run.id, { limit: 5, after: 'nonsense' }))).toBe(
        'bad-input',
      );
    });

    test('an item is replaced, and taken back', async () => {
      const run = aRun();
      await ledger.reconciliations.begin(run);
      await ledger.reconciliations.putItems(run.id, [item('1'), item('2')], 1);
      await ledger.reconciliations.putItems(run.id, [item('1', { undoneAt: 9, detail: null })], 0);
      await ledger.reconciliations.removeItems(run.id, ['2', 'none']);
      await ledger.reconciliations.removeItems(run.id, []);
      const { items } = await ledger.reconciliations.items(run.id, { limit: 10 });
      expect(items).toEqual([item('1', { undoneAt: 9, detail: null })]);
    });

    test('a run is closed with the counts of its items', async () => {
      const run = aRun();
      await ledger.reconciliations.begin(run);
      await ledger.reconciliations.putItems(run.id, [item('1'), item('2', { outcome: 'had-one' })], 1);
      const end = {
        state: 'finished',
        trouble: 'one source did not answer',
        hisCount: 2,
        finishedAt: 99,
      } as const;
      await ledger.reconciliations.close(run.id, end);
      expect(await ledger.reconciliations.run(run.id)).toEqual({
        ...{ ...run, ...end, calls: 1 },
        counts: { missing: 1, 'had-one': 1 },
      });
      await ledger.reconciliations.reopen(run.id);
      expect(await ledger.reconciliations.run(run.id)).toEqual({
        ...run,
        calls: 1,
        counts: { missing: 1, 'had-one': 1 },
      });
      expect(await outcome(ledger.reconciliations.close('none', end))).toBe('not-found');
      expect(await outcome(ledger.reconciliations.reopen('none'))).toBe('not-found');
      expect(await outcome(ledger.reconciliations.putItems('none', [], 0))).toBe('not-found');
    });

    test('lists newest first, in pages; finds what has not finished', async () => {
      const hcode = newSite();
      const made = [1, 2, 3, 4, 5].map((n) =>
        aRun({
          hcode,
          startedAt: SAMPLE_AT + n,
          dryRun: n === 5,
          serviceDate: n === 1 ? addDays(SAMPLE_DATE, -1) : SAMPLE_DATE,
        }),
      );
      for (const run of made) await ledger.reconciliations.begin(run);
      const ids = made.map((r) => r.id);
      const list = async (after?: string) =>
        ledger.reconciliations.list({ hcode }, { limit: 3, ...(after === undefined ? {} : { after }) });
      const first = await list();
      const second = await list(first.next ?? '');
      expect([...first.items, ...second.items].map((r) => r.id)).toEqual(ids.toReversed());
      const ofDay = await ledger.reconciliations.list(
        { hcode, serviceDate: addDays(SAMPLE_DATE, -1) },
        { limit: 9 },
      );
      expect(ofDay.items.map((r) => r.id)).toEqual([ids[0]]);
      const unfinished = async (dryRun: boolean) =>
        (await ledger.reconciliations.unfinished(hcode, SAMPLE_DATE, dryRun))?.id;
      expect(await unfinished(false)).toBe(ids[3]);
      expect(await unfinished(true)).toBe(ids[4]);
      const end = { trouble: null, hisCount: 0, finishedAt: 1 } as const;
      await ledger.reconciliations.close(ids[3] ?? '', { state: 'finished', ...end });
      await ledger.reconciliations.close(ids[2] ?? '', { state: 'failed', ...end });
      expect(await unfinished(false)).toBe(ids[2]);
      await ledger.reconciliations.close(ids[2] ?? '', { state: 'undone', ...end });
      expect(await unfinished(false)).toBe(ids[1]);
    });

    test('of an older run of the bridge only what was not in order, and what it wrote, is kept', async () => {
      const hcode = newSite();
      const of = (startedBy: string, n: number) => aRun({ hcode, startedBy, startedAt: SAMPLE_AT + n });
      const [old, byHand, newest] = [of('bridge', 1), of('cli:somchai', 2), of('bridge', 3)];
      const written = { row: {}, previous: null };
      const items = [
        item('1', { outcome: 'had-one' }),
        item('2', { outcome: 'not-required' }),
        item('3'),
        item('4', { outcome: 'had-one', written }),
      ];
      for (const run of [old, byHand, newest]) {
        await ledger.reconciliations.begin(run);
        await ledger.reconciliations.putItems(run.id, items, 0);
        const end = { state: 'finished', trouble: null, hisCount: 4, finishedAt: 1 } as const;
        await ledger.reconciliations.close(run.id, end);
      }
      await ledger.reconciliations.thinOut(newest);
      const vns = async (id: string) =>
        (await ledger.reconciliations.items(id, { limit: 9 })).items.map((i) => i.vn);
      expect(await vns(old.id)).toEqual(['3', '4']);
      expect(await vns(byHand.id)).toEqual(['1', '2', '3', '4']);
      expect(await vns(newest.id)).toEqual(['1', '2', '3', '4']);
      expect((await ledger.reconciliations.run(old.id))?.counts).toEqual({
        'had-one': 2,
        'not-required': 1,
        missing: 1,
      });
    });
  });
}
