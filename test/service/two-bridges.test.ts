/** Two bridges on one ledger, each with its own connection to it, taking each other's work. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { plainPerson } from '../../simulators/his/hosxp/sample-people.ts';
import { cancelVisit, editPatient } from '../../simulators/his/hosxp/visits.ts';
import { expectHistoryExplains, HisOfTheFile, type Hospital, openHospital } from './support/hospital.ts';
import { citizenIdOf } from './support/quiet.ts';

let his: HisOfTheFile;
let hospital: Hospital;

beforeAll(async () => {
  his = await HisOfTheFile.start();
}, 60_000);
afterAll(() => his.close());
beforeEach(async () => {
  hospital = await openHospital(his);
  await hospital.anotherBridge();
});
afterEach(() => hospital.close());

const PEOPLE = Array.from({ length: 12 }, (_, i) => i + 1);

it('does every job at both at once, and asks once for each visit', async () => {
  hospital.queue.isDoubled = true;
  const vns: string[] = [];
  for (const n of PEOPLE) vns.push(await hospital.visit(n, { at: hospital.now + n * 1000 }));
  await hospital.poll();
  await Promise.all(PEOPLE.map((n) => hospital.card(n)));
  await hospital.work();
  for (const vn of vns) {
    expect((await hospital.case(vn)).state).toBe('written');
    await expectHistoryExplains(hospital, vn);
  }
  for (const n of PEOPLE) expect(hospital.confirms(n)).toBe(1);
  const codes = await Promise.all(vns.map((vn) => hospital.code(vn)));
  expect(new Set(codes).size).toBe(PEOPLE.length);
});

it('asks once for two visits of one person, whichever bridge is first', async () => {
  hospital.queue.isDoubled = true;
  const first = await hospital.visit(1);
  const second = await hospital.visit(1, { at: hospital.now + 1_000 });
  await hospital.poll();
  await hospital.card(1);
  await hospital.card(1);
  await hospital.work();
  const both = [await hospital.case(first), await hospital.case(second)];
  expect(both.map((c) => c.state).toSorted()).toEqual(['needs-staff', 'written']);
  expect(both.find((c) => c.state === 'needs-staff')?.reason).toBe('same-day-code');
  expect(hospital.confirms(1)).toBe(1);
});

it('takes the answer of a bridge that was held up while the other looked the code up', async () => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  hospital.nhso.delay(400, 'confirm-save');
  const slow = hospital.work();
  await expect.poll(async () => (await hospital.case(vn)).state, { interval: 5 }).toBe('confirming');
  // its clock jumps: the other bridge takes the confirm for lost while it is still under way
  hospital.pass(60_000);
  await hospital.queue.tick('keep-house');
  await hospital.work();
  await slow;
  const seen = await hospital.case(vn);
  expect(['unknown', 'written']).toContain(seen.state);
  if (seen.state === 'unknown') await hospital.workOn(vn);
  expect(await hospital.case(vn)).toMatchObject({
    state: 'written',
    code: { claimCode: hospital.nhso.codes(citizenIdOf(1))[0]?.claimCode },
  });
  expect(hospital.confirms(1)).toBe(1);
});

it.each([
  ['a code that NHSO shows already is taken at once', true],
  ['no code yet counts for nothing: the look-up after the time-out decides', false],
])('takes over the confirm of a bridge that died in the middle of it: %s', async (_, isIssued) => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  await hospital.queue.work();
  const drafted = await hospital.case(vn);
  hospital.nhso.delay(60_000, 'confirm-save');
  await expect.poll(() => hospital.queue.due.map((job) => job.step)).toEqual(['confirm']);
  const dying = hospital.queue.work();
  await expect.poll(async () => (await hospital.case(vn)).state, { interval: 5 }).toBe('confirming');
  if (isIssued) hospital.nhso.issueCode({ pid: citizenIdOf(1), channel: 'agent' });
  const { stepSeq, hcode, serviceDate } = drafted;
  hospital.queue.isTakenOver = true;
  await hospital.queue.add([{ step: 'confirm', hcode, vn, stepSeq, serviceDate }]);
  await hospital.work();
  const seen = await hospital.case(vn);
  if (isIssued) expect(seen).toMatchObject({ state: 'written', code: { source: 'confirm' } });
  else expect(seen).toMatchObject({ state: 'confirming', nextStep: 'lookup', emptyLookups: 0 });
  if (!isIssued) expect(seen.dueAt).toBeGreaterThan(hospital.now);
  await dying;
});

/** Each tick goes to the other bridge than the one before. */
async function poll(): Promise<void> {
  hospital.pass(5_000);
  await hospital.poll();
}

it('compares with the ledger: what one bridge saw and the HIS took back, the other one sees', async () => {
  const phones = async (vn: string) => (await hospital.case(vn)).visit.phones;
  const { hn, mobile } = plainPerson(1);
  const vn = await hospital.visit(1);
  await poll();
  await poll();
  hospital.pass(600_000);
  await poll();
  await poll();
  await editPatient(his.db, hn, 'mobile_phone_number', '0611111112');
  await poll();
  expect(await phones(vn)).toEqual(['0611111112']);
  // the bridge that saw it is not heard of again; to the other nothing has happened
  await editPatient(his.db, hn, 'mobile_phone_number', mobile);
  await poll();
  expect(await phones(vn)).toEqual([mobile]);
});

it('compares with the ledger: a visit that only the other bridge saw before it was removed', async () => {
  await poll();
  await poll();
  const vn = await hospital.visit(1);
  await poll();
  expect((await hospital.case(vn)).state).toBe('awaiting-card');
  await cancelVisit(his.db, vn);
  await poll();
  expect((await hospital.case(vn)).state).toBe('cancelled');
});
