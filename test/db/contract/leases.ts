/** One process at a time: never two, whatever they do at once. */

import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import type { MakeStore, TestStore } from './store.ts';

/** Longer than a test takes. */
const LONG = 600_000;
const HOUR = 3_600_000;

let count = 0;
const newName = (): string => `lease-${count++}`;

export function leasesContract(make: MakeStore): void {
  describe('leases', { timeout: 180_000 }, () => {
    let store: TestStore;
    let ledgers: [Ledger, Ledger, Ledger];
    beforeAll(async () => {
      store = await make();
      ledgers = [await store.open(), await store.open(), await store.open()];
    });
    afterAll(() => store.drop());
    const [A, B] = ['bridge-a', 'bridge-b'];
    const take = (on: number, name: string, holder: string, ttlMs = LONG, now = Date.now()) =>
      (ledgers[on] as Ledger).leases.take(name, holder, ttlMs, now);

    test('one has it, takes it again, lets it go; then another has it', async () => {
      const name = newName();
      expect(await take(0, name, A)).toBe(true);
      expect(await take(1, name, B)).toBe(false);
      expect(await take(0, name, A)).toBe(true);
      await ledgers[1].leases.release(name, B);
      expect(await take(1, name, B)).toBe(false);
      await ledgers[0].leases.release(name, A);
      expect(await take(1, name, B)).toBe(true);
      expect(await take(0, newName(), A)).toBe(true);
    });

    test('of many at once exactly one has it', async () => {
      for (let round = 0; round < 12; round++) {
        const name = newName();
        const told = await Promise.all(Array.from({ length: 9 }, (_, i) => take(i % 3, name, `bridge-${i}`)));
        expect(told.filter((has) => has)).toHaveLength(1);
      }
    });

    test('whoever died with it holds up nobody for longer than it was taken for, and not for less', async () => {
      const name = newName();
      const ttlMs = 1_000;
      const began = performance.now();
      expect(await take(0, name, A, ttlMs)).toBe(true);
      const others = [
        { on: 1, holder: B },
        { on: 2, holder: 'bridge-c' },
      ];
      for (;;) {
        const told = await Promise.all(others.map(({ on, holder }) => take(on, name, holder)));
        if (!told.includes(true)) {
          await sleep(20);
          continue;
        }
        expect(told.toSorted()).toEqual([false, true]);
        break;
      }
      // two clocks in one millisecond
      expect(performance.now() - began).toBeGreaterThan(ttlMs - 2);
      expect(await take(0, name, A)).toBe(false);
    });

    test('one that was taken for long is not taken over by somebody who wants it for a moment', async () => {
      const name = newName();
      expect(await take(0, name, A, LONG)).toBe(true);
      expect(await take(1, name, B, 10)).toBe(false);
    });

    test('an end that a clock ahead has written counts as ended', async () => {
      const name = newName();
      expect(await take(0, name, A, 1_000)).toBe(true);
      await store.sql(`update lease set ends_at = ends_at + ${HOUR} where name = '${name}'`);
      expect(await take(1, name, B, 1_000)).toBe(true);
    });

    test('whatever several do, in turn or at once: the one who was told so last has it, and nobody else', async () => {
      const action = fc.record({
        holder: fc.constantFrom('a', 'b', 'c'),
        what: fc.constantFrom('take', 'take', 'release'),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(action, { minLength: 1, maxLength: 3 }), { maxLength: 8 }),
          async (all) => {
            const name = newName();
            let holder: string | null = null;
            for (const step of all) {
              const told = await Promise.all(
                step.map(async (a, i) => {
                  const on = ledgers[i] as Ledger;
                  if (a.what === 'take') return on.leases.take(name, a.holder, LONG, Date.now());
                  await on.leases.release(name, a.holder);
                  return null;
                }),
              );
              const winners = new Set<string>(step.filter((_, i) => told[i] === true).map((a) => a.holder));
              const leavers = new Set<string>(step.filter((a) => a.what === 'release').map((a) => a.holder));
              // a second one can have it only after the first let it go
              const without = [...winners, ...(holder === null ? [] : [holder])];
              expect(new Set(without.filter((h) => !leavers.has(h))).size).toBeLessThanOrEqual(1);
              const [row] = await store.sql<{ holder: string }>(
                `select holder from lease where name = '${name}'`,
              );
              if (row !== undefined) expect([...winners, holder]).toContain(row.holder);
              holder = row?.holder ?? null;
            }
          },
        ),
        { numRuns: 12 },
      );
    });
  });
}
