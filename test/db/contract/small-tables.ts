import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allMigrations } from '../../../db/migrations/all.ts';
import { addDays } from '../../../src/domain/bangkok.ts';
import type { ApiKey, Ledger } from '../../../src/service/ports/ledger.ts';
import { SAMPLE_AT, SAMPLE_DATE, sampleCitizenId, sampleRead } from '../../support/samples.ts';
import { newSite, outcome } from './changes.ts';
import type { MakeStore, TestStore } from './store.ts';

export function smallTablesContract(make: MakeStore): void {
  describe('reads, keys, memory, life', () => {
    let store: TestStore;
    let ledger: Ledger;
    beforeAll(async () => {
      store = await make();
      ledger = await store.open();
    });
    afterAll(() => store.drop());

    test('a card read is stored once and comes back as it was', async () => {
      const hcode = newSite();
      const full = sampleRead({ id: `full-${hcode}`, hcode });
      const bare = sampleRead({
        id: `bare-${hcode}`,
        hcode,
        kind: 'card-only',
        correlationId: null,
        claimTypes: [],
        right: null,
        readAt: SAMPLE_AT - 60_000,
      });
      expect(await ledger.addCardRead(full)).toBe(true);
      expect(await ledger.addCardRead({ ...full, stationId: 'another' })).toBe(false);
      expect(await ledger.addCardRead(bare)).toBe(true);
      expect(await ledger.cardRead(full.id)).toEqual(full);
      expect(await ledger.cardRead('none')).toBeNull();
      expect(await ledger.readsOfPerson(hcode, full.pid, SAMPLE_DATE)).toEqual([bare, full]);
      expect(await ledger.readsOfPerson(hcode, full.pid, addDays(SAMPLE_DATE, 1))).toEqual([]);
      expect(await ledger.readsOfPerson(newSite(), full.pid, SAMPLE_DATE)).toEqual([]);
    });

    test('people with a read that serves no visit yet', async () => {
      const hcode = newSite();
      const read = (n: number, person: number, pairedVn: string | null) =>
        sampleRead({ id: `${hcode}-${n}`, hcode, pid: sampleCitizenId(person), pairedVn });
      for (const r of [read(1, 1, null), read(2, 1, null), read(3, 2, '9'), read(4, 3, null)]) {
        await ledger.addCardRead(r);
      }
      const waiting = await ledger.pidsWithUnpairedReads(hcode, SAMPLE_DATE);
      expect(waiting.toSorted()).toEqual([sampleCitizenId(1), sampleCitizenId(3)]);
    });

    test('what was remembered last is recalled', async () => {
      expect(await ledger.recall('watermark')).toBeNull();
      await ledger.remember('watermark', '1');
      await ledger.remember('watermark', 'สอง');
      expect(await ledger.recall('watermark')).toBe('สอง');
    });

    test('API keys', async () => {
      const key: ApiKey = {
        id: 'k1',
        name: 'counter 1',
        hash: 'ab',
        scopes: ['card-reads'],
        hcode: '10978',
        stationId: 'counter-1',
        createdAt: 5,
        revokedAt: null,
      };
      const older = { ...key, id: 'k0', hcode: null, stationId: null, scopes: [], createdAt: 4 };
      await ledger.addKey(key);
      await ledger.addKey(older);
      expect(await outcome(ledger.addKey(key))).toBe('conflict');
      expect(await ledger.keyById('k1')).toEqual(key);
      expect(await ledger.keyById('none')).toBeNull();
      expect(await ledger.listKeys()).toEqual([older, key]);
      expect(await ledger.revokeKey('k1', 7)).toBe(true);
      expect(await ledger.revokeKey('k1', 9)).toBe(true);
      expect(await ledger.revokeKey('none', 9)).toBe(false);
      expect((await ledger.keyById('k1'))?.revokedAt).toBe(7);
    });

    test('check finds nothing wrong, and writes', async () => {
      const findings = await ledger.check();
      expect(findings.filter((f) => f.level !== 'ok')).toEqual([]);
      expect(findings.map((f) => f.check)).toContain('ledger-writable');
      expect(await ledger.recall('ledger-check')).toBe('written');
    });

    test('ledgers that start at once on an empty store all find their tables', async () => {
      const empty = await make();
      try {
        const ledgers = await Promise.all([empty.open(), empty.open(), empty.open()]);
        for (const each of ledgers) await each.migrate();
        await ledgers[0]?.remember('a', '1');
        expect(await ledgers[2]?.recall('a')).toBe('1');
        const applied = await empty.sql<{ name: string }>('select name from kysely_migration');
        expect(applied.map((m) => m.name)).toEqual(Object.keys(allMigrations('sqlite')));
      } finally {
        await empty.drop();
      }
    });

    test('a closed ledger is unavailable, and closing twice is no trouble', async () => {
      const one = await store.open();
      const last = one.remember('closing', 'was written');
      await Promise.all([last, one.close()]);
      await one.close();
      expect(await ledger.recall('closing')).toBe('was written');
      expect(await outcome(one.recall('closing'))).toBe('ledger-unavailable');
      expect(await outcome(one.remember('closing', 'no'))).toBe('ledger-unavailable');
    });
  });
}
