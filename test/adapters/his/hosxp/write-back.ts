import { beforeAll, describe, expect, test } from 'vitest';
import { codeOf, insertVisit, typeCode } from '../../../../simulators/his/hosxp/visits.ts';
import type { SimDb } from '../../../../simulators/his/sim-db.ts';
import type { HisAdapter } from '../../../../src/service/ports/his.ts';
import { at, type Bench, cutCodes } from './support.ts';

export function writeBackContract(bench: () => Bench): void {
  let db: SimDb;
  let his: HisAdapter;
  let open: Bench['open'];
  beforeAll(() => {
    ({ db, his, open } = bench());
  });
  describe('write-back', () => {
    let minute = 0;
    const visit = (more: Partial<Parameters<typeof insertVisit>[1]> = {}): Promise<string> =>
      insertVisit(db, { hn: '000000021', at: at('2026-05-01', '07:00:00') + 60_000 * minute++, ...more });
    const request = (vn: string, claimCode = 'PP1234567890') => ({
      vn,
      claimCode,
      claimType: 'PG0060001',
      issuedAt: at('2026-05-01', '09:30:15'),
    });
    const stampOf = async (vn: string): Promise<unknown> =>
      (
        await db.query(
          `SELECT ${db.engine === 'mariadb' ? 'cast(auth_datetime AS char)' : 'auth_datetime::text'} AS t FROM visit_pttype WHERE vn = ?`,
          [vn],
        )
      )[0]?.t;

    test('writes into the empty column, with the time, and only there', async () => {
      const vn = await visit();
      const other = await visit();
      const outcome = await his.writeBack(request(vn));
      expect(outcome).toEqual({
        kind: 'written',
        row: {
          table: 'visit_pttype',
          vn,
          pttype: '89',
          column: 'auth_code',
          auth_datetime: '2026-05-01 09:30:15',
        },
        previous: null,
      });
      expect(await codeOf(db, vn)).toBe('PP1234567890');
      expect(await stampOf(vn)).toBe('2026-05-01 09:30:15');
      expect(await codeOf(db, vn, 'claim_code')).toBeNull();
      expect(await codeOf(db, other)).toBeNull();
      // the time beside the code says that it was written by the bridge: undo may name the row
      expect(await his.writeBack(request(vn))).toEqual({
        kind: 'already',
        row: { ...(outcome.kind === 'written' ? outcome.row : {}) },
      });
      expect((await his.visit(vn))?.code).toBe('PP1234567890');
    });

    test('undo puts the old value back, once, and only while the code stands', async () => {
      const vn = await visit({ authCode: '' });
      const outcome = await his.writeBack(request(vn));
      if (outcome.kind !== 'written') throw new Error(outcome.kind);
      const undo = { claimCode: 'PP1234567890', row: outcome.row, previous: outcome.previous };
      expect(await his.undoWriteBack(undo)).toBe(true);
      expect(await codeOf(db, vn)).toBe('');
      expect(await stampOf(vn)).toBeNull();
      expect(await his.undoWriteBack(undo)).toBe(false);
      await typeCode(db, vn, 'PP9999999999');
      expect(await his.undoWriteBack(undo)).toBe(false);
      expect(await codeOf(db, vn)).toBe('PP9999999999');
    });

    test('a time that stands already stays, also after undo', async () => {
      const vn = await visit();
      await db.query("UPDATE visit_pttype SET auth_datetime = '2026-05-01 08:00:00' WHERE vn = ?", [vn]);
      const outcome = await his.writeBack(request(vn));
      if (outcome.kind !== 'written') throw new Error(outcome.kind);
      expect(outcome.row).not.toHaveProperty('auth_datetime');
      await his.undoWriteBack({ claimCode: 'PP1234567890', row: outcome.row, previous: null });
      expect(await stampOf(vn)).toBe('2026-05-01 08:00:00');
    });

    test('never overwrites: occupied, locked, no row, no visit', async () => {
      const held = await visit({ authCode: 'EP5555555555' });
      expect(await his.writeBack(request(held))).toEqual({ kind: 'occupied', holds: 'EP5555555555' });
      expect(await codeOf(db, held)).toBe('EP5555555555');
      const locked = await visit({ locked: true });
      expect(await his.writeBack(request(locked))).toEqual({ kind: 'locked' });
      expect(await codeOf(db, locked)).toBeNull();
      expect(await his.writeBack(request(await visit({ rightRow: false })))).toEqual({ kind: 'no-row' });
      expect(await his.writeBack(request('690501999999'))).toEqual({ kind: 'no-visit' });
    });

    test('the row is the one of the right that the visit has now', async () => {
      const vn = await visit();
      await db.query(
        "INSERT INTO visit_pttype (hos_guid, vn, pttype, pttype_number) VALUES ('{second}', ?, '30', 2)",
        [vn],
      );
      await db.query("UPDATE ovst SET pttype = '30' WHERE vn = ?", [vn]);
      expect(await his.writeBack(request(vn))).toMatchObject({ kind: 'written', row: { pttype: '30' } });
      const rows = await db.query('SELECT pttype, auth_code FROM visit_pttype WHERE vn = ? ORDER BY pttype', [
        vn,
      ]);
      expect(rows.map((r) => r.auth_code)).toEqual(['PP1234567890', null]);
    });

    test('claim_code where the site says so; a value too long for it is not kept', async () => {
      const claimHis = open({ writeBack: 'claim_code', writeAuthDateTime: false });
      const vn = await visit();
      expect(await claimHis.writeBack(request(vn))).toMatchObject({
        kind: 'written',
        row: { column: 'claim_code' },
      });
      expect(await codeOf(db, vn, 'claim_code')).toBe('PP1234567890');
      expect(await codeOf(db, vn)).toBeNull();
      expect(await stampOf(vn)).toBeNull();
      const tooLong = await visit();
      expect(await claimHis.writeBack(request(tooLong, 'P'.repeat(26)))).toEqual({
        kind: 'not-kept',
        holds: null,
      });
      expect(await codeOf(db, tooLong, 'claim_code')).toBeNull();
      await claimHis.close();
    });

    test('what the database changes on the way is put back, the time too', async () => {
      const cut = await cutCodes(db, 'auth_code');
      const vn = await visit({ authCode: '' });
      expect(await his.writeBack(request(vn, 'PP7777777777'))).toEqual({ kind: 'not-kept', holds: 'PP7777' });
      await cut.release();
      expect(await codeOf(db, vn)).toBe('');
      expect(await stampOf(vn)).toBeNull();
    });
  });
}
