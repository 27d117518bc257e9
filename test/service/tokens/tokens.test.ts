/** The token service on both ledgers, with NHSO's own protocols and real files: from one midnight to the next. */

import { rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { StoredToken } from '../../../src/service/ports/tokens.ts';
import { type MakeStore, postgresStore, sqliteStore } from '../../db/contract/store.ts';
import { describeWith } from '../../support/services.ts';
import { ACCOUNT, HCODE, type Night, openNight, type TokenProcess } from './night.ts';

const HOUR_MS = 3_600_000;
const SOON = { timeout: 60_000, interval: 20 };

// two hundred callers on a machine that does other work too
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

describe('on SQLite', () => suite(sqliteStore));
describeWith('postgres', 'on PostgreSQL', (url) => suite(postgresStore(url)));

function suite(makeStore: MakeStore): void {
  let night: Night;

  beforeEach(async () => {
    night = await openNight(makeStore);
    night.set('2026-11-20T22:00');
  });
  afterEach(() => night.close());

  const ask = (token: StoredToken): Promise<string> => night.ask(token);
  const useSrm = ({ tokens }: TokenProcess): Promise<string> => tokens.use(HCODE, 'srm', ask);
  const useUc = ({ tokens }: TokenProcess): Promise<string> => tokens.use(HCODE, 'uc', ask);
  const isOpen = ({ tokens }: TokenProcess, kind: 'uc' | 'srm' | 'service') => tokens.isOpen(HCODE, kind);
  const finding = ({ tokens }: TokenProcess, check: string) =>
    tokens.findings().find((f) => f.check === check);

  async function faultOf(work: Promise<unknown>) {
    const error = await work.then(
      () => null,
      (e: unknown) => e,
    );
    if (!isBridgeError(error)) throw new Error('expected a fault of the bridge');
    return error;
  }

  describe('UC Authentication', () => {
    it('closes at midnight, says what a person must do, and opens when the new file is there', async () => {
      const one = await night.process();
      const fault = await faultOf(useUc(one));
      expect(fault).toMatchObject({ code: 'token-missing', retry: 'yes' });
      expect(fault.message).toContain('Log in with UC Authentication');
      await night.logIn('uc');
      one.tokens.start();
      await expect.poll(() => one.opened, SOON).toContain('uc');
      await useUc(one);
      expect((await one.ledger.tokens.get(HCODE, 'uc'))?.lastUsedAt).toBeGreaterThan(night.now() - 60_000);

      night.set('2026-11-21T00:00');
      expect(await isOpen(one, 'uc')).toBe(false);
      await one.tokens.midnight();
      expect(await faultOf(useUc(one))).toMatchObject({ code: 'token-missing', retry: 'yes' });
      expect(finding(one, `token-uc-${HCODE}`)).toMatchObject({ level: 'ok' });
      const closed = one.log.filter((line) => line.startsWith('no living token') && line.includes('expired'));
      expect(closed).toHaveLength(1);
      night.set('2026-11-21T07:00');
      expect(finding(one, `token-uc-${HCODE}`)).toMatchObject({
        level: 'warn',
        fix: expect.stringContaining('Log in with UC Authentication'),
      });
      await night.logIn('uc');
      await expect.poll(() => one.opened.filter((kind) => kind === 'uc'), SOON).toHaveLength(2);
      await useUc(one);
      await expect.poll(() => finding(one, `token-uc-${HCODE}`)?.level, SOON).toBe('ok');
      expect(night.logIns('uc', 'person')).toBe(2);
    });

    it('killed by a log-in elsewhere: the new file is taken up at the first refusal, and the call repeated', async () => {
      await night.logIn('uc');
      const one = await night.process();
      await useUc(one);
      await night.logIn('uc');
      await useUc(one);
      expect(await one.ledger.tokens.get(HCODE, 'uc')).toMatchObject({ generation: 2, refusedAt: null });
    });

    it('killed by a log-in that wrote no file here: the work waits until one does', async () => {
      await night.logIn('uc');
      const one = await night.process();
      await useUc(one);
      night.nhso.control.ucLogIn(ACCOUNT);
      expect(await faultOf(useUc(one))).toMatchObject({ code: 'token-missing', retry: 'yes' });
      expect(await isOpen(one, 'uc')).toBe(false);
      expect(await one.ledger.tokens.get(HCODE, 'uc')).toMatchObject({ refusedAt: expect.any(Number) });
      await night.logIn('uc');
      one.tokens.start();
      await expect.poll(() => one.opened, SOON).toContain('uc');
      await useUc(one);
    });

    it('goes on with the token of the ledger while the share is away, and says what is wrong with a file', async () => {
      await night.logIn('uc');
      const one = await night.process();
      await useUc(one);
      await writeFile(night.ucTokenFile, 'not a token at all');
      await one.tokens.midnight();
      await useUc(one);
      expect(finding(one, `token-uc-${HCODE}`)).toMatchObject({
        level: 'warn',
        message: expect.stringContaining('expected'),
      });
      await rm(night.ucTokenFile);
      await useUc(one);
      night.set('2026-11-21T08:00');
      await writeFile(night.ucTokenFile, 'not a token at all');
      const fault = await faultOf(useUc(one));
      expect(fault).toMatchObject({ code: 'token-missing', detail: { why: 'token-unreadable' } });
      expect(fault.message).not.toContain('not a token at all');
    });

    it('is warned of by the days that its account was not used', async () => {
      await night.logIn('uc');
      const one = await night.process();
      await useUc(one);
      night.pass(151 * 24 * HOUR_MS);
      await one.tokens.midnight();
      expect(finding(one, `token-account-${HCODE}`)).toMatchObject({
        level: 'warn',
        message: expect.stringContaining('151 days'),
      });
    });
  });

  describe('SRM', () => {
    it('refused early: 50 callers, one renewal, each refused call repeated', async () => {
      await night.logIn('srm');
      const one = await night.process();
      await useSrm(one);
      night.nhso.control.killToken('srm', ACCOUNT);
      const answers = await Promise.all(Array.from({ length: 50 }, () => useSrm(one)));
      expect(answers).toHaveLength(50);
      expect(night.logIns('srm', 'refresh')).toBe(1);
      expect(night.nhso.control.requests({ call: 'right-search' }).length).toBeLessThanOrEqual(101);
      expect(await one.ledger.tokens.get(HCODE, 'srm')).toMatchObject({ generation: 2, refusedAt: null });
    });

    it('at midnight: 200 callers of two processes, one renewal', async () => {
      await night.logIn('srm');
      const [one, two] = [await night.process(), await night.process()];
      await useSrm(one);
      night.set('2026-11-21T00:00');
      expect(await isOpen(one, 'srm')).toBe(false);
      const callers = Array.from({ length: 200 }, (_, i) => useSrm(i % 2 === 0 ? one : two));
      await Promise.all([one.tokens.midnight(), ...callers]);
      expect(night.logIns('srm', 'refresh')).toBe(1);
      expect([await isOpen(one, 'srm'), await isOpen(two, 'srm')]).toEqual([true, true]);
    });

    it("does not take NHSO's file for new because it still holds the old pair, but a person's log-in at once", async () => {
      await night.logIn('srm');
      const one = await night.process();
      await useSrm(one);
      night.set('2026-11-21T00:00');
      await useSrm(one);
      // a process that starts, and looks at the file for the first time
      const two = await night.process();
      await two.tokens.midnight();
      await useSrm(two);
      expect(await two.ledger.tokens.get(HCODE, 'srm')).toMatchObject({ generation: 2 });
      await night.logIn('srm');
      await useSrm(two);
      expect(await two.ledger.tokens.get(HCODE, 'srm')).toMatchObject({ generation: 3, refusedAt: null });
      expect(night.logIns('srm', 'refresh')).toBe(1);
    });

    it('NHSO away at midnight: what lives is used, nothing is asked in a rush, and it is renewed when NHSO is back', async () => {
      await night.logIn('srm');
      const one = await night.process();
      await useSrm(one);
      night.set('2026-11-21T00:00');
      night.nhso.control.down('500', 'access-token');
      for (let i = 0; i < 20; i++) {
        expect(await faultOf(useSrm(one))).toMatchObject({ code: 'token-missing', retry: 'yes' });
      }
      expect(night.nhso.control.requests({ call: 'access-token' })).toHaveLength(1);
      expect(await isOpen(one, 'srm')).toBe(false);
      night.nhso.control.up();
      await one.tokens.midnight();
      await useSrm(one);
      expect(night.logIns('srm', 'refresh')).toBe(1);
    });

    it('the refresh token is dead: a person must log in; then it goes on', async () => {
      await night.logIn('srm');
      const one = await night.process();
      one.tokens.start();
      await expect.poll(() => one.opened, SOON).toContain('srm');
      night.nhso.control.killToken('srm-refresh', ACCOUNT);
      night.set('2026-11-21T00:00');
      const fault = await faultOf(useSrm(one));
      expect(fault).toMatchObject({ code: 'token-missing', detail: { why: 'token-refused' } });
      expect(fault.message).toContain('SRM program');
      await one.tokens.midnight();
      expect(finding(one, `token-srm-${HCODE}`)?.level).toBe('warn');
      await night.logIn('srm');
      await expect.poll(() => one.opened.filter((kind) => kind === 'srm'), SOON).toHaveLength(2);
      await useSrm(one);
    });

    it('that NHSO refuses as soon as it is made is not made again and again', async () => {
      await night.logIn('srm');
      const one = await night.process();
      const never = () =>
        one.tokens.use(HCODE, 'srm', async (token) => ask({ ...token, value: 'none-of-nhso' }));
      for (let i = 0; i < 10; i++)
        expect(await faultOf(never())).toMatchObject({ code: 'token-missing', retry: 'yes' });
      expect(night.logIns('srm', 'refresh')).toBe(1);
    });

    it('what a call throws otherwise is thrown, and costs the token nothing', async () => {
      await night.logIn('srm');
      const one = await night.process();
      const boom = new Error('the HIS is away');
      await expect(one.tokens.use(HCODE, 'srm', () => Promise.reject(boom))).rejects.toBe(boom);
      expect(await one.ledger.tokens.get(HCODE, 'srm')).toMatchObject({ refusedAt: null, lastUsedAt: null });
    });
  });

  describe('clocks that are wrong', () => {
    it.each([
      ['an hour ahead', HOUR_MS],
      ['an hour back', -HOUR_MS],
    ])(
      '%s at midnight, then put right: the work is done all the while, and log-ins are few',
      async (_, aheadMs) => {
        await night.logIn('srm', 'uc');
        const one = await night.process();
        await useSrm(one);
        night.set('2026-11-20T23:30');
        one.aheadMs = aheadMs;
        await useSrm(one);
        night.set('2026-11-21T00:30');
        await useSrm(one);
        one.aheadMs = 0;
        await useSrm(one);
        await one.tokens.midnight();
        await useSrm(one);
        // one by the wrong clock's midnight, one by the true one
        expect(night.logIns('srm', 'refresh')).toBeLessThanOrEqual(2);
        await night.logIn('uc');
        await one.tokens.midnight();
        await useUc(one);
        expect(await isOpen(one, 'uc')).toBe(true);
      },
    );

    it('a UC token that was made while our clock was behind serves when it is put right', async () => {
      const one = await night.process();
      night.set('2026-11-21T00:20');
      one.aheadMs = -HOUR_MS;
      await night.logIn('uc');
      await useUc(one);
      one.aheadMs = 0;
      await useUc(one);
      expect(await isOpen(one, 'uc')).toBe(true);
    });
  });

  it("the hospital's UUID: refused it waits an hour, then it is tried again", async () => {
    const one = await night.process({ serviceToken: night.nhso.hospitalToken });
    const use = () => one.tokens.use(HCODE, 'service', ask);
    await use();
    night.nhso.control.dismissHospital(night.nhso.hospitalToken);
    expect(await faultOf(use())).toMatchObject({ code: 'token-missing', retry: 'yes' });
    await faultOf(use());
    const asked = night.nhso.control.requests({ call: 'check-authen-status' }).length;
    expect(asked).toBe(2);
    expect(await isOpen(one, 'service')).toBe(false);
    night.nhso.control.admitHospital(HCODE, night.nhso.hospitalToken);
    night.pass(HOUR_MS + 60_000);
    expect(await isOpen(one, 'service')).toBe(true);
    await use();
    night.nhso.control.dismissHospital(night.nhso.hospitalToken);
    await faultOf(use());
    expect(await isOpen(one, 'service')).toBe(false);
  });

  it('what no source is configured for is said with the key that is missing', async () => {
    const one = await night.process();
    const fault = await faultOf(one.tokens.use(HCODE, 'service', ask));
    expect(fault).toMatchObject({ code: 'config', retry: 'no' });
    expect(fault.message).toContain('nhso.serviceToken');
    expect(await isOpen(one, 'service')).toBe(false);
  });

  it('no log line holds a token or who logged in', async () => {
    await night.logIn('uc', 'srm');
    const one = await night.process();
    one.tokens.start();
    await useSrm(one);
    await useUc(one);
    night.set('2026-11-21T00:00');
    await one.tokens.midnight();
    await useSrm(one);
    const log = one.log.join('\n') + JSON.stringify(one.tokens.findings());
    for (const { value, refresh, account } of await one.ledger.tokens.list()) {
      for (const secret of [value, refresh, account]) if (secret !== null) expect(log).not.toContain(secret);
    }
  });
}
