/** What `doctor` says of a configuration: each statement run, three visits shown in part, the plans, and what is wrong. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { QueryOptions } from '../../../../adapters/his/options.ts';
import { bulkLoad } from '../../../../simulators/his/invented/bulk.ts';
import { inventedDesk } from '../../../../simulators/his/invented/desk.ts';
import { inventedPerson } from '../../../../simulators/his/people.ts';
import { addDays, serviceDateOf, startOfServiceDate } from '../../../../src/domain/bangkok.ts';
import type { Finding } from '../../../../src/service/ports/finding.ts';
import { describeWith, type FreshDatabase, freshMariaDb, freshPostgres } from '../../../support/services.ts';
import { documentedStatements, type Invented, inventedHis } from './support.ts';

const PERSON = inventedPerson(1);
const DOCUMENTED = documentedStatements();

function doctor(fresh: () => Promise<FreshDatabase>): void {
  let his: Invented;
  beforeAll(async () => {
    his = await inventedHis(await fresh());
    const desk = inventedDesk(his.db);
    const people = Array.from({ length: 5 }, (_, i) => inventedPerson(1 + i));
    await desk.addPeople(people);
    // yesterday: a run over midnight changes nothing
    const at = startOfServiceDate(addDays(serviceDateOf(Date.now()), -1)) + 8 * 3_600_000;
    for (const [i, { hn }] of people.entries()) await desk.register({ hn, at: at + i * 60_000 });
  }, 60_000);
  afterAll(() => his?.drop());

  const check = async (more: Partial<QueryOptions> = {}): Promise<Finding[]> => {
    const adapter = his.open(more);
    try {
      return await adapter.check();
    } finally {
      await adapter.close();
    }
  };
  const changed = (
    name: keyof QueryOptions['statements'],
    from: string,
    to: string,
  ): QueryOptions['statements'] => {
    const text = [DOCUMENTED[name] ?? ''].flat().join('\n');
    expect(text).toContain(from);
    return { ...DOCUMENTED, [name]: text.replaceAll(from, to) };
  };
  const about = (findings: Finding[], name: string) => findings.filter((f) => f.check === name);

  test('all that the document shows is well', async () => {
    const findings = await check();
    const told = findings.filter((f) => f.level !== 'ok').map((f) => f.check);
    // the test's account may do everything, and its server may stand on UTC
    expect(told.filter((name) => name !== 'his-time-zone')).toEqual(['his-least-privilege']);
    expect(about(findings, 'his-visits')[0]?.message).toMatch(
      /^"visits" gives 5 rows for .* \(with :date = \d\d\/\d\d\/25\d\d, :otherDate = /,
    );
    expect(about(findings, 'his-newer')[0]?.message).toContain('all that "visits" gives');
    expect(about(findings, 'his-plan')).toHaveLength(3);
    expect(about(findings, 'his-write')[0]?.message).toMatch(
      /^"write" fills authen_no of one row of visit_right.*by its key \(visit_date, run_no, right_no\), only while it is empty/,
    );
  });

  test('three visits are shown, and nobody in them', async () => {
    const findings = await check();
    const samples = about(findings, 'his-sample').map((f) => f.message);
    expect(samples).toHaveLength(3);
    expect(samples[0]).toContain('citizen id 9-xxxx-xxxxx-');
    expect(samples[0]).toContain('นางสาว ท… ส…');
    expect(samples[0]).toContain('phone 060-xxx-');
    const all = JSON.stringify(findings);
    for (const secret of [PERSON.cid, PERSON.fname, PERSON.lname, PERSON.mobile, PERSON.birthDate])
      expect(all).not.toContain(secret);
  });

  test('nothing is written by it', async () => {
    await check();
    expect(await his.db.query('SELECT 1 AS n FROM visit_right WHERE authen_no IS NOT NULL')).toEqual([]);
  });

  test('a column that is missing, and one that is named and not there', async () => {
    const [finding] = about(
      await check({ statements: changed('visits', 'p.card_no as pid,', '') }),
      'his-columns',
    );
    expect(finding).toMatchObject({ level: 'fail', message: '"visits" has no column pid' });
    const [named] = about(await check({ columns: { hn: 'patient' } }), 'his-columns');
    expect(named).toMatchObject({ level: 'fail', message: '"visits" has no column patient (columns.hn)' });
  });

  test('columns that tell what the bridge can do without, and those that it does not use', async () => {
    const [finding] = about(
      await check({ statements: changed('visits', 'v.visit_state as status', 'v.clerk') }),
      'his-columns',
    );
    expect(finding).toMatchObject({ level: 'warn' });
    expect(finding?.message).toBe(
      '"visits" goes without status (a visit counts as cancelled only when its row is gone); not used: clerk',
    );
  });

  test('dates of another style: the rows are told, with what was expected', async () => {
    const dates = {
      date: 'yyyy-MM-dd',
      time: 'HH:mm',
      dateTime: 'yyyy-MM-dd HH:mm',
      birthDate: 'dd/MM/BBBB',
      issuedAt: 'dd/MM/BBBB HH:mm',
    };
    expect(about(await check({ dates }), 'his-visits')[0]).toMatchObject({
      level: 'warn',
      fix: expect.stringContaining('his.dates'),
    });
    const [rows] = about(await check({ dates: { ...dates, date: 'dd/MM/BBBB', time: 'HH.mm' } }), 'his-rows');
    expect(rows?.message).toMatch(
      /^5 visits of .* cannot be understood: time is "08:00": expected a time HH\.mm/,
    );
  });

  test('a text that the engine does not take', async () => {
    const [finding] = about(await check({ statements: changed('visits', 'v.hn,', 'v.hnn,') }), 'his-visits');
    expect(finding).toMatchObject({ level: 'fail', fix: 'Correct his.statements.visits.' });
    expect(finding?.message).toContain('hnn');
  });

  test('"visit" that tells something else than "visits"', async () => {
    const [finding] = about(
      await check({ statements: changed('visit', 'v.hn,', 'p.tel_mobile as hn,') }),
      'his-visit',
    );
    expect(finding).toMatchObject({
      level: 'warn',
      message: expect.stringMatching(/tells something else of .* than "visits": hn$/),
    });
    const [none] = about(
      await check({
        statements: changed('visit', 'v.visit_no = :vn', "v.visit_no = 'x' and v.visit_no = :vn"),
      }),
      'his-visit',
    );
    expect(none).toMatchObject({ level: 'fail' });
  });

  test('"missing" that does not agree with "visits"', async () => {
    const missing = [DOCUMENTED.visits]
      .flat()
      .join('\n')
      .replace('v.visit_date in', "v.hn = '1' and v.visit_date in");
    const [finding] = about(await check({ statements: { ...DOCUMENTED, missing } }), 'his-missing');
    expect(finding).toMatchObject({
      level: 'warn',
      message: expect.stringContaining('but by "visits" 5 have no code'),
    });
  });

  test('a poll that reads the whole day', async () => {
    const { newer: _newer, ...statements } = DOCUMENTED;
    expect(about(await check({ statements }), 'his-poll')[0]).toMatchObject({ level: 'warn' });
  });

  test('a code’s column that is too short', async () => {
    const type = his.db.engine === 'mariadb' ? 'MODIFY authen_no' : 'ALTER authen_no TYPE';
    await his.db.exec(`ALTER TABLE visit_right ${type} varchar(10)`);
    expect(about(await check(), 'his-code-column')[0]).toMatchObject({ level: 'fail' });
    await his.db.exec(`ALTER TABLE visit_right ${type} varchar(50)`);
  });

  test('a table that is read whole is named', { timeout: 60_000 }, async () => {
    await bulkLoad(his.db, { visits: 10_000, perDay: 500, lastDate: '2026-01-31', patients: 100 });
    const statements = changed(
      'visits',
      'v.visit_date in (:date, :otherDate)',
      'trim(v.visit_date) in (:date, :otherDate)',
    );
    const [plan] = about(await check({ statements }), 'his-plan');
    expect(plan).toMatchObject({
      level: 'warn',
      message: expect.stringContaining('is read whole each time'),
    });
    expect(about(await check(), 'his-plan').map((f) => f.level)).toEqual(['ok', 'ok', 'ok']);
  });
}

describeWith('mariadb', 'doctor on MariaDB', (adminUrl) => doctor(() => freshMariaDb(adminUrl, 'tis620')));
describeWith('postgres', 'doctor on PostgreSQL', (adminUrl) => doctor(() => freshPostgres(adminUrl)));

describe('without a database', () => {
  test.each(['mysql', 'postgres', 'mssql'])('%s: nobody there is said in one line', async (scheme) => {
    const { openHis } = await import('../../../../adapters/his/registry.ts');
    const { inventedOptions } = await import('./support.ts');
    const adapter = openHis(inventedOptions(`${scheme}://bridge:secret@127.0.0.1:9/his`));
    const findings = await adapter.check();
    await adapter.close();
    expect(findings).toMatchObject([
      { check: 'his-reachable', level: 'fail', fix: expect.stringContaining('his.url') },
    ]);
    expect(JSON.stringify(findings)).not.toContain('secret');
  });
});
