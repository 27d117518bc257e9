/** What the query kind does beside the contract when it writes: locks, rows that are not there, forms of INSERT, wrong texts. */

import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { QueryOptions } from '../../../../adapters/his/options.ts';
import { inventedDesk } from '../../../../simulators/his/invented/desk.ts';
import { inventedPerson } from '../../../../simulators/his/people.ts';
import { describeWith, type FreshDatabase, freshMariaDb, freshPostgres } from '../../../support/services.ts';
import { at } from '../support.ts';
import { documentedStatements, type Invented, inventedHis } from './support.ts';

const DATE = '2026-05-01';

function writes(fresh: () => Promise<FreshDatabase>): void {
  let his: Invented;
  let minute = 0;
  beforeAll(async () => {
    his = await inventedHis(await fresh());
    await inventedDesk(his.db).addPeople([inventedPerson(1)]);
  }, 60_000);
  afterAll(() => his?.drop());

  const visit = (code?: string): Promise<string> =>
    inventedDesk(his.db).register({
      ...{ hn: '1', at: at(DATE, '07:00:00') + 60_000 * minute++ },
      ...(code === undefined ? {} : { code }),
    });
  const write = async (
    vn: string,
    statements: Partial<QueryOptions['statements']> = {},
    claimCode = 'PP1234567890',
  ) => {
    const adapter = his.open({ statements: { ...documentedStatements(), ...statements } });
    try {
      const issuedAt = at(DATE, '09:30:15');
      return await adapter.writeBack({ vn, claimCode, claimType: 'PG0060001', issuedAt });
    } finally {
      await adapter.close();
    }
  };
  const rightOf = async (vn: string) =>
    (
      await his.db.query(
        'SELECT r.* FROM visit_right r JOIN opd_visit v ON v.visit_date = r.visit_date AND v.run_no = r.run_no WHERE v.visit_no = ?',
        [vn],
      )
    )[0];
  const set = (vn: string, column: 'is_closed' | 'authen_at' | 'authen_type', value: string) =>
    his.db.query(
      `UPDATE visit_right SET ${column} = ? WHERE run_no = (SELECT run_no FROM opd_visit WHERE visit_no = ?)`,
      [value, vn],
    );

  test('a row that is closed is locked, whether the SELECT or only the UPDATE says so', async () => {
    const vn = await visit();
    await set(vn, 'is_closed', 'Y');
    expect(await write(vn)).toEqual({ kind: 'locked' });
    const blind = (lines: string | readonly string[]) =>
      [lines].flat().map((line) => line.replace(', r.is_closed as locked', ''));
    const { visit: one } = documentedStatements();
    expect(await write(vn, { visit: blind(one) })).toEqual({ kind: 'locked' });
    expect(await rightOf(vn)).toMatchObject({ authen_no: null });
  });

  test('a visit without a row that could hold the code', async () => {
    const vn = await visit();
    await his.db.query(
      'DELETE FROM visit_right WHERE run_no = (SELECT run_no FROM opd_visit WHERE visit_no = ?)',
      [vn],
    );
    expect(await write(vn)).toEqual({ kind: 'no-row' });
  });

  test('what stands beside the code stays, also after an undo', async () => {
    const vn = await visit();
    await set(vn, 'authen_at', '01/05/2569 08:00');
    const outcome = await write(vn);
    expect(await rightOf(vn)).toMatchObject({ authen_at: '01/05/2569 08:00', authen_type: 'PG0060001' });
    if (outcome.kind !== 'written') throw new Error(outcome.kind);
    const adapter = his.open();
    const undo = { claimCode: 'PP1234567890', row: outcome.row, previous: outcome.previous };
    expect(await adapter.undoWriteBack(undo)).toBe(true);
    await adapter.close();
    expect(await rightOf(vn)).toMatchObject({
      authen_no: null,
      authen_at: '01/05/2569 08:00',
      authen_type: null,
    });
  });

  test('a code that the SELECT would not show is not left there', async () => {
    const vn = await visit();
    const elsewhere = [documentedStatements().visit]
      .flat()
      .map((line) => line.replace('r.authen_no as code', 'v.an as code'));
    expect(await write(vn, { visit: elsewhere })).toEqual({ kind: 'not-kept', holds: null });
    expect(await rightOf(vn)).toMatchObject({ authen_no: null, authen_type: null, authen_at: null });
  });

  test('a code that the SELECT does not show, and that stands where the UPDATE would put ours', async () => {
    const vn = await visit('PP5555555555');
    const elsewhere = [documentedStatements().visit]
      .flat()
      .map((line) => line.replace('r.authen_no as code', 'v.an as code'));
    expect(await write(vn, { visit: elsewhere })).toEqual({ kind: 'occupied', holds: 'PP5555555555' });
  });

  test.each([
    [
      'an UPDATE that could touch two rows',
      "update visit_right set authen_no = :claimCode where visit_date = :key_date and run_no = :key_run and (authen_no is null or authen_no = '')",
      'more than one row of visit_right could be touched',
    ],
    [
      'an UPDATE without the guard',
      'update visit_right set authen_no = :claimCode where visit_date = :key_date and run_no = :key_run and right_no = :key_right',
      'must be empty',
    ],
    [
      'a table that is not there',
      'update visit_rights set authen_no = :claimCode where visit_date = :vn',
      'there is no table visit_rights',
    ],
    ['a DELETE', 'delete from visit_right where visit_date = :key_date', 'expected :claimCode in it'],
    [
      'a second statement',
      'update visit_right set authen_no = :claimCode where visit_date = :vn; drop table visit_right',
      'more than one statement',
    ],
  ])('%s is never run, and the visits are read all the same', async (_what, text, why) => {
    const vn = await visit();
    await expect(write(vn, { write: text })).rejects.toMatchObject({
      ...{ code: 'his-schema', retry: 'no', message: expect.stringContaining(why) },
    });
    const adapter = his.open({ statements: { ...documentedStatements(), write: text } });
    expect((await adapter.visit(vn))?.vn).toBe(vn);
    const finding = (await adapter.check()).find((f) => f.check === 'his-write');
    expect(finding).toMatchObject({ level: 'fail', message: expect.stringContaining(why) });
    await adapter.close();
    expect(await rightOf(vn)).toMatchObject({ authen_no: null });
  });

  test('a key that the SELECT does not bring is named', async () => {
    const vn = await visit();
    const { visit: one, visits } = documentedStatements();
    const without = (lines: string | readonly string[]) =>
      [lines].flat().map((line) => line.replace('r.right_no as key_right,', 'r.right_no,'));
    await expect(write(vn, { visit: without(one), visits: without(visits) })).rejects.toMatchObject({
      ...{ code: 'his-schema', message: expect.stringContaining('no column key_right') },
    });
  });

  test('INSERT … VALUES where a unique index refuses the second', async () => {
    await his.db.exec('CREATE UNIQUE INDEX ux_nhso ON nhso_authen (visit_no)');
    const rows = documentedStatements('nhso_authen');
    const statements = {
      ...rows,
      write: 'insert into nhso_authen (visit_no, authen_no) values (:vn, :claimCode)',
    };
    const vn = await visit();
    expect(await write(vn, statements)).toMatchObject({ kind: 'written', row: { table: 'nhso_authen', vn } });
    expect(await write(vn, statements)).toEqual({ kind: 'already' });
    expect(await write(vn, statements, 'PP2')).toEqual({ kind: 'occupied', holds: 'PP1234567890' });
    // one that was removed stands in the way and is shown to nobody
    await his.db.query("UPDATE nhso_authen SET removed = 'Y' WHERE visit_no = ?", [vn]);
    expect(await write(vn, statements)).toEqual({ kind: 'not-kept', holds: null });
    await his.db.exec(`DROP INDEX ux_nhso${his.db.engine === 'mariadb' ? ' ON nhso_authen' : ''}`);
    const adapter = his.open({ statements });
    await expect(
      adapter.writeBack({ vn, claimCode: 'PP3', claimType: null, issuedAt: null }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('VALUES would put a second row'),
    });
    await adapter.close();
  });

  test('an INSERT without an undo cannot be taken back, and doctor says so', async () => {
    const { undo: _undo, ...statements } = documentedStatements('nhso_authen');
    const vn = await visit();
    const outcome = await write(vn, statements);
    if (outcome.kind !== 'written') throw new Error(outcome.kind);
    const adapter = his.open({ statements });
    expect(await adapter.undoWriteBack({ claimCode: 'PP1234567890', row: outcome.row, previous: null })).toBe(
      false,
    );
    expect(await adapter.check()).toContainEqual(
      expect.objectContaining({ check: 'his-undo', level: 'warn' }),
    );
    await adapter.close();
  });

  test('a clerk’s code that came in between stays, and ours goes again', async () => {
    const statements = documentedStatements('nhso_authen');
    const vn = await visit();
    // shows a second row for every code, as if a clerk had typed one at the same moment
    const racing = [statements.visit]
      .flat()
      .map((line) =>
        line.replace(
          'left join nhso_authen n on n.visit_no = v.visit_no and n.removed is null',
          "left join (select visit_no, authen_no from nhso_authen where removed is null union all select visit_no, 'PP0000000007' from nhso_authen where removed is null) n on n.visit_no = v.visit_no",
        ),
      );
    expect(await write(vn, { ...statements, visit: racing })).toEqual({
      kind: 'occupied',
      holds: 'PP0000000007',
    });
    const standing = await his.db.query(
      'SELECT 1 AS n FROM nhso_authen WHERE visit_no = ? AND removed IS NULL',
      [vn],
    );
    expect(standing).toEqual([]);
  });
}

describeWith('mariadb', 'writing by configuration on MariaDB', (adminUrl) => {
  writes(() => freshMariaDb(adminUrl, 'tis620'));

  test('an INSERT whose wait for the next number of its row is a deadlock is tried again', async () => {
    const his = await inventedHis(await freshMariaDb(adminUrl, 'utf8mb4'));
    const adapter = his.open({ statements: documentedStatements('nhso_authen') });
    try {
      const desk = inventedDesk(his.db);
      await desk.addPeople([inventedPerson(1)]);
      const [first, other, vn] = [
        await desk.register({ hn: '1', at: at(DATE, '07:00:00') }),
        await desk.register({ hn: '1', at: at(DATE, '07:01:00') }),
        await desk.register({ hn: '1', at: at(DATE, '07:02:00') }),
      ];
      const write = (visit: string) =>
        adapter.writeBack({ vn: visit, claimCode: 'PP1234567890', claimType: null, issuedAt: null });
      expect(await write(first)).toMatchObject({ kind: 'written' });
      // the HIS's own statement holds the numbers after its first row, and wants the second where the bridge has just looked
      const theirs = his.db.query(
        `INSERT INTO nhso_authen (visit_no, authen_no)
         SELECT t.vn, t.code FROM (SELECT ? AS vn, 'PP0000000007' AS code, 0 AS wait UNION ALL SELECT ?, 'PP0000000008', 2) t
         WHERE SLEEP(t.wait) = 0`,
        [other, vn],
      );
      await setTimeout(500);
      expect(await write(vn)).toEqual({ kind: 'occupied', holds: 'PP0000000008' });
      await theirs;
    } finally {
      await adapter.close();
      await his.drop();
    }
  });
});
describeWith('postgres', 'writing by configuration on PostgreSQL', (adminUrl) =>
  writes(() => freshPostgres(adminUrl)),
);
