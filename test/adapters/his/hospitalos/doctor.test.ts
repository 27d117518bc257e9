/** What `doctor` says of a HospitalOS, and that it works with exactly the documented grants. */

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHis } from '../../../../adapters/his/registry.ts';
import { insertDay, planDay } from '../../../../simulators/his/hospitalos/sample-day.ts';
import type { HisAdapter } from '../../../../src/service/ports/his.ts';
import { describeWith } from '../../../support/services.ts';
import { type Bench, day, hisOptions, openBench } from './support.ts';

const DATE = day('2026-11-20');
const READ = [
  ...['t_visit', 't_patient', 't_nhso_authencode', 't_visit_payment', 'b_contract_plans'],
  ...['b_map_rp1853_instype', 'r_rp1853_instype', 'b_site'],
];

describeWith('postgres', 'doctor at a HospitalOS', (adminUrl) => {
  let bench: Bench;
  let his: HisAdapter;
  const role = `bridge${randomBytes(4).toString('hex')}`;
  let url: string;
  const find = async (check: string, of: HisAdapter = bench.his) =>
    (await of.check()).filter((f) => f.check === check);

  beforeAll(async () => {
    bench = await openBench(adminUrl);
    const { db } = bench;
    await insertDay(db, planDay(DATE, { count: 30 }));
    await db.exec(`CREATE ROLE ${role} LOGIN PASSWORD 'invented-${role}'`);
    await db.exec(`GRANT SELECT ON ${READ.join(', ')} TO ${role}`);
    await db.exec(
      `GRANT INSERT (vn, hn, pid, claim_type, claim_code, created_date, record_date_time) ON t_nhso_authencode TO ${role}`,
    );
    await db.exec(`GRANT UPDATE (delete_date_time) ON t_nhso_authencode TO ${role}`);
    const address = new URL(bench.url);
    address.username = role;
    address.password = `invented-${role}`;
    url = address.href;
    his = openHis(hisOptions({ url }));
  }, 120_000);

  afterAll(async () => {
    await his?.close();
    await bench.db.exec(`DROP OWNED BY ${role}`);
    await bench.db.exec(`DROP ROLE ${role}`);
    await bench.his.close();
    await bench.close();
  }, 60_000);

  test('all is well but for an account that may do too much', async () => {
    const findings = await bench.his.check();
    expect(findings.filter((f) => f.level !== 'ok').map((f) => f.check)).toEqual(['his-least-privilege']);
    expect(findings.map((f) => f.check)).toEqual(
      expect.arrayContaining([
        ...['his-reachable', 'his-grant-select', 'his-grant-insert', 'his-grant-update', 'his-new-row'],
        ...[
          'his-columns',
          'his-code-column',
          'his-charset',
          'his-index',
          'his-times',
          'his-hcode',
          'his-clock',
        ],
      ]),
    );
    expect(Math.abs((await bench.his.now()) - Date.now())).toBeLessThan(60_000);
  });

  test('the least of grants suffices for everything', async () => {
    const findings = await his.check();
    expect(findings.filter((f) => f.level === 'fail')).toEqual([]);
    expect(findings).toContainEqual(expect.objectContaining({ check: 'his-least-privilege', level: 'ok' }));
    expect(findings).toContainEqual({
      check: 'his-grant-select',
      level: 'warn',
      message: 'the account may not read f_patient_prefix: patients have no titles',
      fix: `GRANT SELECT ON f_patient_prefix TO ${role};`,
    });
    expect(await his.visitsOn(DATE)).toHaveLength(30);
    expect(await his.digestOf(DATE)).toMatch(/^30-/);
    const [free] = await his.visitsWithoutCode(DATE);
    const request = {
      vn: free?.vn ?? '',
      claimCode: 'PP1234567890',
      claimType: 'PG0060001',
      issuedAt: Date.now(),
    };
    const outcome = await his.writeBack(request);
    if (outcome.kind !== 'written') throw new Error(outcome.kind);
    expect(await his.undoWriteBack({ claimCode: 'PP1234567890', row: outcome.row, previous: null })).toBe(
      true,
    );
  });

  test.each([
    ['INSERT (hn)', 'his-grant-insert'],
    ['UPDATE (delete_date_time)', 'his-grant-update'],
  ])('without %s: the GRANT to run is told', async (what, check) => {
    await bench.db.exec(`REVOKE ${what} ON t_nhso_authencode FROM ${role}`);
    const [finding] = await find(check, his);
    expect(finding?.level).toBe('fail');
    await bench.db.exec(finding?.fix ?? '');
    expect(await find(check, his)).toMatchObject([{ level: 'ok' }]);
  });

  test('without INSERT a write is refused, until it is granted, without a restart', async () => {
    await bench.db.exec(`REVOKE INSERT (vn) ON t_nhso_authencode FROM ${role}`);
    const [free] = await his.visitsWithoutCode(DATE);
    const request = {
      vn: free?.vn ?? '',
      claimCode: 'PP1234567891',
      claimType: 'PG0060001',
      issuedAt: Date.now(),
    };
    await expect(his.writeBack(request)).rejects.toMatchObject({ code: 'his-denied', retry: 'no' });
    await bench.db.exec(`GRANT INSERT (vn) ON t_nhso_authencode TO ${role}`);
    expect(await his.writeBack(request)).toMatchObject({ kind: 'written' });
  });

  test('without SELECT on a needed table: named, with the GRANT', async () => {
    await bench.db.exec(`REVOKE SELECT ON t_patient FROM ${role}`);
    const fresh = openHis(hisOptions({ url }));
    const [finding] = (await find('his-grant-select', fresh)).filter((f) => f.level === 'fail');
    expect(finding?.fix).toBe(`GRANT SELECT ON t_patient TO ${role};`);
    await expect(fresh.visitsOn(DATE)).rejects.toMatchObject({ code: 'his-schema', retry: 'no' });
    await bench.db.exec(finding?.fix ?? '');
    expect(await fresh.visitsOn(DATE)).toHaveLength(30);
    await fresh.close();
  });

  test('without the optional tables and columns the visits come all the same', async () => {
    const { db } = bench;
    const gone = [
      'f_patient_prefix',
      't_visit_payment',
      'r_rp1853_instype',
      'b_map_rp1853_instype',
      'b_site',
    ];
    for (const table of gone) await db.exec(`ALTER TABLE ${table} RENAME TO ${table}_gone`);
    const columns = ['visit_an', 'visit_record_date_time', 'visit_ipd_authen_code'];
    for (const column of columns) await db.exec(`ALTER TABLE t_visit RENAME ${column} TO ${column}_gone`);
    await db.exec('ALTER TABLE t_nhso_authencode RENAME pid TO pid_gone');
    const bare = bench.open();
    try {
      const visits = await bare.visitsOn(DATE);
      expect(visits).toHaveLength(30);
      expect(visits.every((v) => v.right === null && v.person.title === null && v.problem === null)).toBe(
        true,
      );
      expect(await bare.digestOf(DATE)).toMatch(/^30-/);
      const [free] = await bare.visitsWithoutCode(DATE);
      expect(await bare.visit(free?.vn ?? '')).toEqual(free);
      const request = {
        vn: free?.vn ?? '',
        claimCode: 'PP1234567899',
        claimType: 'PG0060001',
        issuedAt: null,
      };
      expect(await bare.writeBack(request)).toMatchObject({ kind: 'written' });
      expect((await find('his-table', bare)).map((f) => f.level)).toEqual(gone.map(() => 'warn'));
      const [columnsFinding] = await find('his-columns', bare);
      expect(columnsFinding).toMatchObject({
        level: 'warn',
        message: expect.stringContaining('t_visit.visit_an'),
      });
    } finally {
      for (const table of gone) await db.exec(`ALTER TABLE ${table}_gone RENAME TO ${table}`);
      for (const column of columns) await db.exec(`ALTER TABLE t_visit RENAME ${column}_gone TO ${column}`);
      await db.exec('ALTER TABLE t_nhso_authencode RENAME pid_gone TO pid');
      await bare.close();
    }
  });

  test('without the table of codes, or its key, nothing is begun', async () => {
    await bench.db.exec('ALTER TABLE t_nhso_authencode RENAME id TO id_gone');
    const bare = bench.open();
    await expect(bare.visitsOn(DATE)).rejects.toMatchObject({
      message: expect.stringContaining('t_nhso_authencode.t_nhso_authencode_id or t_nhso_authencode.id'),
    });
    await bench.db.exec('ALTER TABLE t_nhso_authencode RENAME id_gone TO id');
    await bench.db.exec('ALTER TABLE t_nhso_authencode RENAME TO codes_gone');
    await expect(bare.visitsOn(DATE)).rejects.toMatchObject({ code: 'his-schema' });
    expect(await find('his-table', bare)).toMatchObject([{ level: 'fail' }]);
    await bench.db.exec('ALTER TABLE codes_gone RENAME TO t_nhso_authencode');
    expect(await bare.visitsOn(DATE)).toHaveLength(30);
    await bare.close();
  });

  test('columns that a row must have and that nobody has told the bridge are named, with the key to set', async () => {
    await bench.db.exec(`DELETE FROM t_nhso_authencode`);
    await bench.db.exec(
      'ALTER TABLE t_nhso_authencode ALTER user_record_id SET NOT NULL, ALTER mobile SET NOT NULL, ALTER id DROP DEFAULT',
    );
    const [finding] = await find('his-new-row');
    expect(finding).toEqual({
      check: 'his-new-row',
      level: 'fail',
      message:
        'a row of t_nhso_authencode must have mobile, user_record_id, which the bridge does not fill: no code could be written',
      fix: 'Set "employeeId" (the b_employee_id of a user for the bridge) in this site\'s "his". Ask the HospitalOS team what stands in mobile.',
    });
    await bench.db.exec('ALTER TABLE t_nhso_authencode ALTER mobile DROP NOT NULL');
    const named = bench.open({ employeeId: '157000000099' });
    expect(await find('his-new-row', named)).toMatchObject([{ level: 'ok' }]);
    // and a key is made where the database makes none
    const [free] = await named.visitsWithoutCode(DATE);
    const request = {
      vn: free?.vn ?? '',
      claimCode: 'PP1234567892',
      claimType: 'PG0060001',
      issuedAt: Date.now(),
    };
    expect(await named.writeBack(request)).toMatchObject({ kind: 'written' });
    await named.close();
    await bench.db.exec(
      'ALTER TABLE t_nhso_authencode ALTER user_record_id DROP NOT NULL, ALTER id SET DEFAULT gen_random_uuid()',
    );
  });

  test('a missing index is named, with what it costs', async () => {
    await bench.db.exec('DROP INDEX visit_begin_visit_time');
    await bench.db.exec('DROP INDEX nhso_authencode_vn');
    expect(await find('his-index')).toMatchObject([
      { level: 'warn', message: expect.stringContaining('t_visit.visit_begin_visit_time: every poll reads') },
      { level: 'warn', fix: expect.stringContaining('an index on t_nhso_authencode (vn)') },
    ]);
    await bench.db.exec('CREATE INDEX visit_begin_visit_time ON t_visit (visit_begin_visit_time)');
    await bench.db.exec('CREATE INDEX nhso_authencode_vn ON t_nhso_authencode (vn)');
  });

  test('visits that no day can find are counted', async () => {
    await bench.db.exec(
      "INSERT INTO t_visit (t_visit_id, visit_vn, visit_begin_visit_time) VALUES ('lost', '0', ''), ('lost2', '00', 'ไม่ทราบ')",
    );
    expect(await find('his-times')).toMatchObject([
      { level: 'warn', message: expect.stringMatching(/^2 visits/) },
    ]);
    await bench.db.exec("DELETE FROM t_visit WHERE t_visit_id LIKE 'lost%'");
  });

  test('another hospital than the configuration says is a failure', async () => {
    const wrong = bench.open({ hcode: '99999' });
    expect(await find('his-hcode', wrong)).toMatchObject([
      { level: 'fail', message: expect.stringContaining('10978') },
    ]);
    await wrong.close();
  });
});
