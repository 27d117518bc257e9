/** One row for a hospital and kind: who was first, what was noted, whatever several processes do at once. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TokenKind } from '../../../src/domain/token.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import type { FoundToken, StoredToken } from '../../../src/service/ports/tokens.ts';
import { SAMPLE_AT, sampleCitizenId } from '../../support/samples.ts';
import { newSite } from './changes.ts';
import { sampleKey } from './secret-keys.ts';
import type { MakeStore, TestStore } from './store.ts';

const SOURCE = 'file /mnt/uc/nhso_token.txt';

export function found(n: number, more: Partial<FoundToken> = {}): FoundToken & { source: string } {
  return {
    value: `tokenvalue${String(n).padStart(6, '0')}`,
    account: sampleCitizenId(1),
    refresh: null,
    obtainedAt: SAMPLE_AT + n,
    expiresAt: null,
    source: SOURCE,
    ...more,
  };
}

export function tokensContract(make: MakeStore): void {
  describe('tokens', { timeout: 120_000 }, () => {
    let store: TestStore;
    let ledgers: [Ledger, Ledger, Ledger];
    let ledger: Ledger;
    beforeAll(async () => {
      store = await make();
      const secrets = { key: sampleKey(1) };
      ledgers = [await store.open({ secrets }), await store.open({ secrets }), await store.open({ secrets })];
      ledger = ledgers[0];
    });
    afterAll(() => store.drop());

    const rowsOf = (hcode: string) =>
      store.sql<Record<string, unknown>>(`select * from token where hcode = '${hcode}' order by kind`);

    test('what was put is there, for this hospital and kind alone', async () => {
      const hcode = newSite();
      expect(await ledger.tokens.get(hcode, 'uc')).toBeNull();
      const uc = found(1, { expiresAt: SAMPLE_AT + 5 });
      const srm = found(2, { account: null, refresh: 'refresh-ไทย-🔑' });
      expect(await ledger.tokens.put(hcode, 'uc', 0, uc)).toBe(true);
      expect(await ledger.tokens.put(hcode, 'srm', 0, srm)).toBe(true);
      const fresh = { hcode, generation: 1, refusedAt: null, lastUsedAt: null };
      expect(await ledgers[1].tokens.get(hcode, 'uc')).toEqual({ ...uc, ...fresh, kind: 'uc' });
      expect(await ledgers[1].tokens.get(hcode, 'srm')).toEqual({ ...srm, ...fresh, kind: 'srm' });
      expect(await ledger.tokens.get(hcode, 'service')).toBeNull();
      expect(await ledger.tokens.get(newSite(), 'uc')).toBeNull();
      const mine = (await ledger.tokens.list()).filter((t) => t.hcode === hcode);
      expect(mine.map((t) => t.kind)).toEqual(['srm', 'uc']);
    });

    test('only after the generation that stands', async () => {
      const hcode = newSite();
      const put = (after: number, n: number) => ledger.tokens.put(hcode, 'uc', after, found(n));
      expect(await put(1, 1)).toBe(false);
      expect(await put(0, 1)).toBe(true);
      expect(await put(0, 2)).toBe(false);
      expect(await put(2, 2)).toBe(false);
      expect(await ledger.tokens.get(hcode, 'uc')).toMatchObject({ generation: 1, value: found(1).value });
      expect(await put(1, 2)).toBe(true);
      expect(await ledger.tokens.get(hcode, 'uc')).toMatchObject({ generation: 2, value: found(2).value });
    });

    test('the last use stays with the account, whatever its token', async () => {
      const hcode = newSite();
      const lastUsed = async () => (await ledger.tokens.get(hcode, 'uc'))?.lastUsedAt;
      await ledger.tokens.noteUsed(hcode, 'uc', 1);
      await ledger.tokens.put(hcode, 'uc', 0, found(1));
      expect(await lastUsed()).toBeNull();
      await ledger.tokens.noteUsed(hcode, 'uc', SAMPLE_AT + 10);
      await ledgers[1].tokens.put(hcode, 'uc', 1, found(2));
      expect(await lastUsed()).toBe(SAMPLE_AT + 10);
      await ledger.tokens.put(hcode, 'uc', 2, found(3, { account: sampleCitizenId(2) }));
      expect(await lastUsed()).toBeNull();
    });

    test('a use that a clock ahead has noted does not stand for ever', async () => {
      const hcode = newSite();
      await ledger.tokens.put(hcode, 'uc', 0, found(1));
      await ledger.tokens.noteUsed(hcode, 'uc', SAMPLE_AT + 365 * 86_400_000);
      await ledger.tokens.noteUsed(hcode, 'uc', SAMPLE_AT);
      expect((await ledger.tokens.get(hcode, 'uc'))?.lastUsedAt).toBe(SAMPLE_AT);
    });

    test('a refusal is of one generation, and the latest word counts', async () => {
      const hcode = newSite();
      await ledger.tokens.put(hcode, 'uc', 0, found(1));
      await ledger.tokens.noteRefused(hcode, 'uc', 2, 5);
      expect((await ledger.tokens.get(hcode, 'uc'))?.refusedAt).toBeNull();
      await ledger.tokens.noteRefused(hcode, 'uc', 1, 7);
      expect((await ledger.tokens.get(hcode, 'uc'))?.refusedAt).toBe(7);
      await ledger.tokens.noteRefused(hcode, 'uc', 1, 6);
      expect((await ledger.tokens.get(hcode, 'uc'))?.refusedAt).toBe(6);
      await ledger.tokens.put(hcode, 'uc', 1, found(2));
      await ledger.tokens.noteRefused(hcode, 'uc', 1, 11);
      expect((await ledger.tokens.get(hcode, 'uc'))?.refusedAt).toBeNull();
    });

    test('three at once, of whatever generation: exactly one is first, and what stands is his', async () => {
      const hcode = newSite();
      for (let after = 0; after < 12; after++) {
        const told = await Promise.all(
          ledgers.map((each, i) => each.tokens.put(hcode, 'uc', after, found(after * 10 + i))),
        );
        expect(told.filter((isFirst) => isFirst)).toHaveLength(1);
        const { generation, value } = (await ledger.tokens.get(hcode, 'uc')) as StoredToken;
        expect({ generation, value }).toEqual({
          generation: after + 1,
          value: found(after * 10 + told.indexOf(true)).value,
        });
      }
    });

    test('whatever several ledgers do in turn or at once, each row is one that the rules allow', async () => {
      const action = fc.oneof(
        fc.record({
          what: fc.constant('put' as const),
          after: fc.integer({ min: 0, max: 3 }),
          person: fc.integer({ min: 1, max: 2 }),
        }),
        fc.record({ what: fc.constant('used' as const), at: fc.integer({ min: 0, max: 1_000 }) }),
        fc.record({
          what: fc.constant('refused' as const),
          generation: fc.integer({ min: 1, max: 3 }),
          at: fc.integer({ min: 0, max: 1_000 }),
        }),
      );
      type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;
      /** Steps, each of one to three actions at once, on as many ledgers. */
      const steps = fc.array(fc.array(action, { minLength: 1, maxLength: 3 }), { maxLength: 7 });

      async function act(on: Ledger, hcode: string, a: Action, n: number): Promise<boolean | null> {
        const kind: TokenKind = 'uc';
        if (a.what === 'put') {
          return on.tokens.put(hcode, kind, a.after, found(n, { account: sampleCitizenId(a.person) }));
        }
        if (a.what === 'used') await on.tokens.noteUsed(hcode, kind, a.at);
        else await on.tokens.noteRefused(hcode, kind, a.generation, a.at);
        return null;
      }

      await fc.assert(
        fc.asyncProperty(steps, async (all) => {
          const hcode = newSite();
          let n = 0;
          let before: StoredToken | null = null;
          for (const step of all) {
            const acts = step.map((a, i) => ({ a, n: n++, on: ledgers[i] as Ledger }));
            const told = await Promise.all(acts.map(({ a, n, on }) => act(on, hcode, a, n)));
            const now: StoredToken | null = await ledger.tokens.get(hcode, 'uc');
            const firsts = acts.filter((_, i) => told[i] === true);
            // one at a time follows the generation that stands, and there is one for each that follows
            const generations = firsts.map(({ a }) => (a.what === 'put' ? a.after : -1)).toSorted();
            expect(generations).toEqual(firsts.map((_, i) => (before?.generation ?? 0) + i));
            expect(now?.generation ?? 0).toBe((before?.generation ?? 0) + firsts.length);
            if (now === null) continue;
            const last = firsts.find(({ a }) => a.what === 'put' && a.after === now.generation - 1);
            expect(now.value).toBe(last === undefined ? before?.value : found(last.n).value);
            const refusals = acts.flatMap(({ a }) =>
              a.what === 'refused' && a.generation === now.generation ? [a.at] : [],
            );
            if (last !== undefined) expect([null, ...refusals]).toContain(now.refusedAt);
            else if (refusals.length > 0) expect(refusals).toContain(now.refusedAt);
            else expect(now.refusedAt).toBe(before?.refusedAt);
            const uses = acts.flatMap(({ a }) => (a.what === 'used' ? [a.at] : []));
            if (last === undefined && uses.length > 0) expect(uses).toContain(now.lastUsedAt);
            else if (last === undefined) expect(now.lastUsedAt).toBe(before?.lastUsedAt);
            else expect([null, before?.lastUsedAt, ...uses]).toContain(now.lastUsedAt);
            // an account that came now brings no use of another's along
            if (uses.length === 0 && before !== null && now.account !== before.account) {
              expect(now.lastUsedAt).toBeNull();
            }
            before = now;
          }
        }),
        { numRuns: 40 },
      );
    });

    test('the tables hold neither value nor refresh token nor account in a form that can be read', async () => {
      const hcode = newSite();
      const token = found(7, { refresh: 'refresh-secret-7' });
      await ledger.tokens.put(hcode, 'srm', 0, token);
      const text = JSON.stringify(await rowsOf(hcode));
      for (const secret of [token.value, 'refresh-secret-7', sampleCitizenId(1)]) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(Buffer.from(secret).toString('base64url').slice(0, 14));
      }
      // two seals of one text do not look alike
      await ledger.tokens.put(hcode, 'uc', 0, token);
      const [one, two] = await rowsOf(hcode);
      expect(one?.account).not.toBe(two?.account);
    });

    test.each([
      [
        'value',
        'another row',
        (hcode: string) => `(select value from token where hcode = '${hcode}' and kind = 'srm')`,
      ],
      ['account', 'another column', () => 'value'],
      ['value', 'a change of one character', () => `substr(value, 1, length(value) - 2) || 'AA'`],
      ['value', 'something else', () => `'v1:x'`],
    ])('a sealed %s from %s does not open', async (column, _, from) => {
      const hcode = newSite();
      await ledger.tokens.put(hcode, 'uc', 0, found(1));
      await ledger.tokens.put(hcode, 'srm', 0, found(2));
      await store.sql(`update token set ${column} = ${from(hcode)} where hcode = '${hcode}' and kind = 'uc'`);
      const told = await ledger.tokens.get(hcode, 'uc').catch((e: unknown) => e);
      expect(told).toMatchObject({ code: 'config', retry: 'no' });
      expect(String(told)).toMatch(new RegExp(`uc token of ${hcode}`));
      expect(String(told)).not.toContain(found(2).value);
      // the other one is none the worse, and this one can be had anew
      expect(await ledger.tokens.get(hcode, 'srm')).toMatchObject({ value: found(2).value });
      expect(await ledger.tokens.forget()).toBe(1);
      expect(await ledger.tokens.get(hcode, 'uc')).toBeNull();
      expect(await ledger.tokens.put(hcode, 'uc', 0, found(3))).toBe(true);
    });
  });
}
