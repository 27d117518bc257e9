/** Keys under which tokens rest: made once, changed while others work, never replaced in silence. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { KeyFile } from '../../../db/secrets/key-file.ts';
import { newKey } from '../../../db/secrets/keyring.ts';
import { type Secrets, secretsOf } from '../../../db/secrets/secrets.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import { newSite, outcome } from './changes.ts';
import { sampleKey } from './secret-keys.ts';
import type { MakeStore, TestStore } from './store.ts';
import { found } from './tokens.ts';

export function keysContract(make: MakeStore): void {
  describe('the keys of the tokens', { timeout: 180_000 }, () => {
    let root: string;
    let store: TestStore;
    let keyFile: string;
    let file: KeyFile;
    beforeAll(() => {
      root = mkdtempSync(join(tmpdir(), 'secret-keys-'));
    });
    afterAll(() => rmSync(root, { recursive: true, force: true }));
    beforeEach(async () => {
      store = await make();
      keyFile = join(mkdtempSync(join(root, 'k-')), 'data', 'secret.key');
      file = new KeyFile(keyFile);
    });
    afterEach(() => store.drop());

    const open = (): Promise<Ledger> => store.open({ connections: 2, secrets: { keyFile } });
    const put = (ledger: Ledger, hcode: string, after = 0) =>
      ledger.tokens.put(hcode, 'uc', after, found(after + 1));
    const keyIds = async (): Promise<string[]> =>
      [
        ...new Set(
          (await store.sql<{ value: string }>('select value from token')).map(
            (r) => r.value.split(':')[1] ?? '',
          ),
        ),
      ].toSorted();

    test('the first token makes the key file, and nothing before it does', async () => {
      const ledger = await open();
      const hcode = newSite();
      expect(await ledger.tokens.get(hcode, 'uc')).toBeNull();
      expect(await ledger.tokens.list()).toEqual([]);
      await ledger.tokens.noteUsed(hcode, 'uc', 1);
      await ledger.tokens.noteRefused(hcode, 'uc', 1, 1);
      expect(await ledger.tokens.reseal()).toBe(0);
      expect(existsSync(keyFile)).toBe(false);
      expect(await put(ledger, hcode)).toBe(true);
      expect(await keyIds()).toEqual([(await file.read())?.first.id]);
    });

    test('a lost key is told, and no other is made in its place', async () => {
      const hcode = newSite();
      await put(await open(), hcode);
      rmSync(keyFile);
      const ledger = await open();
      for (const call of [
        () => ledger.tokens.get(hcode, 'uc'),
        () => ledger.tokens.list(),
        () => put(ledger, hcode),
        () => put(ledger, newSite()),
        () => ledger.tokens.reseal(),
      ]) {
        const told = await call().catch((e: unknown) => e);
        expect(told).toMatchObject({ code: 'config', retry: 'no' });
        expect(String(told)).toContain(keyFile);
        expect(String(told)).toMatch(/Put that key back.*npm run tokens -- forget/);
      }
      expect(existsSync(keyFile)).toBe(false);
      expect(await ledger.tokens.forget()).toBe(1);
      expect(await put(ledger, hcode)).toBe(true);
      expect(await (await open()).tokens.get(hcode, 'uc')).toMatchObject({ generation: 1 });
    });

    test('another key is told as well; with the right one beside it all is well', async () => {
      const hcode = newSite();
      const one = await store.open({ secrets: { key: sampleKey(1) } });
      await put(one, hcode);
      const two = await store.open({ secrets: { key: sampleKey(2) } });
      expect(await outcome(two.tokens.get(hcode, 'uc'))).toBe('config');
      // what one bridge could not open again, another must not store
      expect(await outcome(put(two, newSite()))).toBe('config');
      expect(await outcome(two.tokens.reseal())).toBe('config');
      const both = await store.open({ secrets: { key: `${sampleKey(2)}\n${sampleKey(1)}` } });
      expect(await both.tokens.get(hcode, 'uc')).toMatchObject({ value: found(1).value });
      // not before everybody knows the new key
      await put(both, newSite());
      expect(await outcome(one.tokens.list())).toBe('ok');
      expect(await both.tokens.reseal()).toBe(2);
      expect(await both.tokens.reseal()).toBe(0);
      expect(await two.tokens.get(hcode, 'uc')).toMatchObject({ value: found(1).value });
      expect(await outcome(put(one, hcode, 1))).toBe('config');
    });

    test('without keys a ledger does all but keep tokens', async () => {
      const ledger = await store.open();
      expect(await ledger.tokens.list()).toEqual([]);
      expect(await outcome(put(ledger, newSite()))).toBe('config');
      await ledger.remember('a', '1');
    });

    test('a bridge that knew the old key alone reads and stores on after a rotation', async () => {
      const [hcode, other] = [newSite(), newSite()];
      const bridge = await open();
      await put(bridge, hcode);
      const before = await file.read();
      const fresh = newKey();
      if (before === null) throw new Error('there is no key');
      file.replace([fresh, ...before.keys]);
      const rotating = await open();
      expect(await rotating.tokens.reseal()).toBe(1);
      file.replace([fresh]);
      expect(await put(bridge, other)).toBe(true);
      expect(await put(bridge, hcode, 1)).toBe(true);
      expect(await keyIds()).toEqual([fresh.id]);
      expect(await bridge.tokens.get(hcode, 'uc')).toMatchObject({ generation: 2, value: found(2).value });
    });

    /** Keys of which a bridge has a look, and then sleeps until it is woken: by then they may be others. */
    function sleepy(inner: Secrets) {
      const looked = Promise.withResolvers<void>();
      const woken = Promise.withResolvers<void>();
      let isAwake = true;
      const secrets: Secrets = {
        ...inner,
        async ring(isFresh) {
          const ring = await inner.ring(isFresh);
          if (!isAwake) {
            isAwake = true;
            looked.resolve();
            await woken.promise;
          }
          return ring;
        },
      };
      return { secrets, doze: () => (isAwake = false), looked: looked.promise, wake: () => woken.resolve() };
    }

    test('a bridge that sleeps through a whole rotation, the old key in its hand, stores under the new one', async () => {
      await put(await open(), newSite());
      const late = sleepy(secretsOf({ keyFile }));
      const bridge = await store.openWith(late.secrets);
      await bridge.tokens.list();
      late.doze();
      const hcode = newSite();
      const stored = put(bridge, hcode);
      await late.looked;
      const fresh = newKey();
      file.replace([fresh, ...((await file.read())?.keys ?? [])]);
      await (await open()).tokens.reseal();
      file.replace([fresh]);
      late.wake();
      expect(await stored).toBe(true);
      expect(await keyIds()).toEqual([fresh.id]);
      expect(await (await open()).tokens.get(hcode, 'uc')).toMatchObject({ value: found(1).value });
    });

    test('of two machines with keys of their own, whose first tokens come at once, one is told', async () => {
      const machines = await Promise.all(
        [1, 2].map(async (n) => {
          const late = sleepy(secretsOf({ key: sampleKey(n) }));
          return { late, ledger: await store.openWith(late.secrets) };
        }),
      );
      const told = machines.map(async ({ late, ledger }) => {
        late.doze();
        return outcome(put(ledger, newSite()));
      });
      await Promise.all(machines.map(({ late }) => late.looked));
      for (const { late } of machines) late.wake();
      expect((await Promise.all(told)).toSorted()).toEqual(['config', 'ok']);
      expect(await keyIds()).toHaveLength(1);
    });

    test('rotations while three bridges read and store: nothing is lost, nothing rests under an old key', async () => {
      const sites = [newSite(), newSite(), newSite()];
      const bridges = [await open(), await open(), await open()];
      for (const hcode of sites) await put(bridges[0] as Ledger, hcode);
      const rotating = await open();
      let isOver = false;
      const generations = new Map(sites.map((hcode) => [hcode, 1]));
      const work = bridges.map(async (bridge, i) => {
        const hcode = sites[i] as string;
        for (let after = 1; !isOver; after++) {
          expect(await put(bridge, hcode, after)).toBe(true);
          generations.set(hcode, after + 1);
          // those of the others too
          for (const each of sites) {
            const { generation, value } = (await bridge.tokens.get(each, 'uc')) ?? {};
            expect(value).toBe(found(generation ?? -1).value);
          }
        }
      });
      try {
        for (let round = 0; round < 4; round++) {
          const now = await file.read();
          if (now === null) throw new Error('there is no key');
          const fresh = newKey();
          file.replace([fresh, ...now.keys]);
          await rotating.tokens.reseal();
          expect(await keyIds()).toEqual([fresh.id]);
          file.replace([fresh]);
        }
      } finally {
        isOver = true;
      }
      await Promise.all(work);
      expect(await keyIds()).toEqual([(await file.read())?.first.id]);
      for (const hcode of sites) {
        expect((await rotating.tokens.get(hcode, 'uc'))?.generation).toBe(generations.get(hcode));
      }
    });

    test('two that seal anew under different keys: one is told, and everything opens', async () => {
      const key = (...n: number[]) => ({ secrets: { key: n.map(sampleKey).join('\n') } });
      const first = await store.open(key(1));
      for (let i = 0; i < 8; i++) await put(first, newSite());
      const [two, three] = [await store.open(key(2, 3, 1)), await store.open(key(3, 2, 1))];
      const told = await Promise.all([outcome(two.tokens.reseal()), outcome(three.tokens.reseal())]);
      expect(['ok', 'conflict']).toEqual(expect.arrayContaining(told));
      expect(told).toContain('ok');
      expect(await two.tokens.list()).toHaveLength(8);
      expect(await keyIds()).toHaveLength(1);
    });

    test('the key file never holds a token, nor the ledger a key', async () => {
      const ledger = await open();
      await put(ledger, newSite());
      const text = readFileSync(keyFile, 'utf8');
      expect(text).not.toContain(found(1).value);
      const rows = JSON.stringify([
        await store.sql('select * from token'),
        await store.sql('select * from memory'),
      ]);
      expect(rows).not.toContain(text.trim().split(':')[1]);
      writeFileSync(keyFile, text);
    });
  });
}
