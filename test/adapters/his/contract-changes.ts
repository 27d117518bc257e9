import { beforeAll, describe, expect, test } from 'vitest';
import { CANCELLED_STATUS } from '../../../simulators/his/hosxp/sample-day.ts';
import { plainPerson } from '../../../simulators/his/hosxp/sample-people.ts';
import {
  cancelVisit,
  editPatient,
  insertPeople,
  insertVisit,
  typeCode,
} from '../../../simulators/his/hosxp/visits.ts';
import type { SimDb } from '../../../simulators/his/sim-db.ts';
import type { HisAdapter } from '../../../src/service/ports/his.ts';
import { at, type Bench, day } from './contract-support.ts';

export function digestContract(bench: () => Bench): void {
  let db: SimDb;
  let his: HisAdapter;
  beforeAll(() => {
    ({ db, his } = bench());
  });
  describe('digest', () => {
    const date = '2026-04-01';
    test('moves with every change that the bridge must see, and with nothing else', async () => {
      await insertPeople(db, [plainPerson(500)]);
      const hn = plainPerson(500).hn;
      const seen = new Set([await his.digestOf(day(date))]);
      const moved = async (change: Promise<unknown>): Promise<boolean> => {
        await change;
        const digest = await his.digestOf(day(date));
        const isNew = !seen.has(digest);
        seen.add(digest);
        return isNew;
      };
      const vn = await insertVisit(db, { hn: '000000021', at: at(date, '08:00:00') });
      expect(await moved(insertVisit(db, { hn, at: at(date, '08:10:00') })), 'added').toBe(true);
      expect(await moved(editPatient(db, hn, 'mobile_phone_number', '0611111112')), 'phone').toBe(true);
      expect(await moved(editPatient(db, hn, 'hometel', '0611111112')), 'phone in another column').toBe(true);
      expect(await moved(editPatient(db, hn, 'cid', null)), 'citizen id').toBe(true);
      expect(await moved(typeCode(db, vn, 'PP0000000001')), 'code').toBe(true);
      expect(await moved(db.query("UPDATE ovst SET pttype = '30' WHERE vn = ?", [vn])), 'right').toBe(true);
      expect(await moved(db.query("UPDATE ovst SET an = '690000001' WHERE vn = ?", [vn])), 'admission').toBe(
        true,
      );
      expect(await moved(cancelVisit(db, vn, CANCELLED_STATUS)), 'status').toBe(true);
      expect(await moved(cancelVisit(db, vn)), 'removed').toBe(true);
      const before = await his.digestOf(day(date));
      await insertVisit(db, { hn, at: at('2026-04-02', '08:10:00') });
      await db.query("UPDATE ovst SET staff = 'clerk2' WHERE hn = ?", [hn]);
      expect(await his.digestOf(day(date))).toBe(before);
    });
  });
}

/** Only for engines with transactions; `another` opens a second connection of the desk's. */
export function lateCommitContract(bench: () => Bench & { another(): Promise<SimDb> }): void {
  describe('a row committed late', () => {
    test('is seen once it is there, inside the window and by the digest', async () => {
      const { db, his, another } = bench();
      const date = '2026-04-03';
      const desk = await another();
      await desk.exec('BEGIN');
      const late = await insertVisit(desk, { hn: '000000021', at: at(date, '08:00:00') });
      const quick = await insertVisit(db, { hn: '000000022', at: at(date, '08:00:05') });
      const window = [at(date, '07:55:00'), at(date, '08:01:00')] as const;
      const numbers = async () => (await his.newVisits(...window, () => false)).map((v) => v.vn);
      expect((await his.visitsFrom(...window)).map((v) => v.vn)).toEqual([quick]);
      expect(await numbers()).toEqual([quick]);
      const digest = await his.digestOf(day(date));
      await desk.exec('COMMIT');
      await desk.close();
      expect((await his.visitsFrom(...window)).map((v) => v.vn)).toEqual([late, quick]);
      expect(await numbers()).toEqual([late, quick]);
      expect(await his.digestOf(day(date))).not.toBe(digest);
    });
  });
}
