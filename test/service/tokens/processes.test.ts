/** Several processes on one PostgreSQL ledger: however their midnights fall, one logs in; one that dies holds nobody up. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { endOfServiceDate, serviceDateOf } from '../../../src/domain/bangkok.ts';
import { postgresStore } from '../../db/contract/store.ts';
import { describeWith } from '../../support/services.ts';
import { startTokenCaller, type TokenCaller } from '../../support/token-callers.ts';
import { HCODE, type Night, openNight, type TokenProcess } from './night.ts';

const SEEDS = 20;
const LEASE_MS = 5_000;
const PATIENCE_MS = 400_000;

describeWith('postgres', 'three token services on PostgreSQL', (url) => {
  let night: Night;

  beforeEach(async () => {
    night = await openNight(postgresStore(url));
    night.set('2026-11-20T23:00');
    await night.logIn('srm');
  }, PATIENCE_MS);
  afterEach(() => night.close(), PATIENCE_MS);

  const use = ({ tokens }: TokenProcess) => tokens.use(HCODE, 'srm', (token) => night.ask(token));

  it(
    `one log-in at each of ${SEEDS} midnights, whoever comes when`,
    async () => {
      const all = [await night.process(), await night.process(), await night.process()];
      await Promise.all(all.map(use));
      for (let seed = 1; seed <= SEEDS; seed++) {
        const random = randomOf(seed);
        night.pass(endOfServiceDate(serviceDateOf(night.now())) - night.now());
        night.nhso.control.delay(Math.floor(random() * 60), 'access-token');
        const before = night.logIns('srm', 'refresh');
        const later = async (work: () => Promise<unknown>): Promise<void> => {
          await sleep(random() * 80);
          await work();
        };
        const turns = all.flatMap((one) => [
          later(() => one.tokens.midnight()),
          ...Array.from({ length: 4 }, () => later(() => use(one))),
        ]);
        await Promise.all(turns);
        expect({ seed, logIns: night.logIns('srm', 'refresh') - before }).toEqual({ seed, logIns: 1 });
        for (const one of all) expect(await one.tokens.isOpen(HCODE, 'srm')).toBe(true);
      }
    },
    PATIENCE_MS,
  );

  async function dyingCaller(): Promise<TokenCaller> {
    const { store } = night.store;
    const { srmTokenFile, keyFile } = night;
    const { rightSearch, srmRefresh } = night.nhso.urls;
    return startTokenCaller({
      ...{ hcode: HCODE, store, keyFile, srmTokenFile, srmRefreshUrl: srmRefresh },
      ...{ searchUrl: `${rightSearch}?pid=${night.patient}`, leaseMs: LEASE_MS, isBridge: false },
      aheadMs: night.now() - Date.now(),
    });
  }

  it(
    'killed in the middle of a renewal, before NHSO had it: another one does it when the lease has run out',
    async () => {
      const one = await night.process({ leaseMs: LEASE_MS });
      await use(one);
      night.set('2026-11-21T00:00');
      const dying = await dyingCaller();
      // NHSO hears of it, and does nothing more than hold the line
      night.nhso.control.down('timeout', 'access-token');
      dying.tell({ do: 'calls', count: 3 });
      await expect
        .poll(() => night.nhso.control.requests({ call: 'access-token' }).length, { timeout: 60_000 })
        .toBe(1);
      night.nhso.control.up();
      await dying.kill();
      await use(one);
      expect(night.logIns('srm', 'refresh')).toBe(1);
      expect(await one.ledger.tokens.get(HCODE, 'srm')).toMatchObject({ generation: 2, refusedAt: null });
    },
    PATIENCE_MS,
  );

  it(
    'killed after NHSO had used the refresh token up: nobody can renew any more, and it is said who must log in',
    async () => {
      const one = await night.process({ leaseMs: LEASE_MS });
      await use(one);
      night.set('2026-11-21T00:00');
      const dying = await dyingCaller();
      night.nhso.control.loseAnswers({ call: 'access-token', how: 'timeout' });
      dying.tell({ do: 'calls', count: 1 });
      await expect.poll(() => night.logIns('srm', 'refresh'), { timeout: 60_000 }).toBe(1);
      await dying.kill();
      await expect(use(one)).rejects.toMatchObject({
        code: 'token-missing',
        detail: { why: 'token-refused' },
      });
      await night.logIn('srm');
      await one.tokens.midnight();
      await use(one);
    },
    PATIENCE_MS,
  );
});

/** mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
