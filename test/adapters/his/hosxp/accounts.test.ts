/** With exactly the grants that the documentation asks for, everything works; with one fewer, `doctor` says which. */

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHis } from '../../../../adapters/his/registry.ts';
import { insertDay, planDay } from '../../../../simulators/his/hosxp/sample-day.ts';
import { createSchema, seedReferenceData } from '../../../../simulators/his/hosxp/schema.ts';
import { openSimDb, type SimDb } from '../../../../simulators/his/sim-db.ts';
import type { HisAdapter } from '../../../../src/service/ports/his.ts';
import { describeWith, freshMariaDb, freshPostgres } from '../../../support/services.ts';
import { day, HCODE, hisOptions } from './support.ts';

/** The reference's list; `kskdepartment` is not on it, so departments have no names. */
const READ = ['ovst', 'patient', 'pttype', 'visit_pttype', 'authenhos', 'opdconfig'];

interface Account {
  db: SimDb;
  /** Connects as the account. */
  url: string;
  /** How GRANT names the account, and a table. */
  name: string;
  table(name: string): string;
  drop(): Promise<void>;
}

function accountContract(make: () => Promise<Account>): void {
  let account: Account;
  let his: HisAdapter;
  const grant = (what: string, table: string): Promise<void> =>
    account.db.exec(`GRANT ${what} ON ${account.table(table)} TO ${account.name}`);
  const revoke = (what: string, table: string): Promise<void> =>
    account.db.exec(`REVOKE ${what} ON ${account.table(table)} FROM ${account.name}`);

  beforeAll(async () => {
    account = await make();
    await createSchema(account.db);
    await seedReferenceData(account.db, { hcode: HCODE, hospitalName: 'โรงพยาบาลทดสอบ' });
    await insertDay(account.db, planDay('2026-11-20', { count: 30 }));
    for (const table of READ) await grant('SELECT', table);
    await grant('UPDATE (auth_code, Auth_DateTime)', 'visit_pttype');
    his = openHis(hisOptions({ url: account.url }));
  }, 120_000);

  afterAll(async () => {
    await his?.close();
    await account?.drop();
  }, 60_000);

  test('the documented grants suffice for everything', async () => {
    const findings = await his.check();
    expect(findings.filter((f) => f.level === 'fail')).toEqual([]);
    expect(findings).toContainEqual(expect.objectContaining({ check: 'his-least-privilege', level: 'ok' }));
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'his-grant-select',
        level: 'warn',
        fix: `GRANT SELECT ON ${account.table('kskdepartment')} TO ${account.name};`,
      }),
    );
    const visits = await his.visitsOn(day('2026-11-20'));
    expect(visits).toHaveLength(30);
    expect(await his.digestOf(day('2026-11-20'))).toMatch(/^30-/);
    const [free] = await his.visitsWithoutCode(day('2026-11-20'));
    const vn = free?.vn ?? '';
    const outcome = await his.writeBack({
      vn,
      claimCode: 'PP1234567890',
      claimType: null,
      issuedAt: Date.now(),
    });
    if (outcome.kind !== 'written') throw new Error(outcome.kind);
    expect(await his.undoWriteBack({ claimCode: 'PP1234567890', row: outcome.row, previous: null })).toBe(
      true,
    );
  });

  test('without UPDATE: the GRANT to run is told, it works as it stands, and a write is refused until then', async () => {
    await revoke('UPDATE (auth_code, Auth_DateTime)', 'visit_pttype');
    const [free] = await his.visitsWithoutCode(day('2026-11-20'));
    const request = { vn: free?.vn ?? '', claimCode: 'PP1234567890', claimType: null, issuedAt: Date.now() };
    await expect(his.writeBack(request)).rejects.toMatchObject({ code: 'his-denied', retry: 'no' });
    const finding = (await his.check()).find((f) => f.check === 'his-grant-update');
    expect(finding?.level).toBe('fail');
    expect(finding?.fix).toContain(`ON ${account.table('visit_pttype')} TO ${account.name};`);
    await account.db.exec(finding?.fix ?? '');
    expect(await his.writeBack(request)).toMatchObject({ kind: 'written' });
  });

  test('without SELECT on a needed table: named, with the GRANT; well again after it, without a restart', async () => {
    await revoke('SELECT', 'patient');
    const fresh = openHis(hisOptions({ url: account.url }));
    const findings = await fresh.check();
    const finding = findings.find((f) => f.check === 'his-grant-select' && f.level === 'fail');
    expect(finding?.fix).toBe(`GRANT SELECT ON ${account.table('patient')} TO ${account.name};`);
    await expect(fresh.visitsOn(day('2026-11-20'))).rejects.toMatchObject({
      code: 'his-schema',
      retry: 'no',
    });
    await account.db.exec(finding?.fix ?? '');
    expect(await fresh.visitsOn(day('2026-11-20'))).toHaveLength(30);
    await fresh.close();
  });

  test('an account that the database does not let in is told as such, without the password', async () => {
    const url = new URL(account.url);
    url.username = 'no_such_account';
    url.password = 'invented-password';
    const wrong = openHis(hisOptions({ url: url.href }));
    const findings = await wrong.check();
    await expect(wrong.now()).rejects.toMatchObject({ code: 'his-denied', retry: 'no' });
    await wrong.close();
    expect(findings).toMatchObject([
      { check: 'his-reachable', level: 'fail', fix: expect.stringContaining('account') },
    ]);
    expect(JSON.stringify(findings)).not.toContain('invented-password');
  });
}

describeWith('mariadb', 'least privilege on MariaDB', (adminUrl) => {
  accountContract(async () => {
    const fresh = await freshMariaDb(adminUrl, 'tis620');
    const db = await openSimDb(fresh.url);
    const user = `bridge${randomBytes(4).toString('hex')}`;
    await db.exec(`CREATE USER '${user}'@'%' IDENTIFIED BY 'invented-${user}'`);
    const url = new URL(fresh.url);
    url.username = user;
    url.password = `invented-${user}`;
    return {
      db,
      url: url.href,
      name: `'${user}'@'%'`,
      table: (table) => `${url.pathname.slice(1)}.${table}`,
      drop: async () => {
        await db.exec(`DROP USER '${user}'@'%'`);
        await db.close();
        await fresh.drop();
      },
    };
  });
});

describeWith('postgres', 'least privilege on PostgreSQL', (adminUrl) => {
  accountContract(async () => {
    const fresh = await freshPostgres(adminUrl);
    const db = await openSimDb(fresh.url);
    const role = `bridge${randomBytes(4).toString('hex')}`;
    await db.exec(`CREATE ROLE ${role} LOGIN PASSWORD 'invented-${role}'`);
    const url = new URL(fresh.url);
    url.username = role;
    url.password = `invented-${role}`;
    return {
      db,
      url: url.href,
      name: role,
      table: (table) => table,
      drop: async () => {
        await db.exec(`DROP OWNED BY ${role}`);
        await db.exec(`DROP ROLE ${role}`);
        await db.close();
        await fresh.drop();
      },
    };
  });
});
