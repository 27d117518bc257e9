import { beforeAll, describe, expect, test } from 'vitest';
import type { SimDb } from '../../../simulators/his/sim-db.ts';
import type { HisAdapter } from '../../../src/service/ports/his.ts';
import { type Bench, day } from './contract-support.ts';

export function doctorContract(bench: () => Bench): void {
  let db: SimDb;
  let his: HisAdapter;
  let open: Bench['open'];
  beforeAll(() => {
    ({ db, his, open } = bench());
  });
  describe('doctor', () => {
    test('all is well but for an account that may do too much', async () => {
      const findings = await his.check();
      expect(findings.filter((f) => f.level === 'fail')).toEqual([]);
      expect(findings.filter((f) => f.level === 'warn').map((f) => f.check)).toEqual(
        expect.arrayContaining(['his-least-privilege']),
      );
      expect(findings.map((f) => f.check)).toEqual(
        expect.arrayContaining([
          'his-reachable',
          'his-grant-update',
          'his-charset',
          'his-index',
          'his-hcode',
          'his-clock',
        ]),
      );
    });

    test('another hospital than the configuration says is a failure', async () => {
      const wrong = open({ hcode: '99999' });
      const finding = (await wrong.check()).find((f) => f.check === 'his-hcode');
      expect(finding).toMatchObject({ level: 'fail', message: expect.stringContaining('10978') });
      await wrong.close();
    });

    test('the clock is the database’s', async () => {
      expect(Math.abs((await his.now()) - Date.now())).toBeLessThan(60_000);
    });

    test('what is absent is named; without the optional tables the visits come all the same', async () => {
      await db.exec('ALTER TABLE authenhos RENAME TO authenhos_gone');
      await db.exec('ALTER TABLE kskdepartment RENAME TO kskdepartment_gone');
      await db.exec('ALTER TABLE visit_pttype RENAME COLUMN auth_code TO auth_code_gone');
      const bare = open({ writeBack: 'claim_code' });
      const strict = open();
      try {
        const visits = await bare.visitsOn(day('2026-11-20'));
        expect(visits).toHaveLength(80);
        expect(visits.every((v) => v.loggedCode === null && v.department?.name === null)).toBe(true);
        await expect(strict.visitsOn(day('2026-11-20'))).rejects.toMatchObject({
          code: 'his-schema',
          retry: 'no',
          message: expect.stringContaining('visit_pttype.auth_code'),
        });
        const findings = await strict.check();
        expect(findings.find((f) => f.check === 'his-columns')).toMatchObject({ level: 'fail' });
        expect(findings.filter((f) => f.check === 'his-table').map((f) => f.level)).toEqual(['warn', 'warn']);
      } finally {
        await db.exec('ALTER TABLE authenhos_gone RENAME TO authenhos');
        await db.exec('ALTER TABLE kskdepartment_gone RENAME TO kskdepartment');
        await db.exec('ALTER TABLE visit_pttype RENAME COLUMN auth_code_gone TO auth_code');
      }
      // the same adapter sees that the column is there again, without a restart
      expect(await strict.visitsOn(day('2026-11-20'))).toHaveLength(80);
      await bare.close();
      await strict.close();
    });
  });
}
