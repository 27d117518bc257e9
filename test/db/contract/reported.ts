import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDays, type ServiceDate } from '../../../src/domain/bangkok.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import type { ImportedCode } from '../../../src/service/ports/reported-codes.ts';
import { SAMPLE_AT, SAMPLE_DATE, sampleCitizenId } from '../../support/samples.ts';
import { newSite } from './changes.ts';
import type { MakeStore, TestStore } from './store.ts';

const PID = sampleCitizenId(1);

function code(hcode: string, n: number, changed: Partial<ImportedCode> = {}): ImportedCode {
  return {
    ...{ hcode, claimCode: `PP${String(n).padStart(10, '0')}`, claimType: 'PG0060001', pid: PID },
    ...{ issuedAt: SAMPLE_AT + n, serviceDate: SAMPLE_DATE, channel: 'LINE', isCancelled: false },
    ...changed,
  };
}

export function reportedContract(make: MakeStore): void {
  describe('codes out of reports', () => {
    let store: TestStore;
    let ledger: Ledger;
    beforeAll(async () => {
      store = await make();
      ledger = await store.open();
    });
    afterAll(() => store.drop());
    const codesOf = async (hcode: string, date: ServiceDate = SAMPLE_DATE) =>
      (await ledger.reported.codesOf(hcode, PID, date)).map((c) => c.claimCode);

    test('come back as they were, oldest first, of that person, day and hospital alone', async () => {
      const hcode = newSite();
      const first = code(hcode, 1, { claimType: null, channel: null });
      const ep = code(hcode, 3, { claimCode: 'EP123456789' });
      const others = [
        code(hcode, 4, { pid: sampleCitizenId(2) }),
        code(hcode, 5, { serviceDate: addDays(SAMPLE_DATE, 1) }),
        code(newSite(), 6),
        code(hcode, 7, { isCancelled: true }),
      ];
      const outcomes = await ledger.reported.add([ep, first, ...others], SAMPLE_AT);
      expect(outcomes).toEqual(Array(6).fill('added'));
      const { serviceDate: _day, isCancelled: _cancelled, ...shown } = first;
      const found = await ledger.reported.codesOf(hcode, PID, SAMPLE_DATE);
      expect(found).toEqual([shown, expect.objectContaining({ claimCode: 'EP123456789', channel: 'LINE' })]);
      expect(await codesOf(newSite())).toEqual([]);
    });

    test('each is taken once; what is told differently is changed, what is cancelled stays so', async () => {
      const hcode = newSite();
      const add = async (changed: Partial<ImportedCode> = {}) =>
        (await ledger.reported.add([code(hcode, 1, changed)], SAMPLE_AT))[0];
      expect(await add()).toBe('added');
      expect(await add()).toBe('known');
      expect(await add({ claimType: 'PG0130001' })).toBe('changed');
      expect((await ledger.reported.codesOf(hcode, PID, SAMPLE_DATE))[0]?.claimType).toBe('PG0130001');
      expect(await add({ pid: sampleCitizenId(2) })).toBe('conflict');
      expect(await add({ serviceDate: addDays(SAMPLE_DATE, -1) })).toBe('conflict');
      expect(await codesOf(hcode)).toEqual(['PP0000000001']);
      expect(await add({ isCancelled: true })).toBe('withdrawn');
      expect(await codesOf(hcode)).toEqual([]);
      // an older report, imported later
      await add();
      expect(await codesOf(hcode)).toEqual([]);
    });

    test('one batch may tell of a code twice; another hospital’s code of the same name is another', async () => {
      const [hcode, other] = [newSite(), newSite()];
      const batch = [
        ...[code(hcode, 1), code(hcode, 1), code(hcode, 1, { isCancelled: true }), code(other, 1)],
        code(hcode, 1, { pid: sampleCitizenId(2) }),
      ];
      const told = ['added', 'known', 'withdrawn', 'added', 'conflict'];
      expect(await ledger.reported.look(batch)).toEqual(told);
      expect(await codesOf(other), 'a look changes nothing').toEqual([]);
      expect(await ledger.reported.add(batch, SAMPLE_AT)).toEqual(told);
      expect([await codesOf(hcode), await codesOf(other)]).toEqual([[], ['PP0000000001']]);
      expect(await ledger.reported.add([], SAMPLE_AT)).toEqual([]);
      expect(await ledger.reported.look([])).toEqual([]);
    });

    test('more than one query takes', async () => {
      const hcode = newSite();
      const many = Array.from({ length: 1_203 }, (_, n) => code(hcode, n));
      expect(new Set(await ledger.reported.add(many, SAMPLE_AT))).toEqual(new Set(['added']));
      expect(new Set(await ledger.reported.look(many))).toEqual(new Set(['known']));
      expect(await codesOf(hcode)).toHaveLength(1_203);
    });

    test('two imports at once: every code is there once, and none is an error', async () => {
      const hcode = newSite();
      const second = await store.open();
      const many = Array.from({ length: 300 }, (_, n) => code(hcode, n));
      const halves = [many.slice(0, 200), many.slice(100).toReversed()];
      await Promise.all(halves.map((half, i) => (i === 0 ? ledger : second).reported.add(half, SAMPLE_AT)));
      expect(await codesOf(hcode)).toHaveLength(300);
    });

    test('in whatever order reports come: imported again nothing changes, nobody gets another’s code', async () => {
      const line = fc.record({
        n: fc.nat(4),
        person: fc.nat(1),
        day: fc.nat(1),
        isCancelled: fc.boolean(),
        claimType: fc.constantFrom('PG0060001', null),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(line, { maxLength: 8 }), { maxLength: 4 }), async (reports) => {
          const hcode = newSite();
          const owner = new Map<string, string>();
          const cancelled = new Set<string>();
          const codes = reports.map((lines) =>
            lines.map(({ n, person, day, ...rest }) =>
              code(hcode, n, {
                ...rest,
                pid: sampleCitizenId(person),
                serviceDate: addDays(SAMPLE_DATE, day),
              }),
            ),
          );
          for (const report of codes) {
            const outcomes = await ledger.reported.add(report, SAMPLE_AT);
            report.forEach((c, i) => {
              const who = `${c.pid} ${c.serviceDate}`;
              const isOwners = (owner.get(c.claimCode) ?? who) === who;
              expect(outcomes[i] === 'conflict').toBe(!isOwners);
              if (isOwners) owner.set(c.claimCode, who);
              if (isOwners && c.isCancelled) cancelled.add(c.claimCode);
            });
          }
          for (const report of codes) await ledger.reported.add(report, SAMPLE_AT + 1);
          for (const person of [0, 1]) {
            for (const day of [0, 1]) {
              const [pid, date] = [sampleCitizenId(person), addDays(SAMPLE_DATE, day)];
              const found = (await ledger.reported.codesOf(hcode, pid, date)).map((c) => c.claimCode);
              const due = [...owner]
                .filter(([c, who]) => who === `${pid} ${date}` && !cancelled.has(c))
                .map(([c]) => c);
              expect(found.toSorted()).toEqual(due.toSorted());
            }
          }
        }),
        { numRuns: 40 },
      );
    });
  });
}
