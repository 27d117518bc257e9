import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CASE_COLUMNS } from '../../../db/case-row.ts';
import { addDays } from '../../../src/domain/bangkok.ts';
import type { Case } from '../../../src/domain/case.ts';
import type { FoundRight } from '../../../src/domain/found-right.ts';
import { rightTold } from '../../../src/domain/machine/right.ts';
import type { FailedTry } from '../../../src/service/ports/found-rights.ts';
import type { Ledger, SearchQuery } from '../../../src/service/ports/ledger.ts';
import {
  SAMPLE_AT,
  SAMPLE_DATE,
  sampleCitizenId,
  sampleFoundRight,
  sampleRead,
} from '../../support/samples.ts';
import { changed, created, newSite, outcome } from './changes.ts';
import type { MakeStore, TestStore } from './store.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Everything in the ledger has waited long enough. */
const LATER = SAMPLE_AT + HOUR_MS;
const MANY = 20_000;

export function foundRightsContract(make: MakeStore): void {
  describe('rights without a card', () => {
    let store: TestStore;
    let ledger: Ledger;
    let hcode: string;
    beforeAll(async () => {
      store = await make();
      ledger = await store.open();
    });
    afterAll(() => store.drop());
    beforeEach(() => {
      hcode = newSite();
    });

    const person = (n: number) => ({ hcode, pid: sampleCitizenId(n), serviceDate: SAMPLE_DATE });
    const put = async (...cases: Partial<Case>[]): Promise<void> => {
      await ledger.commit(cases.map((c) => created({ hcode, ...c })));
    };
    const failure = (more: Partial<FailedTry> = {}): FailedTry => ({
      ...{ source: 'ucws', at: SAMPLE_AT, failures: 1, nextTryAt: LATER + MINUTE_MS },
      ...{ failure: 'nhso-unavailable', ...more },
    });
    const due = (more: Partial<Parameters<Ledger['rights']['due']>[0]> = {}) =>
      ledger.rights.due({
        ...{ hcode, serviceDate: SAMPLE_DATE, knownSince: LATER - 15 * MINUTE_MS, now: LATER, limit: 10 },
        ...more,
      });
    const dueNumbers = async (more = {}): Promise<number[]> => {
      const numbers = new Map([1, 2, 3, 4, 5, 6].map((n) => [sampleCitizenId(n), n]));
      return (await due(more)).map(({ pid }) => numbers.get(pid) ?? 0);
    };

    test('an answer comes back as it was, and the first one stands', async () => {
      const right = sampleFoundRight({ ...person(1) });
      const none = sampleFoundRight({ ...person(2), answer: 'no-right', right: null, source: 'srm' });
      const unknown = { ...none, ...person(3), answer: 'unknown-person', person: null } as FoundRight;
      for (const found of [right, none, unknown]) expect(await ledger.rights.answered(found, [])).toBe(true);
      expect(await ledger.rights.answered({ ...none, ...person(1) }, [])).toBe(false);
      expect(await ledger.rights.find([person(1)])).toEqual([right]);
      const all = await ledger.rights.find([1, 2, 3, 4].map(person));
      expect(new Set(all)).toEqual(new Set([right, none, unknown]));
    });

    test('of another hospital or day there is none, and of nobody none', async () => {
      await ledger.rights.answered(sampleFoundRight(person(1)), []);
      const elsewhere = { ...person(1), hcode: newSite() };
      const tomorrow = { ...person(1), serviceDate: addDays(SAMPLE_DATE, 1) };
      expect(await ledger.rights.find([elsewhere, tomorrow])).toEqual([]);
      // asked for together they must not be mixed up
      expect(await ledger.rights.find([elsewhere, tomorrow, person(2)])).toEqual([]);
      expect(await ledger.rights.find([])).toEqual([]);
    });

    test('many people are found at once', async () => {
      const many = Array.from({ length: 450 }, (_, i) => person(1_000 + i));
      const told = many.filter((_, i) => i % 3 === 0);
      await Promise.all(told.map((one) => ledger.rights.answered(sampleFoundRight(one), [])));
      expect(await ledger.rights.find(many)).toHaveLength(150);
    });

    test('a failed try is no answer, and makes way for one', async () => {
      await ledger.rights.failed(person(1), failure());
      expect(await ledger.rights.find([person(1)])).toEqual([]);
      const found = sampleFoundRight(person(1));
      expect(await ledger.rights.answered(found, [])).toBe(true);
      await ledger.rights.failed(person(1), failure({ failures: 2 }));
      expect(await ledger.rights.find([person(1)])).toEqual([found]);
    });

    test('answer and cases are stored together or not at all', async () => {
      const found = sampleFoundRight(person(1));
      await put({ vn: 'a', pid: found.pid }, { vn: 'b', pid: found.pid });
      const cases = await ledger.casesOfPerson(hcode, found.pid, SAMPLE_DATE);
      const changes = cases.map((c) => {
        const told = rightTold(c, found, LATER);
        if (told === null) throw new Error('the answer concerns both');
        return { ...told, from: c.version };
      });
      const [first] = cases;
      await ledger.commit([changed(first as Case, { updatedAt: SAMPLE_AT + 1 })]);
      expect(await outcome(ledger.rights.answered(found, changes))).toBe('conflict');
      expect(await ledger.rights.find([found])).toEqual([]);
      const again = (await ledger.casesOfPerson(hcode, found.pid, SAMPLE_DATE)).map((c) => ({
        ...(rightTold(c, found, LATER) ?? { next: c, history: [] }),
        from: c.version,
      }));
      expect(await ledger.rights.answered(found, again)).toBe(true);
      for (const { next } of again) {
        expect(await ledger.case(next)).toEqual(next);
        expect((await ledger.history(next)).at(-1)).toMatchObject({
          event: 'right-asked',
          toState: 'awaiting-card',
          detail: { answer: 'right', source: 'ucws' },
        });
      }
      // an answer that was there before changes no case
      expect(await ledger.rights.answered(found, again)).toBe(false);
    });

    test('a person is due once, however many visits, the one who waits longest first', async () => {
      await put(
        { vn: '1', pid: sampleCitizenId(1), createdAt: SAMPLE_AT + 3_000 },
        { vn: '2', pid: sampleCitizenId(2), createdAt: SAMPLE_AT + 2_000 },
        { vn: '3', pid: sampleCitizenId(1), createdAt: SAMPLE_AT + 1_000 },
        { vn: '4', pid: sampleCitizenId(3), createdAt: SAMPLE_AT + 4_000 },
      );
      expect(await dueNumbers()).toEqual([1, 2, 3]);
      expect(await dueNumbers({ limit: 2 })).toEqual([1, 2]);
      expect(await due({ limit: 1 })).toEqual([{ ...person(1), failures: 0 }]);
    });

    test('only visits that wait without a full read, of that site and day, long enough', async () => {
      const waits: Partial<Case>[] = [
        { state: 'awaiting-card' },
        { state: 'offline', readKind: 'card-only', readId: 'r' },
        { state: 'needs-staff', reason: 'no-phone' },
      ];
      const others: Partial<Case>[] = [
        ...(['written', 'not-required', 'expired', 'cancelled', 'closed', 'ready', 'unknown'] as const).map(
          (state) => ({ state }),
        ),
        { state: 'needs-staff', reason: 'refused', readKind: 'full', readId: 'r' },
        { pid: null, state: 'needs-staff', reason: 'no-citizen-id' },
        { serviceDate: addDays(SAMPLE_DATE, -1) },
        { createdAt: LATER - 10 * MINUTE_MS },
      ];
      await put(...waits.map((c, i) => ({ vn: `w${i}`, pid: sampleCitizenId(i + 1), ...c })));
      await put(...others.map((c, i) => ({ vn: `o${i}`, pid: sampleCitizenId(i + 10), ...c })));
      await ledger.commit([created({ hcode: newSite(), vn: 'x', pid: sampleCitizenId(6) })]);
      expect((await dueNumbers({ limit: 100 })).toSorted()).toEqual([1, 2, 3]);
    });

    test('whoever NHSO has answered for is not due, whoever failed is when the time has come', async () => {
      await put(...[1, 2, 3, 4, 5].map((n) => ({ vn: String(n), pid: sampleCitizenId(n) })));
      await ledger.rights.answered(sampleFoundRight(person(1)), []);
      const none = { answer: 'no-right', right: null } as const;
      await ledger.rights.answered(sampleFoundRight({ ...person(2), ...none }), []);
      await ledger.rights.failed(person(3), failure({ failures: 3, nextTryAt: LATER + 1 }));
      await ledger.rights.failed(person(4), failure({ failures: 2, nextTryAt: LATER }));
      expect(await due()).toEqual([
        { ...person(4), failures: 2 },
        { ...person(5), failures: 0 },
      ]);
      expect(await dueNumbers({ now: LATER + 1 })).toEqual([3, 4, 5]);
    });

    test('times that a clock ahead has written hold nobody up', async () => {
      await put(
        { vn: '1', pid: sampleCitizenId(1), createdAt: LATER + HOUR_MS },
        { vn: '2', pid: sampleCitizenId(2) },
      );
      await ledger.rights.failed(person(2), failure({ nextTryAt: LATER + 2 * HOUR_MS }));
      expect((await dueNumbers()).toSorted()).toEqual([1, 2]);
    });

    test('searches find a found right as they find one that was read', async () => {
      const right = { ...sampleFoundRight().right, mainInscl: 'OFC' } as FoundRight['right'];
      const read = sampleRead({ id: `read-${hcode}`, hcode, pid: sampleCitizenId(2) });
      const bare = sampleRead({ ...read, id: `bare-${hcode}`, right: null });
      await ledger.addCardRead(read);
      await ledger.addCardRead(bare);
      await put(
        { vn: 'found', pid: sampleCitizenId(1), hn: 'h1' },
        { vn: 'read', pid: sampleCitizenId(2), readId: read.id, readKind: 'full' },
        { vn: 'second', pid: sampleCitizenId(2) },
        { vn: 'full', pid: sampleCitizenId(3), readId: bare.id, readKind: 'full' },
        { vn: 'alone', pid: sampleCitizenId(3), readId: bare.id, readKind: 'card-only' },
        { vn: 'gone', pid: sampleCitizenId(1), state: 'cancelled' },
        { vn: 'none', pid: sampleCitizenId(4) },
        { vn: 'yesterday', pid: sampleCitizenId(1), serviceDate: addDays(SAMPLE_DATE, -1) },
        { vn: 'nobody', pid: null },
      );
      for (const n of [1, 2, 3]) await ledger.rights.answered(sampleFoundRight({ ...person(n), right }), []);
      const none = { answer: 'no-right', right: null } as const;
      await ledger.rights.answered(sampleFoundRight({ ...person(4), ...none }), []);
      const find = async (query: SearchQuery): Promise<string> => {
        const { items } = await ledger.search.cases({ hcode, ...query }, { limit: 20 });
        expect(await ledger.search.countCases({ hcode, ...query })).toBe(items.length);
        const names = items.map((c) => c.vn);
        return names.toSorted().join(' ');
      };
      expect(await find({ withRight: true })).toBe('alone found read second');
      expect(await find({ withRight: false })).toBe('full gone nobody none yesterday');
      expect(await find({ mainInscls: ['OFC'] })).toBe('alone found second');
      expect(await find({ mainInscls: ['UCS'] })).toBe('read');
      expect(await find({ withRight: true, noneOf: [{ mainInscls: ['OFC'] }] })).toBe('read');
      expect(await ledger.search.countPatients({ hcode, mainInscls: ['OFC'] })).toBe(2);
    });

    test('with 20,000 visits of the day waiting it is found out in a moment who is due', async () => {
      await put({ vn: 'm0', pid: sampleCitizenId(0) });
      // through the ledger they would take minutes
      const other = {
        vn: `'m' || i`,
        pid: `'99' || cast(10000000000 + i as text)`,
        created_at: 'created_at + i',
      };
      const values = CASE_COLUMNS.map((c) => (Object.hasOwn(other, c) ? other[c as keyof typeof other] : c));
      await store.sql(
        `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${MANY - 1}) ` +
          `insert into visit_case (${CASE_COLUMNS}) select ${values} from visit_case, n where hcode = '${hcode}'`,
      );
      const timed = async () => {
        const begun = performance.now();
        const people = await due({ limit: 50 });
        return { first: people[0]?.pid, count: people.length, ms: performance.now() - begun };
      };
      const all = await timed();
      expect(all).toMatchObject({ first: sampleCitizenId(0), count: 50 });
      // every one of them has failed a moment ago: nobody is due, and all must be looked at to know it
      await store.sql(
        'insert into found_right (pid, service_date, hcode, source, asked_at, failures, next_try_at) ' +
          `select pid, service_date, hcode, 'ucws', 1, 1, ${LATER + 1} from visit_case where hcode = '${hcode}'`,
      );
      const none = await timed();
      expect(none.count).toBe(0);
      // 20 to 30 ms of processor time; without an index to join by it is minutes
      expect(Math.max(all.ms, none.ms)).toBeLessThan(3_000);
    });
  });
}
