import { beforeAll, describe, expect, test } from 'vitest';
import type { Desk } from '../../../../simulators/his/desk.ts';
import { inventedPerson } from '../../../../simulators/his/people.ts';
import type { Visit } from '../../../../src/domain/visit.ts';
import type { HisAdapter } from '../../../../src/service/ports/his.ts';
import { at, type Bench, day, HCODE } from './support.ts';

const THAI = /[\u0e00-\u0e7f]/;

export function visitsContract(bench: () => Bench): void {
  let desk: Desk;
  let his: HisAdapter;
  beforeAll(async () => {
    ({ desk, his } = bench());
    await desk.addPeople(Array.from({ length: 60 }, (_, i) => inventedPerson(1001 + i)));
  });

  describe('visits', () => {
    test('a day comes whole: one visit a number, in order of time, Thai text intact', async () => {
      const date = '2026-11-20';
      const begins = at(date, '08:00:00');
      await desk.registerAll(
        Array.from({ length: 60 }, (_, i) => ({ hn: String(1060 - i), at: begins + i * 60_000 })),
      );
      const visits = await his.visitsOn(day(date));
      expect(visits).toHaveLength(60);
      expect(new Set(visits.map((v) => v.vn)).size).toBe(60);
      expect(visits.every((v) => v.problem === null)).toBe(true);
      expect(visits.map((v) => v.startedAt)).toEqual(visits.map((_, i) => begins + i * 60_000));
      const person = inventedPerson(1042);
      expect(visits.find((v) => v.pid === person.cid)).toMatchObject({
        ...{ hcode: HCODE, serviceDate: date, kind: 'outpatient', an: null, cancelled: false },
        ...{ code: null, loggedCode: null, phones: [person.mobile] },
        person: {
          ...{ title: 'นาย', fname: person.fname, lname: person.lname, birthDate: person.birthDate },
          ...{ sex: 'male', nationality: '99' },
        },
        right: { code: desk.rights[0], name: expect.stringMatching(THAI) },
      });
    });

    test('people are told as they stand there, and nothing is made up', async () => {
      const people = {
        noPhone: inventedPerson(1101, { mobile: null }),
        landline: inventedPerson(1102, { mobile: null, otherPhone: '02-000-0001' }),
        several: inventedPerson(1103, { mobile: '02-0000002, 060-010-0011' }),
        both: inventedPerson(1104, { mobile: '0600200021', otherPhone: '0600200031' }),
        noCid: inventedPerson(1105, { cid: null }),
        zeroCid: inventedPerson(1106, { cid: '0000000000000' }),
        foreigner: inventedPerson(1107, { cid: null, title: 'Mr.', fname: 'TEST', nationality: '48' }),
        noBirthDate: inventedPerson(1108, { birthDate: '0000-00-00' }),
        woman: inventedPerson(1109, { title: 'ด.ญ.', sex: 'female' }),
      };
      await desk.addPeople(Object.values(people));
      const date = '2026-11-21';
      const vns: Record<string, string> = {};
      for (const [name, { hn }] of Object.entries(people)) {
        vns[name] = await desk.register({ hn, at: at(date, '08:00:00') + Number(hn) * 1_000 });
      }
      const visits = new Map((await his.visitsOn(day(date))).map((v) => [v.vn, v]));
      const of = (name: keyof typeof people) => visits.get(vns[name] ?? '');
      expect(of('noPhone')?.phones).toEqual([]);
      expect(of('landline')?.phones).toEqual(['02-000-0001']);
      expect(of('several')?.phones).toEqual(['02-0000002, 060-010-0011']);
      expect(of('both')?.phones).toEqual(['0600200021', '0600200031']);
      expect(of('noCid')?.pid).toBeNull();
      expect(of('zeroCid')?.pid).toBe('0000000000000');
      expect(of('foreigner')).toMatchObject({ pid: null, person: { nationality: '48', fname: 'TEST' } });
      expect(of('noBirthDate')).toMatchObject({ person: { birthDate: null }, problem: null });
      expect(of('woman')?.person).toMatchObject({ title: 'ด.ญ.', sex: 'female' });
    });

    test('one person twice, an admission, a cancelled one, another right, codes that stand there', async () => {
      const date = '2026-11-22';
      const visit = (minute: number, more: object = {}) =>
        desk.register({ hn: '1001', at: at(date, '08:00:00') + minute * 60_000, ...more });
      const [first, again] = [await visit(0), await visit(1)];
      const [inpatient, cancelled] = [await visit(2, { inpatient: true }), await visit(3)];
      const [coded, closed] = [
        await visit(4, { code: 'PP9000000001' }),
        await visit(5, { code: 'EP9000000002' }),
      ];
      const other = await visit(6, { right: desk.rights[1] });
      if (!bench().lacks?.cancelMark) await desk.cancel(cancelled);
      let visits = new Map<string, Visit>();
      // of many files a look may bring the first ones only, and the next look the others
      await expect
        .poll(
          async () => {
            visits = new Map((await his.visitsOn(day(date))).map((v) => [v.vn, v]));
            return { all: visits.size, isCancelled: visits.get(cancelled)?.cancelled };
          },
          { timeout: 20_000 },
        )
        .toEqual({ all: 7, isCancelled: !bench().lacks?.cancelMark });
      expect(visits.get(first)).toMatchObject({ cancelled: false, kind: 'outpatient', code: null });
      expect(visits.get(again)?.pid).toBe(visits.get(first)?.pid);
      expect(visits.get(inpatient)?.kind).toBe(bench().lacks?.admissions ? 'outpatient' : 'inpatient');
      expect(visits.get(coded)?.code).toBe('PP9000000001');
      expect(visits.get(closed)?.code).toBe('EP9000000002');
      expect(visits.get(other)?.right).toMatchObject({ code: desk.rights[1] });
      expect(visits.get(other)?.right?.name).not.toBe(visits.get(first)?.right?.name);
    });

    test('visitsFrom: only from that moment, over midnight, and those without a time', async () => {
      const before = await desk.register({ hn: '1001', at: at('2026-03-01', '08:00:00') });
      const evening = await desk.register({ hn: '1002', at: at('2026-03-01', '23:50:00') });
      const night = await desk.register({ hn: '1003', at: at('2026-03-02', '00:05:00') });
      const timeless = await desk.register({ hn: '1004', at: at('2026-03-01', '09:00:00') });
      if (!bench().lacks?.timeless) await desk.spoilDate(timeless, 'timeless');
      await desk.register({ hn: '1005', at: at('2026-03-03', '08:00:00') });
      const seen = await his.visitsFrom(at('2026-03-01', '23:45:00'), at('2026-03-02', '00:10:00'));
      const vns = seen.map((v) => v.vn);
      expect(vns).not.toContain(before);
      expect(vns.filter((vn) => vn !== timeless)).toEqual([evening, night]);
      expect(vns.includes(timeless)).toBe(!bench().lacks?.timeless);
      expect(seen.at(-1)).toMatchObject({
        serviceDate: '2026-03-02',
        startedAt: at('2026-03-02', '00:05:00'),
      });
    });

    test('newVisits: what is new, over midnight, but for the settled ones', async () => {
      const evening = await desk.register({ hn: '1002', at: at('2026-03-11', '23:50:00') });
      const settled = await desk.register({ hn: '1006', at: at('2026-03-11', '23:51:00') });
      const night = await desk.register({ hn: '1003', at: at('2026-03-12', '00:05:00') });
      await desk.register({ hn: '1005', at: at('2026-03-13', '08:00:00') });
      const window = [at('2026-03-11', '23:45:00'), at('2026-03-12', '00:10:00')] as const;
      const seen = await his.newVisits(...window, (vn) => vn === settled);
      // it may name some that are older, never any of another day or a settled one
      expect(seen.map((v) => v.vn)).toEqual(expect.arrayContaining([evening, night]));
      expect(seen.map((v) => v.vn)).not.toContain(settled);
      expect(seen.every((v) => v.serviceDate <= '2026-03-12' && v.serviceDate >= '2026-03-11')).toBe(true);
      expect(seen.find((v) => v.vn === night)).toEqual(await his.visit(night));
      expect(await his.newVisits(...window, () => true)).toEqual([]);
    });

    test('countOn: the rows of the day, whatever their number or time', async () => {
      const date = '2026-03-14';
      const count = () => his.countOn(day(date));
      expect(await count()).toBe(0);
      const first = await desk.register({ hn: '1001', at: at(date, '08:00:00') });
      expect(await count()).toBe(1);
      const moved = await desk.register({ hn: '1002', at: at('2026-03-15', '08:05:00') });
      await desk.moveTo(moved, date);
      expect(await count()).toBe(2);
      expect((await his.visitsOn(day(date))).map((v) => v.vn).toSorted()).toEqual([first, moved].toSorted());
      await desk.remove(first);
      expect(await count()).toBe(1);
      expect(await his.visit(first)).toBeNull();
    });

    test('one visit, or null; a number is a value and nothing else', async () => {
      const vn = await desk.register({ hn: '1001', at: at('2026-03-05', '08:00:00') });
      expect((await his.visit(vn))?.vn).toBe(vn);
      for (const evil of ['no-such-vn', "x' OR '1'='1", '-1', '', `${vn} OR 1=1`, `${vn}0`, '9'.repeat(40)]) {
        expect(await his.visit(evil), evil).toBeNull();
      }
    });

    test('a row that cannot be understood names what is wrong, and loses no other', async () => {
      const date = '2026-03-08';
      const { lacks } = bench();
      const good = await desk.register({ hn: '1001', at: at(date, '08:00:00') });
      const orphan = await desk.register({ hn: '999999', at: at(date, '08:10:00') });
      const era = await desk.register({ hn: '1003', at: at(date, '08:30:00') });
      await desk.spoilDate(era, 'other-era');
      const expected = [good, orphan, era];
      if (!lacks?.strays) {
        const stray = await desk.register({ hn: '1002', at: at(date, '08:20:00') });
        await desk.spoilDate(stray, 'none');
        expected.push(stray);
        expect((await his.visit(stray))?.problem).toMatch(/: expected .*date/);
      }
      const visits = await his.visitsOn(day(date));
      expect(visits.map((v) => v.vn).toSorted()).toEqual(expected.toSorted());
      expect(visits.every((v) => v.serviceDate === date)).toBe(true);
      const problem = (vn: string) => visits.find((v) => v.vn === vn)?.problem;
      expect(problem(good)).toBeNull();
      expect(problem(era)).toBeNull();
      expect(problem(orphan)).toMatch(/no row in|no person/);
    });

    test('missing codes: the column is empty or blank', async () => {
      const date = '2026-03-09';
      const visit = (minute: number, code?: string) =>
        desk.register({
          ...{ hn: '1001', at: at(date, '08:00:00') + minute * 60_000 },
          ...(code === undefined ? {} : { code }),
        });
      const [empty, blank] = [await visit(0), await visit(1)];
      await desk.typeCode(blank, '');
      await visit(2, 'PP0000000001');
      await visit(3, 'EP0000000001');
      const missing = await his.visitsWithoutCode(day(date));
      expect(missing.map((v) => v.vn).toSorted()).toEqual([empty, blank].toSorted());
    });
  });
}
