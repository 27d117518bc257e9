/** How soon a poll sees what: stated in docs/his-hosxp.md, with the times of a configuration that says nothing. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { plainPerson } from '../../simulators/his/hosxp/sample-people.ts';
import { cancelVisit, editPatient, insertPeople, insertVisits } from '../../simulators/his/hosxp/visits.ts';
import { HisOfTheFile, type Hospital, openHospital } from './support/hospital.ts';

let his: HisOfTheFile;
let hospital: Hospital;

const POLL_MS = 2_000;
const COUNT_MS = 10_000;
const DIGEST_MS = 60_000;
const HOUR_MS = 3_600_000;

beforeAll(async () => {
  his = await HisOfTheFile.start();
}, 60_000);
afterAll(() => his.close());
beforeEach(async () => {
  hospital = await openHospital(his, {
    settings: { pollMs: POLL_MS, overlapMs: 12 * 60_000, digestMs: DIGEST_MS },
  });
  await hospital.poll();
  await pollFor(DIGEST_MS);
});
afterEach(() => hospital.close());

async function pollFor(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += POLL_MS) {
    hospital.pass(POLL_MS);
    await hospital.poll();
  }
}

async function isKnown(vn: string): Promise<boolean> {
  return (await hospital.ledger.case({ hcode: '10978', vn })) !== null;
}

/** How long it takes, by polls, until something holds; more than the digest's time is never. */
async function until(holds: () => Promise<boolean>): Promise<number> {
  for (let ms = POLL_MS; ms <= 2 * DIGEST_MS; ms += POLL_MS) {
    await pollFor(POLL_MS);
    if (await holds()) return ms;
  }
  return Number.POSITIVE_INFINITY;
}

it('a new visit: at the next poll, committed late or not', async () => {
  const now = await hospital.visit(1);
  const late = await hospital.visit(2, { at: hospital.now - 11 * 60_000 });
  await pollFor(POLL_MS);
  expect([await isKnown(now), await isKnown(late)]).toEqual([true, true]);
});

it('a visit whose number does not tell its time: when the rows are counted; while such come, at each poll', async () => {
  const first = await hospital.visit(1, { vn: 'A-0001' });
  expect(await until(() => isKnown(first))).toBeLessThanOrEqual(COUNT_MS);
  const second = await hospital.visit(2, { vn: 'A-0002' });
  await pollFor(POLL_MS);
  expect(await isKnown(second)).toBe(true);
});

it('a visit that is entered hours after its time: when the rows are counted', async () => {
  const vn = await hospital.visit(1, { at: hospital.now - 3 * HOUR_MS });
  expect(await until(() => isKnown(vn))).toBeLessThanOrEqual(COUNT_MS);
});

it('a visit that is removed: when the rows are counted', async () => {
  const vn = await hospital.visit(1);
  await pollFor(POLL_MS);
  await cancelVisit(his.db, vn);
  expect(await until(async () => (await hospital.case(vn)).state === 'cancelled')).toBeLessThanOrEqual(
    COUNT_MS,
  );
});

it('one removed and one entered with an odd number between two counts: with the digest at the latest', async () => {
  const vn = await hospital.visit(1);
  await pollFor(DIGEST_MS);
  await cancelVisit(his.db, vn);
  const odd = await hospital.visit(2, { vn: 'A-0001' });
  const both = async () => (await isKnown(odd)) && (await hospital.case(vn)).state === 'cancelled';
  expect(await until(both)).toBeLessThanOrEqual(DIGEST_MS);
});

it('a correction: at the next poll while the visit is new, with the digest afterwards', async () => {
  const vn = await hospital.visit(1);
  const { hn } = plainPerson(1);
  const has = (phone: string) => async () => (await hospital.case(vn)).visit.phones.includes(phone);
  await pollFor(POLL_MS);
  await editPatient(his.db, hn, 'mobile_phone_number', '0611111111');
  expect(await until(has('0611111111'))).toBe(POLL_MS);
  await pollFor(3 * DIGEST_MS);
  await editPatient(his.db, hn, 'mobile_phone_number', '0611111112');
  const ms = await until(has('0611111112'));
  expect(ms).toBeGreaterThan(POLL_MS);
  expect(ms).toBeLessThanOrEqual(DIGEST_MS);
});

it('a correction after hundreds of newer visits have come at once: with the digest', async () => {
  const first = await hospital.visit(1);
  const has = (vn: string, phone: string) => async () =>
    (await hospital.case(vn)).visit.phones.includes(phone);
  await pollFor(POLL_MS);
  await insertPeople(his.db, [plainPerson(2)]);
  const seconds = Array.from({ length: 500 }, (_, i) => (510 - i) * 1_000);
  const rows = seconds.map((ms) => ({ hn: plainPerson(2).hn, at: hospital.now - ms }));
  const last = (await insertVisits(his.db, rows)).at(-1) ?? '';
  await pollFor(POLL_MS);
  await editPatient(his.db, plainPerson(2).hn, 'mobile_phone_number', '0611111112');
  await editPatient(his.db, plainPerson(1).hn, 'mobile_phone_number', '0611111111');
  expect(await until(has(last, '0611111112'))).toBe(POLL_MS);
  const ms = await until(has(first, '0611111111'));
  expect(ms).toBeGreaterThan(POLL_MS);
  expect(ms).toBeLessThanOrEqual(DIGEST_MS);
}, 60_000);

it('a visit moved to another day, and back', async () => {
  const vn = await hospital.visit(1);
  await pollFor(POLL_MS);
  const today = (await hospital.case(vn)).serviceDate;
  const dated = (date: string) => his.db.query('UPDATE ovst SET vstdate = ? WHERE vn = ?', [date, vn]);
  await dated('2026-01-05');
  const isOn = (date: string) => async () => (await hospital.case(vn)).serviceDate === date;
  expect(await until(isOn('2026-01-05'))).toBeLessThanOrEqual(COUNT_MS);
  await dated(today);
  expect(await until(isOn(today))).toBeLessThanOrEqual(COUNT_MS);
});
