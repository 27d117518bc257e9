import { beforeAll, describe, expect, test } from 'vitest';
import { CANCELLED_STATUS } from '../../../../simulators/his/hosxp/sample-day.ts';
import { plainPerson } from '../../../../simulators/his/hosxp/sample-people.ts';
import {
  cancelVisit,
  editPatient,
  insertPeople,
  insertVisit,
  typeCode,
} from '../../../../simulators/his/hosxp/visits.ts';
import type { SimDb } from '../../../../simulators/his/sim-db.ts';
import type { HisAdapter } from '../../../../src/service/ports/his.ts';
import { at, type Bench, day } from './support.ts';

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
