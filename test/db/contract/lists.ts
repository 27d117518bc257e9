import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDays } from '../../../src/domain/bangkok.ts';
import type { Case } from '../../../src/domain/case.ts';
import type { Ledger, Page, SearchSort } from '../../../src/service/ports/ledger.ts';
import { SAMPLE_AT, SAMPLE_DATE, sampleCitizenId } from '../../support/samples.ts';
import { changed, created, newSite, outcome } from './changes.ts';
import type { MakeStore, TestStore } from './store.ts';

export function listsContract(make: MakeStore): void {
  describe('lists and counts', () => {
    let store: TestStore;
    let ledger: Ledger;
    beforeAll(async () => {
      store = await make();
      ledger = await store.open();
    });
    afterAll(() => store.drop());

    /** A small hospital: three days, several states. */
    async function hospital(): Promise<{ hcode: string; cases: Case[] }> {
      const hcode = newSite();
      const cases = Array.from({ length: 12 }, (_, i) =>
        created({
          hcode,
          vn: `v${i}`,
          hn: `h${i % 5}`,
          pid: sampleCitizenId(i % 4),
          serviceDate: addDays(SAMPLE_DATE, -(i % 3)),
          state: i % 2 === 0 ? 'awaiting-card' : 'needs-staff',
          reason: i % 2 === 0 ? 'waiting-card' : 'no-phone',
          createdAt: SAMPLE_AT + Math.floor(i / 2),
          updatedAt: SAMPLE_AT + i,
        }),
      );
      await ledger.commit(cases);
      return { hcode, cases: cases.map((c) => c.next) };
    }

    test('filters hold together', async () => {
      const { hcode, cases } = await hospital();
      const filters = [
        { hcode },
        { hcode, serviceDate: SAMPLE_DATE },
        { hcode, before: SAMPLE_DATE },
        { hcode, states: ['needs-staff', 'written'] },
        { hcode, states: [] },
        { hcode, reason: 'no-phone', before: addDays(SAMPLE_DATE, -1) },
      ] as const;
      for (const filter of filters) {
        const f: Parameters<Ledger['listCases']>[0] = filter;
        const expected = cases.filter(
          (c) =>
            (f.serviceDate === undefined || c.serviceDate === f.serviceDate) &&
            (f.before === undefined || c.serviceDate < f.before) &&
            (f.states === undefined || f.states.includes(c.state)) &&
            (f.reason === undefined || c.reason === f.reason),
        );
        const { items, next } = await ledger.listCases(f, { limit: 50 });
        expect(items.map((c) => c.vn).toSorted()).toEqual(expected.map((c) => c.vn).toSorted());
        expect(next).toBeNull();
        expect(await ledger.countCases(f)).toBe(expected.length);
      }
    });

    test('newest first', async () => {
      const { hcode } = await hospital();
      const { items } = await ledger.listCases({ hcode }, { limit: 50 });
      const order = items.map((c) => `${c.serviceDate} ${c.createdAt} ${c.vn}`);
      expect(order).toEqual(order.toSorted().toReversed());
    });

    test('a person’s cases of a day; a site’s day in short', async () => {
      const { hcode, cases } = await hospital();
      const mine = (c: Case) => c.pid === sampleCitizenId(0) && c.serviceDate === SAMPLE_DATE;
      expect(await ledger.casesOfPerson(hcode, sampleCitizenId(0), SAMPLE_DATE)).toEqual(cases.filter(mine));
      expect(await ledger.casesOfPerson(newSite(), sampleCitizenId(0), SAMPLE_DATE)).toEqual([]);
      expect(await ledger.countsByState(hcode, SAMPLE_DATE)).toEqual({
        'awaiting-card': 2,
        'needs-staff': 2,
      });
      expect(await ledger.countsByState(hcode, addDays(SAMPLE_DATE, 9))).toEqual({});
      const short = await ledger.caseKeysOn(hcode, SAMPLE_DATE);
      expect(short.toSorted((a, b) => (a.vn < b.vn ? -1 : 1))).toEqual(
        ['v0', 'v3', 'v6', 'v9'].map((vn, i) => ({
          vn,
          version: 1,
          state: i % 2 === 0 ? 'awaiting-card' : 'needs-staff',
          visitGone: false,
        })),
      );
    });

    test('work: what is due, oldest service date first, from the case itself', async () => {
      const hcode = newSite();
      const work = (vn: string, days: number, dueAt: number | null) =>
        created({
          hcode,
          vn,
          serviceDate: addDays(SAMPLE_DATE, days),
          nextStep: 'write-back',
          stepSeq: 3,
          dueAt,
        });
      await ledger.commit([
        work('today', 0, SAMPLE_AT),
        work('later', -5, SAMPLE_AT + 100),
        work('old', -2, SAMPLE_AT - 50),
        work('undated', -1, null),
        created({ hcode, vn: 'idle' }),
      ]);
      const vns = async (o: { dueBy: number; dueAfter?: number; updatedAfter?: number }) =>
        (await ledger.casesWithWork({ ...o, hcode, limit: 10 })).items.map((e) => e.vn);
      expect(await vns({ dueBy: SAMPLE_AT })).toEqual(['old', 'undated', 'today']);
      expect(await vns({ dueBy: SAMPLE_AT + 100 })).toEqual(['later', 'old', 'undated', 'today']);
      expect(await vns({ dueBy: SAMPLE_AT + 100, dueAfter: SAMPLE_AT })).toEqual(['later', 'undated']);
      expect(await vns({ dueBy: SAMPLE_AT + 100, updatedAfter: SAMPLE_AT })).toEqual([]);
      expect(await vns({ dueBy: SAMPLE_AT + 100, updatedAfter: SAMPLE_AT - 1 })).not.toEqual([]);
      const { items } = await ledger.casesWithWork({ dueBy: SAMPLE_AT - 50, hcode, limit: 1 });
      expect(items).toEqual([
        {
          id: 0,
          hcode,
          vn: 'old',
          step: 'write-back',
          stepSeq: 3,
          serviceDate: addDays(SAMPLE_DATE, -2),
          state: 'awaiting-card',
          dueAt: SAMPLE_AT - 50,
        },
      ]);
    });

    const sorts: SearchSort[] = ['date', '-date', 'updated', '-updated'];
    const pagers: [
      string,
      (hcode: string, after?: string) => Promise<Page<{ vn?: string; hn?: string | null }>>,
    ][] = [
      ['listCases', (hcode, after) => ledger.listCases({ hcode }, at(after))],
      [
        'casesWithWork',
        (hcode, after) => ledger.casesWithWork({ dueBy: SAMPLE_AT * 2, hcode, ...at(after) }),
      ],
      ['search.patients', (hcode, after) => ledger.search.patients({ hcode }, at(after))],
      ...sorts.map((sort): (typeof pagers)[number] => [
        `search.cases by ${sort}`,
        (hcode, after) => ledger.search.cases({ hcode }, { ...at(after), sort }),
      ]),
    ];

    test.each(pagers)('%s: rows that come in while somebody pages are no trouble', async (name, page) => {
      const { hcode, cases } = await hospital();
      await ledger.commit(cases.map((c) => changed(c, { nextStep: 'draft', stepSeq: 1, dueAt: SAMPLE_AT })));
      const key = (row: { vn?: string; hn?: string | null }) =>
        name === 'search.patients' ? row.hn : row.vn;
      const seen: unknown[] = [];
      let after: string | undefined;
      for (let n = 0; n < 30; n++) {
        const { items, next } = await page(hcode, after);
        seen.push(...items.map(key));
        if (next === null) break;
        after = next;
        // before, among and after what is there
        await ledger.commit(
          [-5, -1, 0, 1].map((d) =>
            created({
              hcode,
              vn: `${d < 0 ? 'a' : 'z'}${n}${d}`,
              hn: `${d < 0 ? 'a' : 'z'}${n}${d}`,
              serviceDate: addDays(SAMPLE_DATE, d),
              createdAt: SAMPLE_AT + n,
              updatedAt: SAMPLE_AT + 2 * n,
            }),
          ),
        );
      }
      expect(new Set(seen).size).toBe(seen.length);
      const before = [...new Set(cases.map(key))];
      expect(seen).toEqual(expect.arrayContaining(before));
    });

    test.each(pagers)('%s: a bad page mark or limit is named', async (_, page) => {
      const foreign = Buffer.from(JSON.stringify(['somewhere', 1])).toString('base64url');
      for (const mark of ['', 'x', '%%%', foreign, Buffer.from('null').toString('base64url')]) {
        await expect(page('10978', mark)).rejects.toMatchObject({
          code: 'bad-input',
          message: expect.stringContaining('after'),
        });
      }
    });

    test('a limit is at least one', async () => {
      expect(await outcome(ledger.listCases({}, { limit: 0 }))).toBe('bad-input');
      expect(await outcome(ledger.search.cases({}, { limit: 1.5 }))).toBe('bad-input');
      expect(await outcome(ledger.outbox(-1))).toBe('bad-input');
    });
  });
}

function at(after: string | undefined): { limit: number; after?: string } {
  return after === undefined ? { limit: 3 } : { limit: 3, after };
}
