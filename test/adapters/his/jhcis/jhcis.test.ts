/** What is peculiar to a JHCIS: units, numbers that are counted, visits without a time, what stands beside the code. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JhcisOptions } from '../../../../adapters/his/options.ts';
import { openHis } from '../../../../adapters/his/registry.ts';
import { insertDay, planDay } from '../../../../simulators/his/jhcis/sample-day.ts';
import { OTHER_UNIT, plainPerson, SAMPLE_PEOPLE } from '../../../../simulators/his/jhcis/sample-people.ts';
import { createSchema, type JhcisForm, seedReferenceData } from '../../../../simulators/his/jhcis/schema.ts';
import {
  besideCode,
  cancelVisit,
  codeOf,
  insertPeople,
  insertVisit,
  type NewVisit,
} from '../../../../simulators/his/jhcis/visits.ts';
import { openSimDb, type SimDb } from '../../../../simulators/his/sim-db.ts';
import type { HisAdapter } from '../../../../src/service/ports/his.ts';
import { describeWith, type FreshDatabase, freshMariaDb } from '../../../support/services.ts';
import { at, day, HCODE } from '../support.ts';
import { jhcisOptions } from './support.ts';

const DATE = '2026-11-20';
const FORMS: readonly JhcisForm[] = [
  { charset: 'tis620', storage: 'MyISAM' },
  { charset: 'utf8', storage: 'InnoDB' },
];

describeWith('mariadb', 'JHCIS on MariaDB', (adminUrl) => {
  describe.each(FORMS)('$charset, $storage', (form) => {
    let database: FreshDatabase;
    let db: SimDb;
    let his: HisAdapter;
    const open = (options: Partial<JhcisOptions> = {}): HisAdapter =>
      openHis(jhcisOptions({ url: database.url, ...options }));

    beforeAll(async () => {
      database = await freshMariaDb(adminUrl, form.charset === 'tis620' ? 'tis620' : 'utf8mb4');
      db = await openSimDb(database.url);
      await createSchema(db, form);
      await seedReferenceData(db, { hcode: HCODE, hospitalName: 'รพ.สต.ทดสอบ' });
      await insertDay(db, planDay(DATE, { count: 80 }));
      his = open();
    }, 120_000);

    afterAll(async () => {
      await his?.close();
      await db?.close();
      await database?.drop();
    }, 60_000);

    describe('a sample day', () => {
      test('is the unit’s own, in order of time, Thai text intact', async () => {
        const visits = await his.visitsOn(day(DATE));
        // one of the 80 stands in another unit's name
        expect(visits).toHaveLength(79);
        expect(await his.countOn(day(DATE))).toBe(79);
        expect(visits.filter((v) => v.problem !== null)).toEqual([]);
        const starts = visits.map((v) => v.startedAt);
        expect(starts).toEqual(starts.toSorted((a, b) => a - b));
        const plain = plainPerson(202);
        expect(visits.find((v) => v.hn === '202')).toMatchObject({
          hcode: HCODE,
          vn: expect.stringMatching(/^\d+$/),
          serviceDate: DATE,
          pid: plain.idcard,
          phones: [plain.mobile],
          person: {
            title: 'นาย',
            fname: plain.fname,
            sex: 'male',
            nationality: '99',
            birthDate: plain.birth,
          },
          right: { code: plain.rightcode, name: expect.stringMatching(/[\u0e00-\u0e7f]/), hospMain: HCODE },
          kind: 'outpatient',
          department: null,
          cancelled: false,
          code: null,
        });
      });

      test('the awkward ones are told as they are', async () => {
        const visits = await his.visitsOn(day(DATE));
        const of = (awkward: string) => {
          const person = SAMPLE_PEOPLE.find((p) => p.awkward === awkward);
          const unit = person?.pcucodeperson ?? null;
          const hn = unit === null ? String(person?.pid) : `${unit}-${person?.pid}`;
          return visits.filter((v) => v.hn === hn);
        };
        expect(of('no-phone')[0]?.phones).toEqual([]);
        expect(of('landline-only')[0]?.phones).toEqual(['02-000-0001']);
        expect(of('several-numbers')[0]?.phones).toEqual(['02-0000002, 060-010-0011 (ลูกสาว)']);
        expect(of('phone-in-telephoneperson')[0]?.phones).toEqual(['-', '060 020 0021']);
        expect(of('no-cid')[0]?.pid).toBeNull();
        expect(of('foreigner')[0]).toMatchObject({ pid: null, person: { nationality: '48' } });
        expect(of('two-visits')).toHaveLength(2);
        expect(of('code-present')[0]?.code).toMatch(/^PP9/);
        expect(of('claim-type-as-code')[0]?.code).toBe('PG0060001');
        expect(of('cancelled')[0]?.cancelled).toBe(true);
        expect(of('no-right')[0]?.right).toBeNull();
        expect(of('no-time')[0]?.startedAt).toBe(at(DATE, '00:00:00'));
        expect(of('title-code')[0]?.person.title).toBe('นาย');
        expect(of('of-another-unit')).toHaveLength(1);
        expect(of('visit-of-another-unit')).toEqual([]);
        expect(of('zero-birth')[0]?.person.birthDate).toBeNull();
      });

      test('the other unit’s site sees its own visit, and this one not', async () => {
        const other = open({ hcode: OTHER_UNIT });
        const [visit, ...more] = await other.visitsOn(day(DATE));
        expect(more).toEqual([]);
        expect(visit?.hcode).toBe(OTHER_UNIT);
        expect(await his.visit(visit?.vn ?? '')).toBeNull();
        const request = { vn: visit?.vn ?? '', claimCode: 'PP1', claimType: null, issuedAt: null };
        expect(await his.writeBack(request)).toEqual({ kind: 'no-visit' });
        await other.close();
      });

      test('a claim type in the code’s place: still without a code, and never overwritten', async () => {
        const visits = await his.visitsOn(day(DATE));
        const faulty = visits.find((v) => v.code === 'PG0060001');
        const missing = await his.visitsWithoutCode(day(DATE));
        expect(missing.map((v) => v.vn)).toContain(faulty?.vn);
        expect(missing.every((v) => v.code === null || v.code.startsWith('PG'))).toBe(true);
        const request = { ...{ vn: faulty?.vn ?? '', claimType: null, issuedAt: null }, claimCode: 'PP1' };
        expect(await his.writeBack(request)).toEqual({ kind: 'occupied', holds: 'PG0060001' });
      });
    });

    describe('numbers that are counted', () => {
      const today = '2026-03-11';
      const visit = (time: string, more: Partial<NewVisit> = {}) =>
        insertVisit(db, { pid: 201, at: at(today, time), ...more });
      const numbers = async (adapter: HisAdapter, now: string) =>
        (await adapter.newVisits(at(today, now) - 12 * 60_000, at(today, now), () => false)).map((v) => v.vn);

      test('a poll sees what is new, whatever its time says; what is old no more', async () => {
        const mine = open();
        const first = await visit('08:00:00');
        expect(await numbers(mine, '08:00:02')).toEqual([`${first}`]);
        const second = await visit('08:30:00');
        expect(await numbers(mine, '08:30:02')).toEqual([`${second}`]);
        const timeless = await visit('08:30:10', { timed: false });
        const early = await visit('07:00:00');
        expect((await numbers(mine, '08:30:12')).toSorted()).toEqual([
          `${second}`,
          `${timeless}`,
          `${early}`,
        ]);
        expect(await numbers(mine, '08:50:00')).toEqual([]);
        await mine.close();
      });

      test('a number that is used again is seen by the count, and then by its number', async () => {
        const mine = open();
        await mine.visitsOn(day(today));
        const gone = await visit('09:00:00');
        expect(await numbers(mine, '09:00:02')).toContain(`${gone}`);
        await cancelVisit(db, gone);
        expect(await mine.visit(`${gone}`)).toBeNull();
        const again = await visit('09:30:00');
        expect(again).toBe(gone);
        // the day is read whole when its count or its digest has moved
        await mine.visitsOn(day(today));
        expect(await numbers(mine, '09:30:02')).toContain(`${again}`);
        await mine.close();
      });
    });

    test('visits without a date are found by the day of their last change', async () => {
      const date = '2026-03-08';
      const visit = (time: string) => insertVisit(db, { pid: 201, at: at(date, time) });
      const [good, zero, none, buddhist] = [
        await visit('08:00:00'),
        await visit('08:10:00'),
        await visit('08:20:00'),
        await visit('08:30:00'),
      ];
      const before = await his.digestOf(day(date));
      await db.query("UPDATE visit SET visitdate = '0000-00-00' WHERE visitno = ?", [zero]);
      await db.query('UPDATE visit SET visitdate = NULL WHERE visitno = ?', [none]);
      await db.query("UPDATE visit SET visitdate = '2569-03-08' WHERE visitno = ?", [buddhist]);
      expect(await his.digestOf(day(date))).not.toBe(before);
      const visits = await his.visitsOn(day(date));
      expect(Object.fromEntries(visits.map((v) => [v.vn, v.problem]))).toEqual({
        [good]: null,
        [buddhist]: null,
        [zero]: 'visit.visitdate is "0000-00-00": expected a date YYYY-MM-DD',
        [none]: 'visit.visitdate is empty: expected a date YYYY-MM-DD',
      });
      expect(visits.every((v) => v.serviceDate === date)).toBe(true);
      expect(await his.countOn(day(date))).toBe(2);
      await db.query('UPDATE visit SET dateupdate = NULL WHERE visitno = ?', [none]);
      expect((await his.check()).find((f) => f.check === 'his-dates')).toMatchObject({
        level: 'warn',
        message: expect.stringContaining('dateupdate: 1'),
      });
      await db.query('DELETE FROM visit WHERE visitno = ?', [none]);
    });

    test('only a number is a visit number', async () => {
      const visitno = await insertVisit(db, { pid: 201, at: at('2026-03-05', '08:00:00') });
      expect((await his.visit(`${visitno}`))?.vn).toBe(`${visitno}`);
      for (const vn of [`0${visitno}`, `${visitno}x`, `${visitno} `, '', "1' OR '1'='1", '99999999999999']) {
        expect(await his.visit(vn), vn).toBeNull();
        const request = { vn, claimCode: 'PP1', claimType: null, issuedAt: null };
        expect(await his.writeBack(request), vn).toEqual({ kind: 'no-visit' });
      }
    });

    describe('beside the code', () => {
      let minute = 0;
      const visit = (): Promise<number> =>
        insertVisit(db, { pid: 201, at: at('2026-05-01', '07:00:00') + 60_000 * minute++ });
      const request = (visitno: number) => ({
        vn: `${visitno}`,
        claimCode: 'PP1234567890',
        claimType: 'PG0060001',
        issuedAt: at('2026-05-01', '09:30:15'),
      });
      const KEY = { table: 'visit', pcucode: HCODE, column: 'claimcode_nhso' };
      const set = (visitno: number, sets: string) =>
        db.exec(`UPDATE visit SET ${sets} WHERE visitno = ${visitno}`);
      const undo = async (visitno: number, adapter = his): Promise<boolean> => {
        const outcome = await adapter.writeBack(request(visitno));
        if (outcome.kind !== 'written') throw new Error(outcome.kind);
        const { row, previous } = outcome;
        return adapter.undoWriteBack({ claimCode: 'PP1234567890', row, previous });
      };

      test('claim type and time are written, and taken back with the code', async () => {
        const visitno = await visit();
        const outcome = await his.writeBack(request(visitno));
        const ours = { hiciauthen_nhso: 'PG0060001', datetime_claim: '2026-05-01 09:30:15' };
        expect(outcome).toEqual({
          kind: 'written',
          row: { ...KEY, visitno: `${visitno}`, ...ours },
          previous: null,
        });
        expect(await besideCode(db, visitno)).toEqual({ type: 'PG0060001', time: '2026-05-01 09:30:15' });
        if (outcome.kind !== 'written') return;
        const { row, previous } = outcome;
        expect(await his.undoWriteBack({ claimCode: 'PP1234567890', row, previous })).toBe(true);
        expect(await codeOf(db, visitno)).toBeNull();
        expect(await besideCode(db, visitno)).toEqual({ type: null, time: null });
        expect(await his.undoWriteBack({ claimCode: 'PP1234567890', row, previous })).toBe(false);
      });

      test('what stood there was not ours, even when it is the same', async () => {
        const visitno = await visit();
        await set(visitno, "hiciauthen_nhso = 'PG0060001', datetime_claim = '2026-05-01 08:00:00'");
        expect(await undo(visitno)).toBe(true);
        expect(await codeOf(db, visitno)).toBeNull();
        expect(await besideCode(db, visitno)).toEqual({ type: 'PG0060001', time: '2026-05-01 08:00:00' });
      });

      test('beside a claim type that stood there no time is written: it would say that all is ours', async () => {
        const visitno = await visit();
        await set(visitno, "hiciauthen_nhso = 'PG0060001'");
        const row = { ...KEY, visitno: `${visitno}` };
        expect(await his.writeBack(request(visitno))).toEqual({ kind: 'written', row, previous: null });
        expect(await besideCode(db, visitno)).toEqual({ type: 'PG0060001', time: null });
        expect(await his.writeBack(request(visitno))).toEqual({ kind: 'already' });
      });

      test('blanks and zero dates come back as they were', async () => {
        const visitno = await visit();
        await set(
          visitno,
          "claimcode_nhso = '', hiciauthen_nhso = '', datetime_claim = '0000-00-00 00:00:00'",
        );
        expect(await undo(visitno)).toBe(true);
        expect(await codeOf(db, visitno)).toBe('');
        expect(await besideCode(db, visitno)).toEqual({ type: '', time: '0000-00-00 00:00:00' });
      });

      test('what somebody has changed since stays', async () => {
        const visitno = await visit();
        const outcome = await his.writeBack(request(visitno));
        if (outcome.kind !== 'written') throw new Error(outcome.kind);
        await set(visitno, "hiciauthen_nhso = 'PG0110001'");
        const { row, previous } = outcome;
        expect(await his.undoWriteBack({ claimCode: 'PP1234567890', row, previous })).toBe(true);
        expect(await besideCode(db, visitno)).toEqual({ type: 'PG0110001', time: null });
      });

      test('a lost answer: the time says that all three are ours', async () => {
        const visitno = await visit();
        await his.writeBack(request(visitno));
        const ours = { hiciauthen_nhso: 'PG0060001', datetime_claim: '2026-05-01 09:30:15' };
        const row = { ...KEY, visitno: `${visitno}`, ...ours };
        expect(await his.writeBack(request(visitno))).toEqual({ kind: 'already', row });
        await set(visitno, "datetime_claim = '2026-05-01 09:31:00'");
        expect(await his.writeBack(request(visitno))).toEqual({ kind: 'already' });
      });

      test('neither, where the site says so', async () => {
        const plain = open({ writeClaimType: false, writeClaimDateTime: false });
        const visitno = await visit();
        expect(await plain.writeBack(request(visitno))).toEqual({
          kind: 'written',
          row: { ...KEY, visitno: `${visitno}` },
          previous: null,
        });
        expect(await besideCode(db, visitno)).toEqual({ type: null, time: null });
        await plain.close();
      });

      test('a claim type that does not fit into its column stays out, the code goes in', async () => {
        await db.exec('ALTER TABLE visit MODIFY hiciauthen_nhso varchar(5) DEFAULT NULL');
        const mine = open();
        const visitno = await visit();
        expect(await mine.writeBack(request(visitno))).toMatchObject({ kind: 'written' });
        expect((await besideCode(db, visitno)).type).toBeNull();
        await db.exec('ALTER TABLE visit MODIFY hiciauthen_nhso varchar(50) DEFAULT NULL');
        await mine.close();
      });

      test('the row of another unit, another table or another column is not undone', async () => {
        const visitno = `${await visit()}`;
        const whole = { ...KEY, visitno };
        for (const row of [{ ...whole, pcucode: OTHER_UNIT }, { ...whole, column: 'symptoms' }, { ...KEY }]) {
          const request = { claimCode: 'PP1', row, previous: null };
          await expect(his.undoWriteBack(request)).rejects.toMatchObject({ code: 'his-schema' });
        }
      });
    });

    describe('doctor', () => {
      const find = async (check: string, adapter = his) => {
        const findings = await adapter.check();
        return findings.find((f) => f.check === check);
      };

      test('another hospital than the configuration says is a failure', async () => {
        const wrong = open({ hcode: '99999' });
        const found = await find('his-hcode', wrong);
        expect(found).toMatchObject({
          level: 'fail',
          message: expect.stringContaining(`office says hospital ${HCODE}`),
        });
        await wrong.close();
      });

      test('lately: visits in other units’ names, claim types in the code’s place', async () => {
        expect(await find('his-units')).toBeUndefined();
        expect(await find('his-claim-type-as-code')).toBeUndefined();
        const other = await insertVisit(db, { pid: 201, at: Date.now(), pcucode: OTHER_UNIT });
        const faulty = await insertVisit(db, { pid: 201, at: Date.now(), claimCode: 'PG0060001' });
        expect(await find('his-units')).toMatchObject({
          level: 'warn',
          message: expect.stringContaining(`${OTHER_UNIT} (1)`),
        });
        expect(await find('his-claim-type-as-code')).toMatchObject({
          level: 'warn',
          message: expect.stringContaining('claimcode_nhso: 1'),
        });
        await db.query('DELETE FROM visit WHERE visitno IN (?, ?)', [other, faulty]);
      });

      test('a table without its key, and without an index on the date', async () => {
        expect(await find('his-key')).toMatchObject({ level: 'ok' });
        await db.exec('ALTER TABLE visit DROP PRIMARY KEY, DROP KEY visitdate, ADD KEY unit (pcucode)');
        expect(await find('his-key')).toMatchObject({ level: 'fail' });
        expect(await find('his-index')).toMatchObject({
          level: 'warn',
          message: expect.stringContaining('visit.visitdate'),
        });
        await db.exec(
          'ALTER TABLE visit DROP KEY unit, ADD PRIMARY KEY (pcucode, visitno), ADD KEY visitdate (visitdate)',
        );
      });
    });
  });

  test('an old version without anything beside the code, without mobile, cright, ctitle, office', async () => {
    const database = await freshMariaDb(adminUrl, 'tis620');
    const db = await openSimDb(database.url);
    await createSchema(db, { old: true, storage: 'MyISAM' });
    await seedReferenceData(db, { hcode: HCODE, hospitalName: 'รพ.สต.ทดสอบ' });
    const person = { ...plainPerson(201), telephoneperson: '0600002011', prename: '003' };
    await insertPeople(db, [person]);
    const visitno = await insertVisit(db, { pid: 201, at: at(DATE, '08:00:00') });
    await db.exec('DROP TABLE cright, ctitle, office');
    const his = openHis(jhcisOptions({ url: database.url }));
    expect(await his.visitsOn(day(DATE))).toMatchObject([
      {
        vn: `${visitno}`,
        phones: ['0600002011'],
        person: { title: null },
        right: { code: '89', name: null },
      },
    ]);
    const request = {
      vn: `${visitno}`,
      claimCode: 'PP1234567890',
      claimType: 'PG0060001',
      issuedAt: Date.now(),
    };
    const outcome = await his.writeBack(request);
    expect(outcome).toEqual({
      kind: 'written',
      row: { table: 'visit', pcucode: HCODE, visitno: `${visitno}`, column: 'claimcode_nhso' },
      previous: null,
    });
    const findings = await his.check();
    expect(findings.filter((f) => f.level === 'fail')).toEqual([]);
    expect(findings.filter((f) => f.check === 'his-table')).toHaveLength(3);
    await db.exec('ALTER TABLE visit DROP COLUMN claimcode_nhso');
    expect((await his.check()).find((f) => f.level !== 'ok')).toMatchObject({
      check: 'his-code-column',
      level: 'fail',
      fix: expect.stringContaining('newer version of JHCIS'),
    });
    await his.close();
    await db.close();
    await database.drop();
  });
});
