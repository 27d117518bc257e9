import { describe, expect, test } from 'vitest';
import { insertDay, planDay } from '../../../simulators/his/hosxp/sample-day.ts';
import { plainPerson, SAMPLE_PEOPLE } from '../../../simulators/his/hosxp/sample-people.ts';
import { createSchema, seedReferenceData } from '../../../simulators/his/hosxp/schema.ts';
import { insertVisit } from '../../../simulators/his/hosxp/visits.ts';
import { simDbOver } from '../../../simulators/his/sim-db.ts';
import { parseCitizenId } from '../../../src/domain/citizen-id.ts';
import { chooseMobile } from '../../../src/domain/phone.ts';
import { freshPglite } from '../../support/pglite.ts';

describe('the sample people', () => {
  test('are many, and none can be taken for a real one', () => {
    expect(SAMPLE_PEOPLE.length).toBeGreaterThanOrEqual(60);
    expect(new Set(SAMPLE_PEOPLE.map((p) => p.hn)).size).toBe(SAMPLE_PEOPLE.length);
    for (const person of [...SAMPLE_PEOPLE, plainPerson(5000)]) {
      expect(person.fname + person.lname).toMatch(/ทดสอบ|สมมุติ|TEST/);
      // the registry gives no number that begins with 9
      if (parseCitizenId(person.cid) !== null) expect(person.cid?.startsWith('9')).toBe(true);
    }
  });

  test('those with nothing awkward about them can get a code', () => {
    for (const person of SAMPLE_PEOPLE.filter((p) => p.awkward === null)) {
      expect(parseCitizenId(person.cid)).not.toBeNull();
      expect(chooseMobile([person.mobile ?? ''])).not.toBeNull();
      expect(person.nationality).toBe('99');
    }
  });

  test('the awkward ones are what they are called', () => {
    const of = (awkward: string) => SAMPLE_PEOPLE.find((p) => p.awkward === awkward);
    expect(parseCitizenId(of('bad-cid')?.cid)).toBeNull();
    expect(parseCitizenId(of('cid-with-dashes')?.cid)).not.toBeNull();
    expect(chooseMobile([of('filler-phone')?.mobile ?? ''])).toBeNull();
    expect(chooseMobile([of('several-numbers')?.mobile ?? ''])).not.toBeNull();
  });
});

describe('a planned day', () => {
  test('is the same for the same seed, and another for another', () => {
    const plan = planDay('2026-11-20', { count: 200, seed: 7 });
    expect(planDay('2026-11-20', { count: 200, seed: 7 })).toEqual(plan);
    expect(planDay('2026-11-20', { count: 200, seed: 8 }).visits.map((v) => v.hn)).not.toEqual(
      plan.visits.map((v) => v.hn),
    );
    expect(new Set(plan.visits.map((v) => v.vn)).size).toBe(200);
  });

  test.each([1, 20, 2000])('has %i visits, in order of time', (count) => {
    const { visits, people } = planDay('2026-11-20', { count });
    expect(visits).toHaveLength(count);
    expect(visits.map((v) => v.at)).toEqual(visits.map((v) => v.at).toSorted((a, b) => a - b));
    expect(new Set(people.map((p) => p.hn)).size).toBe(people.length);
  });

  test('goes into a database; two visits in one second get two numbers', async () => {
    const pglite = await freshPglite();
    const db = simDbOver(pglite);
    await createSchema(db);
    await seedReferenceData(db, { hcode: '10978', hospitalName: 'โรงพยาบาลทดสอบ' });
    await insertDay(db, planDay('2026-11-20', { count: 60 }));
    const now = Date.parse('2026-11-20T18:00:00+07:00');
    expect(await insertVisit(db, { hn: '000000021', at: now })).toBe('691120180000');
    expect(await insertVisit(db, { hn: '000000022', at: now })).toBe('691120180001');
    expect(await db.query('SELECT count(*)::int AS n FROM ovst')).toEqual([{ n: 62 }]);
    await pglite.close();
  }, 60_000);
});
