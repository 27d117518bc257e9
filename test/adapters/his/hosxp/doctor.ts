import { beforeAll, describe, expect, test } from 'vitest';
import { insertVisit } from '../../../../simulators/his/hosxp/visits.ts';
import type { SimDb } from '../../../../simulators/his/sim-db.ts';
import type { HisAdapter } from '../../../../src/service/ports/his.ts';
import { type Bench, day } from './support.ts';

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

    test('numbers that do not tell the time are a hint, and with an index on date and time not even that', async () => {
      const numbers = async () => (await his.check()).find((f) => f.check === 'his-numbers');
      const visit = { hn: '000000021', at: Date.now() };
      const good = await insertVisit(db, visit);
      expect(await numbers()).toMatchObject({ level: 'ok', message: expect.stringContaining('begin with') });
      for (let n = 0; n < 30; n++) await insertVisit(db, { ...visit, vn: `A-${n}` });
      const hasIndex = bench().form.timeIndex === true;
      expect(await numbers()).toMatchObject({ level: hasIndex ? 'ok' : 'warn' });
      if (!hasIndex) {
        await db.exec('CREATE INDEX ix_test ON ovst (vstdate, vsttime)');
        expect(await numbers()).toMatchObject({ level: 'ok' });
        await db.exec(`DROP INDEX ix_test${db.engine === 'mariadb' ? ' ON ovst' : ''}`);
      }
      await db.query("DELETE FROM ovst WHERE vn LIKE 'A-%' OR vn = ?", [good]);
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
        // the first thing that is said: no GRANT makes a column
        expect(findings.find((f) => f.level !== 'ok')).toMatchObject({
          check: 'his-code-column',
          level: 'fail',
          message: 'visit_pttype has no column auth_code: a code could be written nowhere',
          fix: expect.stringContaining('"writeBack": "claim_code"'),
        });
        expect(findings.filter((f) => f.fix?.includes('GRANT UPDATE'))).toEqual([]);
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
