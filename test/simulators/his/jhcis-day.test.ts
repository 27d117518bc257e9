import { describe, expect, test } from 'vitest';
import { insertDay, planDay } from '../../../simulators/his/jhcis/sample-day.ts';
import { plainPerson, SAMPLE_PEOPLE } from '../../../simulators/his/jhcis/sample-people.ts';
import { createSchema, seedReferenceData } from '../../../simulators/his/jhcis/schema.ts';
import { insertVisit } from '../../../simulators/his/jhcis/visits.ts';
import { openSimDb } from '../../../simulators/his/sim-db.ts';
import { parseCitizenId } from '../../../src/domain/citizen-id.ts';
import { chooseMobile } from '../../../src/domain/phone.ts';
import { describeWith, freshMariaDb } from '../../support/services.ts';

describe('the sample people', () => {
  test('are many, one of each awkward kind, and none can be taken for a real one', () => {
    expect(SAMPLE_PEOPLE.length).toBeGreaterThanOrEqual(80);
    expect(new Set(SAMPLE_PEOPLE.map((p) => p.pid)).size).toBe(SAMPLE_PEOPLE.length);
    const awkward = SAMPLE_PEOPLE.flatMap((p) => p.awkward ?? []);
    expect(awkward).toHaveLength(21);
    expect(new Set(awkward).size).toBe(21);
    for (const person of [...SAMPLE_PEOPLE, plainPerson(5000)]) {
      expect(person.fname + person.lname).toMatch(/ทดสอบ|สมมุติ|TEST/);
      // the registry gives no number that begins with 9
      if (parseCitizenId(person.idcard) !== null) expect(person.idcard?.startsWith('9')).toBe(true);
    }
  });

  test('those with nothing awkward about them can get a code', () => {
    for (const person of SAMPLE_PEOPLE.filter((p) => p.awkward === null)) {
      expect(parseCitizenId(person.idcard)).not.toBeNull();
      expect(chooseMobile([person.mobile ?? ''])).not.toBeNull();
      expect(person.nation).toBe('99');
    }
  });
});

test('a planned day is the same for the same seed, and another for another', () => {
  const plan = planDay('2026-11-20', { count: 200, seed: 7 });
  expect(planDay('2026-11-20', { count: 200, seed: 7 })).toEqual(plan);
  expect(planDay('2026-11-20', { count: 200, seed: 8 }).visits.map((v) => v.pid)).not.toEqual(
    plan.visits.map((v) => v.pid),
  );
  expect(plan.visits.map((v) => v.at)).toEqual(plan.visits.map((v) => v.at).toSorted((a, b) => a - b));
});

describeWith('mariadb', 'a day in a database', (adminUrl) => {
  test('is numbered in its order, and the next visit gets the next number', async () => {
    const fresh = await freshMariaDb(adminUrl, 'tis620');
    const db = await openSimDb(fresh.url);
    await createSchema(db);
    await seedReferenceData(db, { hcode: '10978', hospitalName: 'รพ.สต.ทดสอบ' });
    const numbers = await insertDay(db, planDay('2026-11-20', { count: 60 }));
    expect(numbers).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(await insertVisit(db, { pid: 201, at: Date.parse('2026-11-20T18:00:00+07:00') })).toBe(61);
    await db.close();
    await fresh.drop();
  }, 60_000);
});
