/** How a code gets into a HospitalOS, whatever its form. */

import { beforeAll, describe, expect, test } from 'vitest';
import {
  admitVisit,
  codesOf,
  insertVisit,
  type NewVisit,
  typeCode,
} from '../../../../simulators/his/hospitalos/visits.ts';
import type { SimDb } from '../../../../simulators/his/sim-db.ts';
import type { HisAdapter, WriteBackOutcome } from '../../../../src/service/ports/his.ts';
import { at, type Bench, cutCodes, day } from './support.ts';

export function writeBackContract(bench: () => Bench): void {
  let db: SimDb;
  let his: HisAdapter;
  beforeAll(() => {
    ({ db, his } = bench());
  });

  describe('write-back', () => {
    let minute = 0;
    const visit = (more: Partial<NewVisit> = {}): Promise<string> =>
      insertVisit(db, { hn: '000000021', at: at('2026-05-01', '07:00:00') + 60_000 * minute++, ...more });
    const request = (vn: string, claimCode = 'PP1234567890') => ({
      vn,
      claimCode,
      claimType: 'PG0060001',
      issuedAt: at('2026-05-01', '09:30:15'),
    });
    const rowsOf = (vn: string) => db.query('SELECT * FROM t_nhso_authencode WHERE vn = ?', [vn]);
    const written = (outcome: WriteBackOutcome) => {
      if (outcome.kind !== 'written') throw new Error(outcome.kind);
      return outcome;
    };

    test('writes a row with what is known, and only that', async () => {
      const vn = await visit();
      const other = await visit();
      const before = await his.digestOf(day('2026-05-01'));
      const outcome = written(await his.writeBack(request(vn)));
      const [row, ...more] = await rowsOf(vn);
      expect(more).toEqual([]);
      const id = String(row?.id ?? row?.t_nhso_authencode_id);
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
      expect(outcome).toEqual({
        kind: 'written',
        row: { table: 't_nhso_authencode', vn, id, column: 'claim_code' },
        previous: null,
      });
      expect(row).toMatchObject({
        vn,
        hn: '000000021',
        pid: expect.stringMatching(/^9\d{12}$/),
        mobile: null,
        correlation_id: null,
        claim_type: 'PG0060001',
        claim_code: 'PP1234567890',
        created_date: '2026-05-01T09:30:15',
        authen_from: null,
        user_record_id: null,
        delete_date_time: null,
        user_delete_id: null,
      });
      const [time] = await db.query(
        'SELECT abs(extract(epoch from record_date_time - (now() at time zone ?))) AS s FROM t_nhso_authencode WHERE vn = ?',
        ['Asia/Bangkok', vn],
      );
      expect(Number(time?.s)).toBeLessThan(60);
      expect(await codesOf(db, other)).toEqual([]);
      expect((await his.visit(vn))?.code).toBe('PP1234567890');
      expect(await his.digestOf(day('2026-05-01'))).not.toBe(before);
      // a second time, as after a crash: the row is known again
      expect(await his.writeBack(request(vn))).toEqual({ kind: 'already', row: outcome.row });
      expect(await rowsOf(vn)).toHaveLength(1);
    });

    test('the very code, put in by a clerk: the row is not ours to undo', async () => {
      const vn = await visit({ code: 'PP1234567890' });
      expect(await his.writeBack(request(vn))).toEqual({ kind: 'already' });
      expect(await rowsOf(vn)).toHaveLength(1);
    });

    test('with the user and the origin that the configuration names', async () => {
      const named = bench().open({ employeeId: '157000000099', authenFrom: 'authen-bridge' });
      const vn = await visit();
      const { row } = written(await named.writeBack(request(vn)));
      expect(await rowsOf(vn)).toMatchObject([
        { user_record_id: '157000000099', authen_from: 'authen-bridge' },
      ]);
      expect(await named.writeBack(request(vn))).toEqual({ kind: 'already', row });
      expect(await named.undoWriteBack({ claimCode: 'PP1234567890', row, previous: null })).toBe(true);
      expect(await rowsOf(vn)).toMatchObject([{ user_delete_id: '157000000099' }]);
      await named.close();
    });

    test('undo deletes as HospitalOS does, once, and only while the code stands', async () => {
      const vn = await visit();
      const { row } = written(await his.writeBack(request(vn)));
      const undo = { claimCode: 'PP1234567890', row, previous: null };
      expect(await his.undoWriteBack({ ...undo, claimCode: 'PP0000000000' })).toBe(false);
      expect(await his.undoWriteBack(undo)).toBe(true);
      expect(await codesOf(db, vn)).toEqual([]);
      expect(await rowsOf(vn)).toHaveLength(1);
      expect(await his.undoWriteBack(undo)).toBe(false);
      expect((await his.visit(vn))?.code).toBeNull();
      // and the code can be written again
      expect(await his.writeBack(request(vn))).toMatchObject({ kind: 'written' });
      await typeCode(db, vn, null);
      await typeCode(db, vn, 'PP9999999999');
      expect(await his.undoWriteBack(undo)).toBe(false);
      expect(await codesOf(db, vn)).toEqual(['PP9999999999']);
      await expect(his.undoWriteBack({ ...undo, row: { table: 'visit_pttype', vn } })).rejects.toMatchObject({
        code: 'his-schema',
      });
    });

    test('never beside another code; a deleted or blank row is none', async () => {
      const held = await visit({ code: 'EP5555555555' });
      expect(await his.writeBack(request(held))).toEqual({ kind: 'occupied', holds: 'EP5555555555' });
      expect(await codesOf(db, held)).toEqual(['EP5555555555']);
      const deleted = await visit({ code: 'PP5555555555' });
      await typeCode(db, deleted, null);
      expect(await his.writeBack(request(deleted))).toMatchObject({ kind: 'written' });
      const blank = await visit({ code: ' ' });
      expect(await his.writeBack(request(blank))).toMatchObject({ kind: 'written' });
      expect(await his.writeBack(request('069999999'))).toEqual({ kind: 'no-visit' });
    });

    test('a number on two visits of a day: whose code it is, could not be told', async () => {
      const vn = await visit({ vn: 'B-1' });
      await visit({ vn: 'B-1', hn: '000000022' });
      expect(await his.writeBack(request(vn))).toEqual({ kind: 'no-row' });
      expect(await rowsOf(vn)).toEqual([]);
      await db.query("UPDATE t_visit SET f_visit_status_id = '4' WHERE visit_vn = ? AND visit_hn = ?", [
        vn,
        '000000021',
      ]);
      expect(await his.writeBack(request(vn))).toMatchObject({ kind: 'written' });
      expect(await rowsOf(vn)).toMatchObject([{ hn: '000000022' }]);
    });

    test('a visit that became an admission gets its code under its own number', async () => {
      const vn = await visit();
      const an = await admitVisit(db, vn, at('2026-05-01', '12:00:00'));
      expect(await his.writeBack(request(vn))).toMatchObject({ kind: 'written', row: { vn } });
      expect(await codesOf(db, vn)).toEqual(['PP1234567890']);
      expect(await his.writeBack(request(an))).toEqual({ kind: 'no-visit' });
      const kept = await visit();
      await db.query("UPDATE t_visit SET visit_ipd_authen_code = 'PP7777777777' WHERE visit_vn = ?", [
        await admitVisit(db, kept, at('2026-05-01', '12:00:00')),
      ]);
      expect(await his.writeBack(request(kept))).toEqual({ kind: 'occupied', holds: 'PP7777777777' });
      expect(await his.writeBack(request(kept, 'PP7777777777'))).toEqual({ kind: 'already' });
    });

    test('two at once: of two codes one stands and the other sees it, of one code one row stands', async () => {
      for (let i = 0; i < 5; i++) {
        const vn = await visit();
        const outcomes = await Promise.all([
          his.writeBack(request(vn, 'PP1111111111')),
          his.writeBack(request(vn, 'PP2222222222')),
        ]);
        const kinds = outcomes.map((o) => o.kind);
        expect(kinds.toSorted()).toEqual(['occupied', 'written']);
        const code = kinds[0] === 'written' ? 'PP1111111111' : 'PP2222222222';
        expect(await codesOf(db, vn)).toEqual([code]);
        expect(outcomes.find((o) => o.kind === 'occupied')).toEqual({ kind: 'occupied', holds: code });
        const same = await visit();
        const alike = await Promise.all([his.writeBack(request(same)), his.writeBack(request(same))]);
        expect(alike.map((o) => o.kind).toSorted()).toEqual(['already', 'written']);
        expect(await codesOf(db, same)).toEqual(['PP1234567890']);
      }
    });

    test('a clerk whose row comes at the same moment keeps it: the bridge takes its own out again', async () => {
      // stands for the program that inserts between the guard and the look after it
      await db.exec(`CREATE FUNCTION beside() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.claim_code LIKE 'PP88%' THEN
            INSERT INTO t_nhso_authencode (vn, claim_type, claim_code) VALUES (NEW.vn, 'PG0060001', replace(NEW.claim_code, 'PP88', 'PP99'));
          END IF;
          RETURN NULL;
        END $$;
        CREATE TRIGGER beside AFTER INSERT ON t_nhso_authencode FOR EACH ROW EXECUTE FUNCTION beside()`);
      const vn = await visit();
      expect(await his.writeBack(request(vn, 'PP8800000001'))).toEqual({
        kind: 'occupied',
        holds: 'PP9900000001',
      });
      expect(await codesOf(db, vn)).toEqual(['PP9900000001']);
      await db.exec('DROP TRIGGER beside ON t_nhso_authencode; DROP FUNCTION beside');
    });

    test('a code that is too long, that the database changes or swallows, is not kept', async () => {
      const vn = await visit();
      await db.exec('ALTER TABLE t_nhso_authencode ALTER COLUMN claim_code TYPE varchar(14)');
      expect(await his.writeBack(request(vn, 'P'.repeat(20)))).toEqual({ kind: 'not-kept', holds: null });
      await db.exec('ALTER TABLE t_nhso_authencode ALTER COLUMN claim_code TYPE varchar(255)');
      const cut = await cutCodes(db);
      expect(await his.writeBack(request(vn, 'PP7777777777'))).toEqual({ kind: 'not-kept', holds: 'PP7777' });
      expect(await codesOf(db, vn)).toEqual([]);
      await cut.release();
      await db.exec(`CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER swallowing BEFORE INSERT ON t_nhso_authencode FOR EACH ROW EXECUTE FUNCTION swallow()`);
      expect(await his.writeBack(request(vn, 'PP6677777777'))).toEqual({ kind: 'not-kept', holds: null });
      await db.exec('DROP TRIGGER swallowing ON t_nhso_authencode; DROP FUNCTION swallow');
    });

    test('where an index permits a visit number once, a deleted row stands in the way', async () => {
      const vn = await visit({ code: 'PP5555555555' });
      await typeCode(db, vn, null);
      await db.query('DELETE FROM t_nhso_authencode WHERE vn <> ?', [vn]);
      await db.exec('CREATE UNIQUE INDEX one_a_visit ON t_nhso_authencode (vn)');
      expect(await his.writeBack(request(vn))).toEqual({ kind: 'not-kept', holds: null });
      expect(await his.writeBack(request(await visit()))).toMatchObject({ kind: 'written' });
      await db.exec('DROP INDEX one_a_visit');
    });

    test('the type of a code that is not known is not made up', async () => {
      const vn = await visit();
      await expect(his.writeBack({ ...request(vn), claimType: null })).rejects.toMatchObject({
        code: 'his-schema',
        retry: 'no',
        message: expect.stringContaining('claim_type'),
      });
      expect(await rowsOf(vn)).toEqual([]);
    });
  });
}
