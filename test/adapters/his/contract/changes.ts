import { beforeAll, describe, expect, test } from 'vitest';
import type { Desk } from '../../../../simulators/his/desk.ts';
import { inventedPerson } from '../../../../simulators/his/people.ts';
import type { HisAdapter } from '../../../../src/service/ports/his.ts';
import { at, type Bench, day } from './support.ts';

export function changesContract(bench: () => Bench): void {
  let desk: Desk;
  let his: HisAdapter;
  beforeAll(async () => {
    ({ desk, his } = bench());
    await desk.addPeople([inventedPerson(1201), inventedPerson(1202), inventedPerson(1203)]);
  });

  describe('digest', () => {
    test('moves with every change that the bridge must see, and with nothing else', async () => {
      const date = '2026-04-01';
      let last = await his.digestOf(day(date));
      const moved = async (what: string, change: Promise<unknown>): Promise<void> => {
        await change;
        const digest = await his.digestOf(day(date));
        expect(digest, what).not.toBe(last);
        last = digest;
      };
      const vn = await desk.register({ hn: '1201', at: at(date, '08:00:00') });
      await moved('added', desk.register({ hn: '1202', at: at(date, '08:10:00') }));
      await moved('phone', desk.edit('1202', 'mobile', '0611111112'));
      await moved('citizen id', desk.edit('1202', 'cid', null));
      await moved('name', desk.edit('1202', 'fname', 'ทดสอบใหม่'));
      await moved('code', desk.typeCode(vn, 'PP0000000001'));
      await moved('code taken out', desk.typeCode(vn, null));
      await moved('right', desk.changeRight(vn, desk.rights[1]));
      if (!bench().lacks?.cancelMark) await moved('cancelled', desk.cancel(vn));
      await moved('removed', desk.remove(vn));
      const before = await his.digestOf(day(date));
      const other = await desk.register({ hn: '1202', at: at('2026-04-02', '08:10:00') });
      await desk.touch(other);
      const [standing] = await his.visitsOn(day(date));
      await desk.touch(standing?.vn ?? '');
      expect(await his.digestOf(day(date))).toBe(before);
    });
  });

  describe('a row committed late', () => {
    test('is seen once it is there, in the window and by the digest', async (context) => {
      const second = await bench().secondDesk?.();
      if (second === undefined) return context.skip('this engine has no transactions');
      const date = '2026-04-03';
      await second.begin();
      const late = await second.register({ hn: '1201', at: at(date, '08:00:00') });
      const quick = await desk.register({ hn: '1203', at: at(date, '08:00:05') });
      const window = [at(date, '07:55:00'), at(date, '08:01:00')] as const;
      const numbers = async () => (await his.newVisits(...window, () => false)).map((v) => v.vn).toSorted();
      expect((await his.visitsFrom(...window)).map((v) => v.vn)).toEqual([quick]);
      expect(await numbers()).toEqual([quick]);
      const digest = await his.digestOf(day(date));
      await second.commit();
      await second.close();
      expect((await his.visitsFrom(...window)).map((v) => v.vn)).toEqual([late, quick]);
      expect(await numbers()).toEqual([late, quick].toSorted());
      expect(await his.digestOf(day(date))).not.toBe(digest);
    });
  });
}
