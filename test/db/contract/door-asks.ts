/** Rule 1 between visits and clients of the agent API: whoever of two asks first is the only one. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDays, DAY_MS } from '../../../src/domain/bangkok.ts';
import type { HeldCode } from '../../../src/domain/case.ts';
import {
  askFreed,
  askLost,
  beginAsk,
  codeIssuedTo,
  type DoorAsk,
  heldByCase,
  needsPerson,
  takenByCase,
} from '../../../src/domain/door-ask.ts';
import { LOOKUPS_AT_MOST } from '../../../src/domain/machine/lost-answer.ts';
import type { AskFilter, ListedAsk } from '../../../src/service/ports/door-asks.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import { SAMPLE_AT, SAMPLE_DATE, sampleCitizenId } from '../../support/samples.ts';
import { changed, created, heldCode, newCode, newSite, outcome } from './changes.ts';
import type { MakeStore, TestStore } from './store.ts';

const ROUNDS = 12;
const CLAIM_TYPE = 'PG0060001';
const pid = sampleCitizenId(1);

const keyOf = (hcode: string) => ({ hcode, pid, serviceDate: SAMPLE_DATE, claimType: CLAIM_TYPE });

function newAsk(hcode: string, before: DoorAsk | null = null, more: Partial<DoorAsk> = {}): DoorAsk {
  const by = { actor: 'key:his', stationId: 'counter-1', correlationId: 'c' };
  const ask = beginAsk(before, keyOf(hcode), by, { recoverAt: SAMPLE_AT + 45_000, gap: null, at: SAMPLE_AT });
  if (ask === null) throw new Error('it may be asked for');
  return { ...ask, ...more };
}

export function doorAsksContract(make: MakeStore): void {
  describe('asks of clients', () => {
    let store: TestStore;
    let ledgers: [Ledger, Ledger];
    let asks: Ledger['doorAsks'];
    beforeAll(async () => {
      store = await make();
      ledgers = [await store.open(), await store.open()];
      asks = ledgers[0].doorAsks;
    });
    afterAll(() => store.drop());

    const begin = async (ask: DoorAsk, on = 0): Promise<string> => {
      const told = await outcome(
        (ledgers[on] as Ledger).doorAsks.begin(ask).then((isOurs) => {
          if (!isOurs) throw Object.assign(new Error('too late'), { code: 'too-late' });
        }),
      );
      return told;
    };

    test('come back as they were written', async () => {
      const ask = newAsk(newSite());
      expect(await asks.find(ask)).toBeNull();
      expect(await begin(ask)).toBe('ok');
      expect(await asks.find(ask)).toEqual(ask);
      const issued = codeIssuedTo(ask, { claimCode: newCode(), issuedAt: SAMPLE_AT }, SAMPLE_AT + 1);
      expect(await asks.put(issued)).toBe(true);
      expect(await asks.find(ask)).toEqual(issued);
      // made from an older version
      expect(await asks.put(issued)).toBe(false);
      expect(await asks.put(askFreed(ask, SAMPLE_AT))).toBe(false);
    });

    test('begin once, and anew only when they are free', async () => {
      const ask = newAsk(newSite());
      expect(await begin(ask)).toBe('ok');
      expect(await begin(ask)).toBe('too-late');
      const free = askFreed(ask, SAMPLE_AT);
      await asks.put(free);
      expect(await begin(newAsk(ask.hcode, free))).toBe('ok');
      expect(await begin(newAsk(ask.hcode, free))).toBe('too-late');
      expect(await begin({ ...newAsk(ask.hcode, free), version: 4 })).toBe('too-late');
    });

    test('do not begin beside a code of the day and claim type, however it came', async () => {
      const told = async (more: Partial<HeldCode>): Promise<string> => {
        const ask = newAsk(newSite());
        const code = { ...heldCode(newCode()), source: 'lookup' as const, ...more };
        const visit = { hcode: ask.hcode, vn: 'a', pid, claimType: 'PG0130001', code };
        await ledgers[1].commit([created(visit)]);
        return begin(ask);
      };
      expect(await told({})).toBe('already-asked');
      expect(await told({ claimType: 'PG0130001' })).toBe('ok');
      expect(await told({ issuedAt: SAMPLE_AT - DAY_MS })).toBe('ok');
      expect(await told({ issuedAt: null })).toBe('ok');
      expect(await told({ claimType: CLAIM_TYPE, source: 'his' })).toBe('ok');
    });

    test('of two clients at once one is the first', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const ask = newAsk(newSite());
        const told = await Promise.all([begin(ask, 0), begin({ ...ask, actor: 'key:other' }, 1)]);
        expect(told.toSorted()).toEqual(['ok', 'too-late']);
      }
    });

    test('of a client and a visit at once one is the first, also where the visit had asked before', async () => {
      const seen = new Set<string>();
      for (let round = 0; round < ROUNDS * 4; round++) {
        const hcode = newSite();
        const made = created({ hcode, vn: 'a', pid, claimType: CLAIM_TYPE });
        await ledgers[1].commit([made]);
        let current = made.next;
        let before: DoorAsk | null = null;
        if (round % 2 === 1) {
          for (const askedAt of [SAMPLE_AT, null]) {
            const change = changed(current, { askedAt });
            await ledgers[1].commit([change]);
            current = change.next;
          }
          before = await asks.find(keyOf(hcode));
          expect(before).toMatchObject({ state: 'case', vn: 'a' });
        }
        const told = await Promise.all([
          begin(newAsk(hcode, before), 0),
          outcome(ledgers[1].commit([changed(current, { askedAt: SAMPLE_AT })])),
        ]);
        expect(told.toSorted().filter((t) => t === 'ok')).toEqual(['ok']);
        expect(['already-asked', 'too-late']).toContain(told.find((t) => t !== 'ok'));
        seen.add(told[0] === 'ok' ? 'client' : 'visit');
      }
      expect(seen.size).toBeGreaterThan(0);
    });

    test('while a client asks no visit can, while a visit has asked no client can', async () => {
      const hcode = newSite();
      const [a, b] = ['a', 'b'].map((vn) => created({ hcode, vn, pid, claimType: CLAIM_TYPE }));
      if (a === undefined || b === undefined) throw new Error('two');
      await ledgers[0].commit([a, b]);
      const ask = newAsk(hcode);
      await begin(ask);
      const asked = changed(a.next, { askedAt: SAMPLE_AT });
      expect(await outcome(ledgers[0].commit([asked]))).toBe('already-asked');
      expect((await ledgers[0].case(a.next))?.askedAt).toBeNull();
      // of another claim type it may
      expect(
        await outcome(ledgers[0].commit([changed(b.next, { askedAt: SAMPLE_AT, claimType: 'PG0130001' })])),
      ).toBe('ok');
      const free = askFreed(ask, SAMPLE_AT);
      await asks.put(free);
      expect(await outcome(ledgers[0].commit([asked]))).toBe('ok');
      const marked = await asks.find(ask);
      expect(marked).toMatchObject({ state: 'case', vn: 'a', askedAt: SAMPLE_AT });
      expect(await begin(newAsk(hcode, marked))).toBe('already-asked');
      expect(await asks.find(ask)).toEqual(marked);
    });

    test('while a visit holds the code of a client and has not asked itself, no other visit can', async () => {
      const hcode = newSite();
      const code = heldCode(newCode());
      const typed = created({ hcode, vn: 'a', pid, claimType: CLAIM_TYPE, code: { ...code, source: 'his' } });
      const other = created({ hcode, vn: 'b', pid, claimType: CLAIM_TYPE });
      await ledgers[0].commit([typed, other]);
      const ask = newAsk(hcode);
      await begin(ask);
      const issued = codeIssuedTo(ask, { claimCode: code.claimCode, issuedAt: SAMPLE_AT }, SAMPLE_AT);
      await asks.put(issued);
      const held = heldByCase(issued, 'a', SAMPLE_AT);
      await asks.put(held);
      expect(await outcome(ledgers[0].commit([changed(other.next, { askedAt: SAMPLE_AT })]))).toBe(
        'already-asked',
      );
      expect(await asks.find(ask)).toEqual(held);
      expect(await asks.wanted(SAMPLE_DATE, 100)).not.toContainEqual(held);
    });

    test('a ledger that knows of a visit’s ask from before this table admits no client', async () => {
      const hcode = newSite();
      await ledgers[0].commit([created({ hcode, vn: 'a', pid, claimType: CLAIM_TYPE, askedAt: SAMPLE_AT })]);
      await store.sql(`delete from door_ask where hcode = '${hcode}'`);
      expect(await begin(newAsk(hcode))).toBe('already-asked');
      expect(await asks.find(keyOf(hcode))).toBeNull();
    });

    test('a visit takes over what was lost or issued, with its own ask and code, or not at all', async () => {
      const hcode = newSite();
      const { next } = created({ hcode, vn: 'a', pid, claimType: CLAIM_TYPE });
      await ledgers[0].commit([{ next, from: null, history: [] }]);
      const ask = newAsk(hcode);
      await begin(ask);
      const code = heldCode(newCode());
      const issued = codeIssuedTo(ask, { claimCode: code.claimCode, issuedAt: SAMPLE_AT }, SAMPLE_AT);
      const change = changed(next, { askedAt: SAMPLE_AT, code });
      // still under way
      expect(await outcome(ledgers[0].commit([{ ...change, takes: ask }]))).toBe('conflict');
      await asks.put(issued);
      expect(await outcome(ledgers[0].commit([{ ...change, takes: ask }]))).toBe('conflict');
      expect(await outcome(ledgers[0].commit([{ ...change, takes: issued }]))).toBe('ok');
      expect(await asks.find(ask)).toMatchObject({ state: 'case', vn: 'a', lookAt: null });
      expect(await outcome(ledgers[0].commit([{ ...changed(change.next), takes: issued }]))).toBe('conflict');
    });

    test('what a clock has changed that was ahead is found, and nothing else', async () => {
      const hcode = newSite();
      const HOUR = 3_600_000;
      const of = (n: number, more: Partial<DoorAsk>) =>
        newAsk(hcode, null, { pid: sampleCitizenId(n), ...more });
      const ahead = of(1, { updatedAt: SAMPLE_AT + HOUR });
      const rest = [
        of(2, { updatedAt: SAMPLE_AT + 59_000 }),
        of(3, { updatedAt: SAMPLE_AT + HOUR, state: 'free', lookAt: null }),
        of(4, { updatedAt: SAMPLE_AT + HOUR, state: 'case', vn: 'a', lookAt: null }),
      ];
      for (const ask of [ahead, ...rest]) await begin(ask);
      const found = await asks.fromAhead(SAMPLE_AT, 60_000, 500);
      expect(found.filter((ask) => ask.hcode === hcode)).toEqual([ahead]);
    });

    test('what is due is found, the longest waiting first', async () => {
      const [early, late] = [newSite(), newSite()];
      await begin(newAsk(late, null, { lookAt: SAMPLE_AT - 10 }));
      await begin(newAsk(early, null, { lookAt: SAMPLE_AT - 20 }));
      const gone = newAsk(newSite(), null, { lookAt: SAMPLE_AT - 30 });
      await begin(gone);
      await asks.put(takenByCase(gone, 'x', SAMPLE_AT));
      const due = (await asks.due(SAMPLE_AT - 5, 100)).map((a) => a.hcode);
      expect(due).toEqual([early, late]);
      expect(await asks.due(SAMPLE_AT - 5, 1)).toHaveLength(1);
    });

    test('what a visit waits for is found, and what no visit can take is not', async () => {
      const hcode = newSite();
      const ask = newAsk(hcode);
      await begin(ask);
      const lost = askLost(ask, SAMPLE_AT, SAMPLE_AT);
      await asks.put(lost);
      const wanted = async () =>
        (await asks.wanted(SAMPLE_DATE, 1_000)).flatMap((a) => (a.hcode === hcode ? [a.version] : []));
      expect(await wanted()).toEqual([]);
      const { next } = created({ hcode, vn: 'a', pid, state: 'cancelled' });
      await ledgers[0].commit([{ next, from: null, history: [] }]);
      expect(await wanted()).toEqual([]);
      await ledgers[0].commit([created({ hcode, vn: 'b', pid })]);
      expect(await wanted()).toEqual([lost.version]);
      expect(await asks.ofPerson(hcode, pid, SAMPLE_DATE)).toEqual([lost]);
      await asks.put(takenByCase(lost, 'b', SAMPLE_AT));
      expect(await wanted()).toEqual([]);
      expect(await asks.ofPerson(hcode, pid, SAMPLE_DATE)).toEqual([]);
    });

    test('a visit that holds the code otherwise is found too, once no second one is looked for', async () => {
      const hcode = newSite();
      const ask = newAsk(hcode);
      await begin(ask);
      const code = heldCode(newCode());
      const issued = codeIssuedTo(ask, { claimCode: code.claimCode, issuedAt: SAMPLE_AT }, SAMPLE_AT);
      const looked = { ...issued, lookAt: SAMPLE_AT + 20_000 };
      await asks.put(looked);
      const wanted = async () =>
        (await asks.wanted(SAMPLE_DATE, 1_000)).flatMap((a) => (a.hcode === hcode ? [a.version] : []));
      const typed = { hcode, pid, state: 'written', code: { ...code, source: 'his' } } as const;
      const other = { ...typed, vn: 'b', code: { ...typed.code, claimCode: newCode() } };
      await ledgers[0].commit([created({ ...typed, vn: 'a' }), created(other)]);
      expect(await wanted()).toEqual([]);
      await asks.put({ ...looked, version: looked.version + 1, lookAt: null });
      expect(await wanted()).toEqual([looked.version + 1]);
      const cancelled = changed(created({ ...typed, vn: 'a' }).next, { state: 'cancelled' });
      await ledgers[0].commit([cancelled]);
      expect(await wanted()).toEqual([]);
    });

    describe('the list', () => {
      const beside = {
        ...{ claimCode: 'PP2000000002', claimType: CLAIM_TYPE, hcode: '10978', issuedAt: SAMPLE_AT },
        ...{ misfits: ['claim-type'] as const, heldBy: null },
      };
      const [asking, lost, issued] = ['asking', 'lost', 'issued'].map((state) => ({ state }) as DoorAsk);
      /** Each stands for one way in which a person must look at an ask, or need not. */
      const STANDING: readonly Partial<DoorAsk>[] = [
        { ...asking },
        { ...asking, candidates: [beside] },
        { ...lost },
        { ...lost, lookAt: null },
        { ...lost, emptyLookups: LOOKUPS_AT_MOST },
        { ...lost, candidates: [beside] },
        { ...issued, claimCode: 'PP1000000001', issuedAt: SAMPLE_AT, lookAt: null },
        { ...issued, claimCode: 'PP1000000001', lookAt: null, candidates: [beside] },
        { state: 'free', lookAt: null },
        { state: 'free', lookAt: null, emptyLookups: LOOKUPS_AT_MOST },
        { state: 'case', vn: 'a', lookAt: null, candidates: [beside] },
        { state: 'held', vn: 'a', lookAt: null, candidates: [beside] },
      ];

      /** Three days of all of these; on each day every two were asked for in the same moment, as after a ledger was put back. */
      async function hospital(): Promise<{ hcode: string; rows: DoorAsk[] }> {
        const hcode = newSite();
        const rows = [0, 1, 2].flatMap((day) =>
          STANDING.map((standing, i): DoorAsk => {
            const at = SAMPLE_AT - day * DAY_MS + Math.floor(i / 2);
            const person = { pid: sampleCitizenId(i), serviceDate: addDays(SAMPLE_DATE, -day) };
            return newAsk(hcode, null, { ...person, askedAt: at, ...standing });
          }),
        );
        for (const row of rows) expect(await begin(row)).toBe('ok');
        return { hcode, rows };
      }

      async function all(filter: AskFilter, limit = 500): Promise<ListedAsk[]> {
        const found: ListedAsk[] = [];
        for (let after: string | null = null; ; ) {
          const page = await asks.list(filter, { limit, ...(after === null ? {} : { after }) });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          found.push(...page.items);
          after = page.next;
          if (after === null) return found;
        }
      }

      const byKey = (rows: readonly DoorAsk[]) =>
        rows.toSorted((a, b) => (`${a.serviceDate}${a.pid}` < `${b.serviceDate}${b.pid}` ? -1 : 1));

      test('holds what is under way, lost or issued, and filters hold together', async () => {
        const { hcode, rows } = await hospital();
        const open = rows.filter((r) => !['free', 'case', 'held'].includes(r.state));
        for (const filter of [
          {},
          { serviceDate: SAMPLE_DATE },
          { needsPerson: true },
          { serviceDate: addDays(SAMPLE_DATE, -1), needsPerson: true },
        ] satisfies AskFilter[]) {
          const expected = open.filter(
            (r) =>
              (filter.serviceDate === undefined || r.serviceDate === filter.serviceDate) &&
              (filter.needsPerson === undefined || needsPerson(r)),
          );
          expect(expected.length).toBeGreaterThan(0);
          const found = await all({ hcode, ...filter });
          expect(byKey(found.map(({ ask }) => ask))).toEqual(byKey(expected));
        }
        expect(await all({ hcode: newSite() })).toEqual([]);
      });

      test('is newest first, and its pages hold each once, whatever the page size', async () => {
        const { hcode, rows } = await hospital();
        const whole = await all({ hcode });
        const order = whole.map(({ ask }) => [ask.serviceDate, ask.askedAt] as const);
        expect(order).toEqual(order.toSorted((a, b) => (a[0] === b[0] ? b[1] - a[1] : a[0] < b[0] ? 1 : -1)));
        expect(new Set(whole.map(({ id }) => id)).size).toBe(whole.length);
        for (const limit of [1, 2, 5, whole.length]) expect(await all({ hcode }, limit)).toEqual(whole);
        // of any hospital
        const ofAll = (await all({}, 7)).filter(({ ask }) => ask.hcode === hcode);
        expect(ofAll).toEqual(whole);
        expect(rows.length).toBeGreaterThan(whole.length);
      });

      test('has page marks without a citizen id, which no other list takes', async () => {
        const { hcode, rows } = await hospital();
        const { next } = await asks.list({ hcode }, { limit: 3 });
        const mark = Buffer.from(next ?? '', 'base64url').toString('utf8');
        expect(mark).toContain('client-asks');
        for (const row of rows) expect(mark).not.toContain(row.pid);
        for (const wrong of [
          ledgers[0].listCases({}, { limit: 1, after: next ?? '' }),
          asks.list({}, { limit: 0 }),
        ])
          await expect(wrong).rejects.toMatchObject({ code: 'bad-input' });
        await expect(asks.list({}, { limit: 1, after: 'rubbish' })).rejects.toMatchObject({
          code: 'bad-input',
        });
      });

      test('knows an ask by a name that it keeps until it is asked for anew', async () => {
        const hcode = newSite();
        const ids = async () => (await all({ hcode })).map(({ id }) => id);
        const ask = newAsk(hcode);
        await begin(ask);
        const [id = ''] = await ids();
        expect(id).toMatch(/^[0-9a-f]{32}$/);
        await asks.put(askLost(ask, SAMPLE_AT, SAMPLE_AT));
        expect(await ids()).toEqual([id]);
        const free = { ...askFreed(ask, SAMPLE_AT), version: 3 };
        await asks.put(free);
        expect(await ids()).toEqual([]);
        await begin(newAsk(hcode, free));
        const [other = ''] = await ids();
        expect(other).toMatch(/^[0-9a-f]{32}$/);
        expect(other).not.toBe(id);
      });

      test('shows an ask of a row that a visit had marked before', async () => {
        const hcode = newSite();
        const { next } = created({ hcode, vn: 'a', pid, claimType: CLAIM_TYPE });
        await ledgers[0].commit([{ next, from: null, history: [] }]);
        const asked = changed(next, { askedAt: SAMPLE_AT });
        await ledgers[0].commit([asked]);
        await ledgers[0].commit([changed(asked.next, { askedAt: null })]);
        expect(await all({ hcode })).toEqual([]);
        const marked = await asks.find(keyOf(hcode));
        expect(await begin(newAsk(hcode, marked))).toBe('ok');
        expect(await all({ hcode })).toMatchObject([{ id: expect.stringMatching(/^[0-9a-f]{32}$/) }]);
      });
    });
  });

  test('asks of before they had names get one each, those of visits none', async () => {
    const store = await make();
    try {
      const before = await store.open();
      const ask = newAsk('10978', null, { state: 'issued', claimCode: newCode(), lookAt: null });
      for (const n of [1, 2, 3]) await before.doorAsks.begin({ ...ask, pid: sampleCitizenId(n) });
      const asked = created({ hcode: '10978', vn: 'a', pid: sampleCitizenId(4), claimType: CLAIM_TYPE });
      await before.commit([asked]);
      await before.commit([changed(asked.next, { askedAt: SAMPLE_AT })]);
      // as the version before made it, without what came after
      for (const statement of [
        'drop index door_ask_listing',
        'alter table door_ask drop column id',
        'alter table door_ask drop column candidates',
        'alter table visit_case drop column recheck_at',
        "delete from kysely_migration where name >= '0009'",
      ]) {
        await store.sql(statement);
      }
      const after = await store.open();
      const { items } = await after.doorAsks.list({}, { limit: 10 });
      expect(items.map((item) => item.ask.pid).toSorted()).toEqual([1, 2, 3].map(sampleCitizenId).toSorted());
      expect(new Set(items.map(({ id }) => id)).size).toBe(3);
      for (const { id } of items) expect(id).toMatch(/^[0-9a-f]{32}$/);
      expect(items[0]?.ask).toEqual({ ...ask, pid: items[0]?.ask.pid });
    } finally {
      await store.drop();
    }
  });
}
