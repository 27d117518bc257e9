import { beforeAll, describe, expect, test } from 'vitest';
import { SAMPLE_PEOPLE } from '../../../../simulators/his/hosxp/sample-people.ts';
import { insertVisit, logAuthen } from '../../../../simulators/his/hosxp/visits.ts';
import type { SimDb } from '../../../../simulators/his/sim-db.ts';
import type { HisAdapter } from '../../../../src/service/ports/his.ts';
import type { Log } from '../../../../src/service/ports/log.ts';
import { at, type Bench, day } from './support.ts';

export function visitsContract(bench: () => Bench): void {
  let db: SimDb;
  let his: HisAdapter;
  let open: Bench['open'];
  beforeAll(() => {
    ({ db, his, open } = bench());
  });
  describe('visits', () => {
    test('the awkward ones are told as they are', async () => {
      const visits = await his.visitsOn(day('2026-11-20'));
      const of = (awkward: string) => {
        const hn = SAMPLE_PEOPLE.find((p) => p.awkward === awkward)?.hn;
        return visits.filter((v) => v.hn === hn);
      };
      expect(of('no-phone')[0]?.phones).toEqual([]);
      expect(of('landline-only')[0]?.phones).toEqual(['02-000-0001']);
      expect(of('several-numbers')[0]?.phones).toEqual(['02-0000002, 060-010-0011 (ลูกสาว)']);
      expect(of('phone-in-informtel')[0]?.phones).toEqual(['-', '060 020 0021']);
      expect(of('no-cid')[0]?.pid).toBeNull();
      expect(of('zero-cid')[0]?.pid).toBe('0000000000000');
      expect(of('cid-with-dashes')[0]?.pid).toMatch(/^9-0000-/);
      expect(of('foreigner')[0]).toMatchObject({ pid: null, person: { nationality: '48' } });
      expect(of('two-visits')).toHaveLength(2);
      expect(of('child')[0]).toMatchObject({
        person: { title: 'ด.ญ.', sex: 'female' },
        right: { scheme: 'UCS' },
      });
      expect(of('inpatient')[0]?.kind).toBe('inpatient');
      expect(of('code-present')[0]?.code).toMatch(/^PP9/);
      expect(of('cancelled')[0]?.cancelled).toBe(true);
      expect(of('no-right-row')[0]).toMatchObject({ code: null, right: { code: '89' } });
      expect(of('zero-birthday')[0]?.person.birthDate).toBeNull();
      const logged = of('code-in-authen-log')[0];
      expect(logged?.loggedCode).toMatchObject({ claimType: 'PG0060001', pid: logged?.pid });
      expect(logged?.loggedCode?.createdAt).toBe((logged?.startedAt ?? 0) + 30_000);
    });

    test('visitsFrom: only from that moment, over midnight, and those without a time', async () => {
      await insertVisit(db, { hn: '000000021', at: at('2026-03-01', '08:00:00') });
      const evening = await insertVisit(db, { hn: '000000022', at: at('2026-03-01', '23:50:00') });
      const night = await insertVisit(db, { hn: '000000023', at: at('2026-03-02', '00:05:00') });
      const timeless = await insertVisit(db, { hn: '000000024', at: at('2026-03-01', '09:00:00') });
      await db.query('UPDATE ovst SET vsttime = NULL WHERE vn = ?', [timeless]);
      await insertVisit(db, { hn: '000000025', at: at('2026-03-03', '08:00:00') });
      const seen = await his.visitsFrom(at('2026-03-01', '23:45:00'), at('2026-03-02', '00:10:00'));
      expect(seen.map((v) => v.vn)).toEqual([timeless, evening, night]);
      expect(seen[0]).toMatchObject({ startedAt: at('2026-03-01', '09:00:00'), problem: null });
      expect(seen[2]).toMatchObject({ serviceDate: '2026-03-02' });
    });

    test('newVisits: those whose number is new, over midnight, but for the settled ones', async () => {
      await insertVisit(db, { hn: '000000021', at: at('2026-03-11', '08:00:00') });
      const evening = await insertVisit(db, { hn: '000000022', at: at('2026-03-11', '23:50:00') });
      const settled = await insertVisit(db, { hn: '000000026', at: at('2026-03-11', '23:51:00') });
      const night = await insertVisit(db, { hn: '000000023', at: at('2026-03-12', '00:05:00') });
      // a number of today on a visit of another day, and the other way round
      const early = await insertVisit(db, { hn: '000000024', at: at('2026-03-12', '00:06:00') });
      await db.query("UPDATE ovst SET vstdate = '2026-03-20' WHERE vn = ?", [early]);
      await insertVisit(db, { hn: '000000025', at: at('2026-03-13', '08:00:00') });
      const window = [at('2026-03-11', '23:45:00'), at('2026-03-12', '00:10:00')] as const;
      const seen = await his.newVisits(...window, (vn) => vn === settled);
      expect(seen.map((v) => v.vn).toSorted()).toEqual([evening, night]);
      expect(seen.find((v) => v.vn === night)).toEqual(await his.visit(night));
      expect(await his.newVisits(...window, () => true)).toEqual([]);
    });

    test('countOn: moves with a visit that newVisits cannot show', async () => {
      const date = '2026-03-14';
      await insertVisit(db, { hn: '000000021', at: at(date, '08:00:00') });
      const window = [at(date, '07:55:00'), at(date, '08:10:00')] as const;
      expect(await his.countOn(day(date))).toBe(1);
      await insertVisit(db, { hn: '000000022', at: at(date, '08:05:00'), vn: 'A-0001' });
      expect((await his.newVisits(...window, () => false)).map((v) => v.hn)).toEqual(['000000021']);
      expect(await his.countOn(day(date))).toBe(2);
      expect((await his.visitsFrom(...window)).map((v) => v.hn)).toEqual(['000000021', '000000022']);
      await db.query("UPDATE ovst SET vstdate = '2569-03-14' WHERE vn = 'A-0001'");
      expect(await his.countOn(day(date))).toBe(2);
    });

    test('several rows of right and log make one visit; its own right decides, the newest line of the log is told', async () => {
      const vn = await insertVisit(db, { hn: '000000026', at: at('2026-03-06', '08:00:00'), pttype: '30' });
      await db.query(
        "INSERT INTO visit_pttype (hos_guid, vn, pttype, pttype_number, auth_code, hospmain) VALUES ('{x}', ?, '10', 1, 'PP0000000009', '11111')",
        [vn],
      );
      await db.query(
        "UPDATE visit_pttype SET pttype_number = 2, hospmain = '22222' WHERE vn = ? AND pttype = '30'",
        [vn],
      );
      const line = { vn, pid: '9000000000012', claimType: 'PG0060001' };
      await logAuthen(db, { ...line, claimCode: 'PP1111111111', at: at('2026-03-06', '08:01:00') });
      await logAuthen(db, { ...line, claimCode: 'PP2222222222', at: at('2026-03-06', '08:03:00') });
      await logAuthen(db, { ...line, claimCode: 'EP3333333333', at: at('2026-03-06', '08:04:00') });
      await logAuthen(db, { ...line, claimCode: '', at: at('2026-03-06', '08:05:00') });
      const visits = await his.visitsOn(day('2026-03-06'));
      expect(visits).toHaveLength(1);
      expect(visits[0]).toMatchObject({ code: null, right: { code: '30', hospMain: '22222' } });
      expect(visits[0]?.loggedCode?.claimCode).toBe('PP2222222222');
    });

    test('without a row of its own right, the main row counts', async () => {
      const vn = await insertVisit(db, {
        hn: '000000027',
        at: at('2026-03-07', '08:00:00'),
        authCode: 'PP0000000007',
      });
      await db.query("UPDATE ovst SET pttype = '75' WHERE vn = ?", [vn]);
      expect((await his.visit(vn))?.code).toBe('PP0000000007');
    });

    test('a row that cannot be understood names its column and loses no other', async () => {
      const good = await insertVisit(db, { hn: '000000021', at: at('2026-03-08', '08:00:00') });
      const orphan = await insertVisit(db, { hn: '000999999', at: at('2026-03-08', '08:10:00') });
      const stray = await insertVisit(db, { hn: '000000022', at: at('2026-03-08', '08:20:00') });
      const buddhist = await insertVisit(db, { hn: '000000023', at: at('2026-03-08', '08:30:00') });
      const noDate = db.engine === 'mariadb' ? '0000-00-00' : null;
      await db.query('UPDATE ovst SET vstdate = ? WHERE vn = ?', [noDate, stray]);
      await db.query("UPDATE ovst SET vstdate = '2569-03-08' WHERE vn = ?", [buddhist]);
      await db.query(
        "INSERT INTO ovst (hos_guid, vn, hn, vstdate, vsttime) VALUES ('{no-vn}', NULL, '1', '2026-03-08', '09:00:00')",
      );
      const warnings: string[] = [];
      const log: Log = {
        debug: () => undefined,
        info: () => undefined,
        error: () => undefined,
        warn: (_, text) => warnings.push(text),
        child: () => log,
      };
      const told = open({ log });
      const visits = await told.visitsOn(day('2026-03-08'));
      await told.visitsOn(day('2026-03-08'));
      await told.close();
      const problems = Object.fromEntries(visits.map((v) => [v.vn, v.problem]));
      expect(problems).toEqual({
        [good]: null,
        [buddhist]: null,
        [orphan]: 'ovst.hn has no row in patient',
        [stray]: `ovst.vstdate is ${noDate === null ? 'empty' : `"${noDate}"`}: expected a date YYYY-MM-DD`,
      });
      expect(visits.every((v) => v.serviceDate === '2026-03-08')).toBe(true);
      expect(warnings).toEqual(['rows of the HIS without a visit number: no case']);
    });

    test('missing codes: neither in the row nor in the log', async () => {
      const empty = await insertVisit(db, { hn: '000000021', at: at('2026-03-09', '08:00:00') });
      const blank = await insertVisit(db, {
        hn: '000000022',
        at: at('2026-03-09', '08:01:00'),
        authCode: ' ',
      });
      await insertVisit(db, { hn: '000000023', at: at('2026-03-09', '08:02:00'), authCode: 'PP0000000001' });
      const logged = await insertVisit(db, { hn: '000000024', at: at('2026-03-09', '08:03:00') });
      const bare = await insertVisit(db, {
        hn: '000000025',
        at: at('2026-03-09', '08:04:00'),
        rightRow: false,
      });
      await logAuthen(db, {
        vn: logged,
        pid: '9000000000012',
        claimCode: 'PP4444444444',
        claimType: 'PG0060001',
        at: at('2026-03-09', '08:04:00'),
      });
      const missing = await his.visitsWithoutCode(day('2026-03-09'));
      expect(missing.map((v) => v.vn)).toEqual([empty, blank, bare]);
    });
  });
}
