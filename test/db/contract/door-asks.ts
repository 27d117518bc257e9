/** Rule 1 between visits and clients of the agent API: whoever of two asks first is the only one. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY_MS } from '../../../src/domain/bangkok.ts';
import type { HeldCode } from '../../../src/domain/case.ts';
import {
  askFreed,
  askLost,
  beginAsk,
  codeIssuedTo,
  type DoorAsk,
  takenByCase,
} from '../../../src/domain/door-ask.ts';
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
  });
}
