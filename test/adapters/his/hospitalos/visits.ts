/** What a HospitalOS tells of its visits, whatever its form. */

import { beforeAll, describe, expect, test } from 'vitest';
import { insertDay, planDay } from '../../../../simulators/his/hospitalos/sample-day.ts';
import { planId } from '../../../../simulators/his/hospitalos/schema.ts';
import {
  admitVisit,
  cancelVisit,
  changeRight,
  editPatient,
  insertCode,
  insertPeople,
  insertVisit,
  moment,
  typeCode,
  undoAdmission,
} from '../../../../simulators/his/hospitalos/visits.ts';
import { plainPerson, SAMPLE_PEOPLE } from '../../../../simulators/his/hosxp/sample-people.ts';
import { inventedPerson } from '../../../../simulators/his/people.ts';
import type { SimDb } from '../../../../simulators/his/sim-db.ts';
import type { HisAdapter } from '../../../../src/service/ports/his.ts';
import type { Log } from '../../../../src/service/ports/log.ts';
import { at, type Bench, day, HCODE } from './support.ts';

export function visitsContract(bench: () => Bench, moments: 'text' | 'timestamp'): void {
  let db: SimDb;
  let his: HisAdapter;
  const setBegun = (vn: string, begun: string | null): Promise<unknown> =>
    db.query('UPDATE t_visit SET visit_begin_visit_time = ? WHERE visit_vn = ?', [begun, vn]);
  beforeAll(async () => {
    ({ db, his } = bench());
    await insertDay(db, planDay('2026-11-20', { count: 80 }));
  });

  describe('visits', () => {
    test('a sample day comes whole: one visit a number, in order, Thai text intact', async () => {
      const visits = await his.visitsOn(day('2026-11-20'));
      expect(visits).toHaveLength(80);
      expect(new Set(visits.map((v) => v.vn)).size).toBe(80);
      expect(visits.flatMap((v) => v.problem ?? [])).toEqual([]);
      expect(visits.map((v) => v.startedAt)).toEqual(
        visits.map((v) => v.startedAt).toSorted((a, b) => a - b),
      );
      const plain = plainPerson(42);
      expect(visits.find((v) => v.hn === plain.hn)).toMatchObject({
        hcode: HCODE,
        vn: expect.stringMatching(/^069\d{6}$/),
        serviceDate: '2026-11-20',
        pid: plain.cid,
        an: null,
        kind: 'outpatient',
        phones: [plain.mobile],
        person: {
          title: 'นาย',
          fname: plain.fname,
          lname: plain.lname,
          birthDate: plain.birthday,
          sex: 'male',
          nationality: '99',
        },
        right: { code: `21200000000${plain.pttype}`, name: expect.stringMatching(/[\u0e00-\u0e7f]/) },
        cancelled: false,
        code: null,
      });
      const schemes = Object.fromEntries(visits.map((v) => [v.right?.code.slice(-2) ?? '', v.right?.scheme]));
      expect(schemes).toMatchObject({ 20: 'OFC', 21: 'LGO', 30: 'SSS', 75: 'UCS', 89: 'UCS' });
    });

    test('the awkward ones are told as they are', async () => {
      const visits = await his.visitsOn(day('2026-11-20'));
      const of = (awkward: string) => {
        const hn = SAMPLE_PEOPLE.find((p) => p.awkward === awkward)?.hn;
        return visits.filter((v) => v.hn === hn);
      };
      expect(of('no-phone')[0]?.phones).toEqual([]);
      expect(of('landline-only')[0]?.phones).toEqual(['02-000-0001']);
      expect(of('several-numbers')[0]?.phones).toEqual(['02-0000002, 060-010-0011 (ลูกสาว)']);
      expect(of('phone-in-informtel')[0]?.phones).toEqual(['060 020 0021']);
      expect(of('no-cid')[0]?.pid).toBeNull();
      expect(of('zero-cid')[0]?.pid).toBe('0000000000000');
      expect(of('cid-with-dashes')[0]?.pid).toMatch(/^9-0000-/);
      expect(of('foreigner')[0]).toMatchObject({ pid: null, person: { nationality: '48' } });
      expect(of('two-visits')).toHaveLength(2);
      expect(of('child')[0]).toMatchObject({
        person: { title: 'ด.ญ.', sex: 'female' },
        right: { scheme: 'UCS' },
      });
      expect(of('inpatient')[0]).toMatchObject({ kind: 'inpatient', an: expect.stringMatching(/^169/) });
      expect(of('code-present')[0]?.code).toMatch(/^PP9/);
      expect(of('other-code-present')[0]?.code).toMatch(/^EP9/);
      // its code was deleted
      expect(of('code-in-authen-log')[0]?.code).toBeNull();
      expect(of('cancelled')[0]?.cancelled).toBe(true);
      expect(of('no-right-row')[0]).toMatchObject({ code: null, right: null });
      expect(of('zero-birthday')[0]?.person.birthDate).toBeNull();
    });

    test('visitsFrom and newVisits: from that moment on, over midnight, and those without a time of day', async () => {
      const visit = (date: string, time: string) => insertVisit(db, { hn: '000000021', at: at(date, time) });
      const timeless = await visit('2026-03-01', '08:00:00');
      if (moments === 'text') await setBegun(timeless, '2569-03-01');
      await visit('2026-03-01', '08:00:00');
      await visit('2026-03-01', '23:44:59');
      const evening = await visit('2026-03-01', '23:45:00');
      const settled = await visit('2026-03-01', '23:59:59');
      const night = await visit('2026-03-02', '00:00:00');
      await visit('2026-03-03', '00:00:00');
      const window = [at('2026-03-01', '23:45:00'), at('2026-03-02', '00:10:00')] as const;
      const always = moments === 'text' ? [timeless] : [];
      expect((await his.visitsFrom(...window)).map((v) => v.vn)).toEqual([
        ...always,
        evening,
        settled,
        night,
      ]);
      const seen = await his.newVisits(...window, (vn) => vn === settled);
      expect(seen.map((v) => v.vn)).toEqual([...always, evening, night]);
      expect(seen.find((v) => v.vn === night)).toEqual(await his.visit(night));
      expect(await his.newVisits(...window, () => true)).toEqual([]);
      expect(await his.countOn(day('2026-03-01'))).toBe(5);
      expect(await his.countOn(day('2026-03-02'))).toBe(1);
    });

    test('one visit, or null', async () => {
      const vn = await insertVisit(db, { hn: '000000021', at: at('2026-03-05', '08:00:00') });
      expect((await his.visit(vn))?.hn).toBe('000000021');
      expect(await his.visit('no-such-vn')).toBeNull();
      expect(await his.visit("x' OR '1'='1")).toBeNull();
    });

    test('an admission keeps the number of the visit, and takes nothing from it when it is undone', async () => {
      const vn = await insertVisit(db, { hn: '000000022', at: at('2026-03-06', '08:00:00') });
      const before = await his.visit(vn);
      const an = await admitVisit(db, vn, at('2026-03-06', '10:00:00'));
      const admitted = await his.visit(vn);
      expect(admitted).toEqual({ ...before, kind: 'inpatient', an });
      expect(await his.visit(an)).toBeNull();
      expect(await his.visitsOn(day('2026-03-06'))).toEqual([admitted]);
      const numbers = await his.newVisits(
        at('2026-03-06', '07:00:00'),
        at('2026-03-06', '11:00:00'),
        () => false,
      );
      expect(numbers).toEqual([admitted]);
      // a code that was given before the admission, and one that HospitalOS keeps in the visit's row
      await db.query("UPDATE t_visit SET visit_ipd_authen_code = 'PP0000000009' WHERE visit_vn = ?", [an]);
      expect(await his.visit(vn)).toMatchObject({ code: 'PP0000000009' });
      expect(await his.visitsWithoutCode(day('2026-03-06'))).toEqual([]);
      await typeCode(db, vn, 'PP0000000008');
      expect(await his.visit(vn)).toMatchObject({ code: 'PP0000000008' });
      await typeCode(db, vn, null);
      await undoAdmission(db, an);
      // the code of an admission is no outpatient's
      expect(await his.visit(vn)).toEqual(before);
    });

    test('a survey of households is no visit to the hospital', async () => {
      const vn = await insertVisit(db, { hn: '000000022', at: at('2026-03-07', '08:00:00') });
      await db.query("UPDATE t_visit SET f_visit_type_id = 'S' WHERE visit_vn = ?", [vn]);
      expect(await his.visitsOn(day('2026-03-07'))).toEqual([]);
      expect(await his.countOn(day('2026-03-07'))).toBe(0);
      await db.query('UPDATE t_visit SET f_visit_type_id = NULL WHERE visit_vn = ?', [vn]);
      expect(await his.visitsOn(day('2026-03-07'))).toMatchObject([
        { vn, kind: 'outpatient', problem: null },
      ]);
    });

    test('the first right that stands decides', async () => {
      const vn = await insertVisit(db, {
        hn: '000000026',
        at: at('2026-03-09', '08:00:00'),
        right: planId('30'),
      });
      const add = (id: string, right: string, priority: string, active: string): Promise<unknown> =>
        db.query(
          `INSERT INTO t_visit_payment SELECT ?, t_visit_id, ?, ?, ?, '', '22222', '33333' FROM t_visit WHERE visit_vn = ?`,
          [id, `21200000000${right}`, priority, active, vn],
        );
      await add('a', '20', '1', '1');
      await add('b', '10', '10', '1');
      await add('c', '21', '0', '0');
      expect(await his.visit(vn)).toMatchObject({
        right: { scheme: 'SSS', hospMain: '10978', hospSub: null },
      });
      await db.query(
        "UPDATE t_visit_payment SET visit_payment_active = '0' WHERE visit_payment_priority = '0'",
      );
      expect(await his.visit(vn)).toMatchObject({
        right: { scheme: 'OFC', hospMain: '22222', hospSub: '33333' },
      });
    });

    test('of several codes the newest that can be one is told; deleted and blank ones are none', async () => {
      const date = '2026-03-10';
      const vn = await insertVisit(db, { hn: '000000026', at: at(date, '08:00:00') });
      await insertCode(db, { vn, code: 'PP1111111111', at: at(date, '08:01:00') });
      await insertCode(db, { vn, code: 'PP2222222222', at: at(date, '08:03:00') });
      await insertCode(db, { vn, code: 'EP3333333333', at: at(date, '08:04:00') });
      await insertCode(db, { vn, code: ' ', at: at(date, '08:05:00') });
      expect((await his.visitsOn(day(date))).map((v) => v.code)).toEqual(['PP2222222222']);
      await db.query(
        "UPDATE t_nhso_authencode SET delete_date_time = now() WHERE vn = ? AND claim_code LIKE 'PP2%'",
        [vn],
      );
      expect((await his.visit(vn))?.code).toBe('PP1111111111');
      await typeCode(db, vn, null);
      expect((await his.visit(vn))?.code).toBeNull();
      await insertCode(db, { vn, code: '', at: at(date, '08:06:00') });
      expect((await his.visitsWithoutCode(day(date))).map((v) => v.vn)).toEqual([vn]);
    });

    test('missing codes: no row that stands', async () => {
      const visit = (minute: string, code?: string) =>
        insertVisit(db, {
          hn: '000000021',
          at: at('2026-03-11', `08:${minute}:00`),
          ...(code ? { code } : {}),
        });
      const bare = await visit('00');
      await visit('01', 'PP0000000001');
      const deleted = await visit('02', 'PP0000000002');
      await typeCode(db, deleted, null);
      await visit('03', 'EP0000000003');
      const missing = await his.visitsWithoutCode(day('2026-03-11'));
      expect(missing.map((v) => v.vn)).toEqual([bare, deleted]);
    });

    test('a row that cannot be understood names its column and loses no other', async () => {
      const date = '2026-03-08';
      const visit = (minute: string, more = {}) =>
        insertVisit(db, { hn: '000000021', at: at(date, `08:${minute}:00`), ...more });
      const good = await visit('00');
      const orphan = await visit('01', { hn: '000999999' });
      const nobody = await visit('02');
      const twice = await visit('03', { vn: 'A-2' });
      await visit('04', { vn: 'A-2', hn: '000000022' });
      const undone = await visit('05', { vn: 'A-3', status: '4' });
      await visit('06', { vn: 'A-3', hn: '000000023' });
      const year = await visit('07');
      const empty = await visit('08');
      await db.query("UPDATE t_visit SET visit_hn = '' WHERE visit_vn = ?", [nobody]);
      await setBegun(year, moments === 'text' ? '2026-03-08,08:07:00' : '2569-03-08 08:07:00');
      await setBegun(empty, null);
      await visit('09', { vn: '' });
      const warnings: string[] = [];
      const log: Log = {
        debug: () => undefined,
        info: () => undefined,
        error: () => undefined,
        warn: (_, text) => warnings.push(text),
        child: () => log,
      };
      const told = bench().open({ log });
      const visits = await told.visitsOn(day(date));
      await told.visitsOn(day(date));
      await told.close();
      expect(visits.every((v) => v.serviceDate === date)).toBe(true);
      expect(Object.fromEntries(visits.map((v) => [v.vn, v.problem]))).toEqual({
        [good]: null,
        [year]: null,
        [undone]: null,
        [orphan]: 't_visit.t_patient_id has no row in t_patient',
        [nobody]: 't_visit.visit_hn is empty: expected a patient number',
        [twice]: 'the visit number stands on 2 rows of t_visit: expected one',
        [empty]:
          't_visit.visit_begin_visit_time is empty: expected a Buddhist date and time YYYY-MM-DD,HH:MM:SS',
      });
      expect(visits.find((v) => v.vn === empty)?.startedAt).toBe(at(date, '08:08:00'));
      expect(visits.find((v) => v.vn === 'A-3')?.hn).toBe('000000023');
      expect(warnings).toHaveLength(1);
    });

    test.runIf(moments === 'text')('times that are none do not make a visit disappear', async () => {
      const date = '2026-03-12';
      const texts = [
        '',
        '0000-00-00',
        '9999-99-99,00:00:00',
        'วันนี้',
        '2569/03/12 08:00',
        '2026/03/12',
        '2569-03-12,25:99',
        '2569-03-12 08:00',
      ];
      const vns: string[] = [];
      for (const text of texts) {
        const vn = await insertVisit(db, { hn: '000000021', at: at(date, '08:00:00') });
        await setBegun(vn, text);
        vns.push(vn);
      }
      const visits = await his.visitsOn(day(date));
      expect(visits.map((v) => v.vn).toSorted()).toEqual(vns.toSorted());
      const fine = visits.filter((v) => v.problem === null);
      expect(fine.map((v) => [v.vn, v.startedAt])).toEqual([[vns.at(-1), at(date, '08:00:00')]]);
      expect(await his.visitsOn(day('2026-03-13'))).toEqual([]);
      expect(await his.digestOf(day(date))).toContain('/6-');
    });
  });

  describe('digest', () => {
    const date = '2026-04-01';
    test('moves with every change that the bridge must see, and with nothing else', async () => {
      await insertPeople(db, [inventedPerson(500)]);
      const hn = '500';
      let last = '';
      const moved = async (change: Promise<unknown>): Promise<boolean> => {
        await change;
        const before = last;
        last = await his.digestOf(day(date));
        return last !== before;
      };
      const vn = await insertVisit(db, { hn: '000000021', at: at(date, '08:00:00') });
      const other = await insertVisit(db, { hn, at: at(date, '08:05:00') });
      last = await his.digestOf(day(date));
      expect(await moved(insertVisit(db, { hn, at: at(date, '08:10:00') })), 'added').toBe(true);
      expect(await moved(editPatient(db, hn, 'patient_patient_mobile_phone', '0611111112')), 'phone').toBe(
        true,
      );
      expect(await moved(editPatient(db, hn, 'patient_phone_number', '0611111112')), 'other phone').toBe(
        true,
      );
      expect(await moved(editPatient(db, hn, 'patient_pid', '')), 'citizen id').toBe(true);
      expect(await moved(typeCode(db, vn, 'PP0000000001')), 'code').toBe(true);
      expect(await moved(insertCode(db, { vn, code: 'PP0000000002' })), 'another code').toBe(true);
      expect(await moved(typeCode(db, vn, null)), 'codes deleted').toBe(true);
      expect(await moved(changeRight(db, vn, planId('30'))), 'right').toBe(true);
      expect(await moved(admitVisit(db, other, at(date, '09:00:00'))), 'admission').toBe(true);
      expect(await moved(cancelVisit(db, vn)), 'status').toBe(true);
      expect(await moved(cancelVisit(db, vn, 'removed')), 'removed').toBe(true);
      const before = await his.digestOf(day(date));
      await insertVisit(db, { hn, at: at('2026-04-02', '08:10:00') });
      await db.query(
        "UPDATE t_visit SET b_service_point_id = '2409000000009', visit_queue = '7' WHERE visit_hn = ?",
        [hn],
      );
      expect(await his.digestOf(day(date))).toBe(before);
    });
  });

  test('moments of the simulator are HospitalOS’s', () => {
    expect(moment(at('2026-11-28', '08:15:00'))).toBe('2569-11-28,08:15:00');
  });
}
