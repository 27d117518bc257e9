import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CaseChange, Ledger } from '../../../src/service/ports/ledger.ts';
import { SAMPLE_AT, sampleCitizenId, sampleRead } from '../../support/samples.ts';
import { changed, created, heldCode, newCode, newSite, outcome } from './changes.ts';
import type { MakeStore, TestStore } from './store.ts';

/** Tries of each race. */
const ROUNDS = 12;

export function racesContract(make: MakeStore): void {
  describe('two ledgers on one store: exactly one wins', () => {
    let store: TestStore;
    let ledgers: [Ledger, Ledger];
    beforeAll(async () => {
      store = await make();
      ledgers = [await store.open(), await store.open()];
    });
    afterAll(() => store.drop());

    /** Runs many races at once; what each pair of contestants was told, sorted. */
    async function race(
      contestants: (round: number) => Promise<[CaseChange, CaseChange]>,
    ): Promise<string[]> {
      const pairs = await Promise.all(Array.from({ length: ROUNDS }, (_, round) => contestants(round)));
      return Promise.all(
        pairs.map(async ([a, b]) => {
          const told = await Promise.all([outcome(ledgers[0].commit([a])), outcome(ledgers[1].commit([b]))]);
          return told.toSorted().join(' ');
        }),
      );
    }

    async function twoCases(hcode: string): Promise<[CaseChange, CaseChange]> {
      const pair: [CaseChange, CaseChange] = [
        created({ hcode, vn: 'a', pid: sampleCitizenId(1), claimType: 'PG0060001' }),
        created({ hcode, vn: 'b', pid: sampleCitizenId(1), claimType: 'PG0060001' }),
      ];
      await ledgers[0].commit(pair);
      return pair;
    }

    test('on the same new case', async () => {
      const told = await race(async () => {
        const change = created({ hcode: newSite() });
        return [change, change];
      });
      expect(new Set(told)).toEqual(new Set(['conflict ok']));
    });

    test('on the same case', async () => {
      const told = await race(async () => {
        const change = created({ hcode: newSite() });
        await ledgers[1].commit([change]);
        return [changed(change.next, { state: 'ready' }), changed(change.next, { state: 'closed' })];
      });
      expect(new Set(told)).toEqual(new Set(['conflict ok']));
    });

    test('on the same code', async () => {
      const told = await race(async () => {
        const code = heldCode(newCode());
        const [a, b] = await twoCases(newSite());
        return [changed(a.next, { code }), changed(b.next, { code })];
      });
      expect(new Set(told)).toEqual(new Set(['code-held ok']));
    });

    test('on asking for the same person, day and claim type', async () => {
      const told = await race(async () => {
        const [a, b] = await twoCases(newSite());
        return [changed(a.next, { askedAt: SAMPLE_AT }), changed(b.next, { askedAt: SAMPLE_AT })];
      });
      expect(new Set(told)).toEqual(new Set(['already-asked ok']));
    });

    test('on the same card read', async () => {
      const told = await race(async () => {
        const hcode = newSite();
        const id = `raced-${hcode}`;
        await ledgers[0].addCardRead(sampleRead({ id, hcode }));
        const [a, b] = await twoCases(hcode);
        return [
          { ...changed(a.next), reads: [{ id, pairedVn: 'a' }] },
          { ...changed(b.next), reads: [{ id, pairedVn: 'b' }] },
        ];
      });
      expect(new Set(told)).toEqual(new Set(['conflict ok']));
    });

    test('on storing the same card read', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const read = sampleRead({ id: `stored-${newSite()}` });
        const stored = await Promise.all(ledgers.map((ledger) => ledger.addCardRead(read)));
        expect(stored.toSorted()).toEqual([false, true]);
      }
    });

    test('many cases changed in opposite orders are no dead end', async () => {
      const hcode = newSite();
      const all = Array.from({ length: 20 }, (_, i) => created({ hcode, vn: String(i) }));
      await ledgers[0].commit(all);
      const changes = all.map((c) => changed(c.next, { state: 'ready' }));
      const told = await Promise.all([
        outcome(ledgers[0].commit(changes)),
        outcome(ledgers[1].commit(changes.toReversed())),
      ]);
      expect(told.toSorted()).toEqual(['conflict', 'ok']);
      expect(await ledgers[0].countCases({ hcode, states: ['ready'] })).toBe(20);
    });
  });
}
