/** Midnight on real parts: what is open when the day is over, and codes of a moment before or after. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { endOfServiceDate, serviceDateOf } from '../../src/domain/bangkok.ts';
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
});
afterEach(() => hospital.close());

it.each([
  ['heard', 'lives on'],
  ['heard', 'dies with it'],
  ['lost', 'lives on'],
  ['lost', 'dies with it'],
])(
  'shows a person a code that bears the next day: its answer is %s, and the bridge %s',
  async (answer, fate) => {
    const vn = await hospital.visit(1);
    await hospital.poll();
    if (answer === 'lost') hospital.nhso.loseAnswers();
    // NHSO's midnight has come, the bridge's has not
    hospital.nhso.clockOffset(endOfServiceDate(serviceDateOf(hospital.now)) + 200 - Date.now());
    if (fate === 'dies with it') diesOnceAtRest(vn);
    await hospital.card(1);
    await hospital.work().catch(dead);
    for (let looks = 0; looks < 2 && (await hospital.case(vn)).state === 'unknown'; looks++) {
      await hospital.workOn(vn).catch(dead);
    }
    const found = await hospital.case(vn);
    const issued = hospital.nhso.codes(citizenIdOf(1))[0]?.claimCode;
    expect(found).toMatchObject({ state: 'needs-staff', reason: 'code-does-not-fit', code: null });
    expect(found.candidates).toMatchObject([{ claimCode: issued, misfits: ['date'] }]);
    expect(await hospital.code(vn)).toBeNull();
    expect(hospital.confirms(1)).toBe(1);
    // it is a code of that day all the same: the person's visit of the next day has it, and asks for none
    hospital.pass(endOfServiceDate(serviceDateOf(hospital.now)) + 3_600_000 - hospital.now);
    const next = await hospital.visit(1);
    await hospital.poll();
    await hospital.card(1);
    await hospital.work();
    expect(await hospital.case(next)).toMatchObject({ state: 'written', code: { claimCode: issued } });
    expect(await hospital.code(next)).toBe(issued);
    expect(hospital.confirms(1)).toBe(1);
  },
);

/** The bridge's last word is the one that puts the case on the staff's list. */
function diesOnceAtRest(vn: string): void {
  const { ledger } = hospital;
  const commit = ledger.commit.bind(ledger);
  ledger.commit = async (changes) => {
    await commit(changes);
    if (changes.some(({ next }) => next.vn === vn && next.state === 'needs-staff')) await ledger.close();
  };
}

/** What a dying bridge was at comes to nothing; another one starts. */
async function dead(fault: unknown): Promise<void> {
  expect(fault).toBeInstanceOf(Error);
  await hospital.killAndStart();
}

it('asks nothing when midnight lies between card and visit', async () => {
  hospital.pass(endOfServiceDate(serviceDateOf(hospital.now)) - hospital.now - 60_000);
  await hospital.card(1);
  hospital.pass(120_000);
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.work();
  expect(await hospital.case(vn)).toMatchObject({
    state: 'awaiting-card',
    serviceDate: serviceDateOf(hospital.now),
  });
  expect(hospital.confirms(1)).toBe(0);
});

it('closes the day: each open case is looked up once, then stands still with a reason', async () => {
  const noCard = await hospital.visit(1);
  const byLine = await hospital.visit(2, { at: hospital.now + 1_000 });
  const offline = await hospital.visit(3, { at: hospital.now + 2_000 });
  await hospital.poll();
  await hospital.card(3, 'card-only');
  await hospital.work();
  const code = hospital.nhso.issueCode({ pid: citizenIdOf(2) });
  hospital.pass(endOfServiceDate(serviceDateOf(hospital.now)) - hospital.now + 60_000);
  await hospital.queue.tick('keep-house');
  await hospital.work();
  expect(await hospital.case(noCard)).toMatchObject({
    state: 'expired',
    reason: 'day-over-no-card',
    nextStep: null,
  });
  expect(await hospital.case(byLine)).toMatchObject({
    state: 'written',
    code: { claimCode: code.claimCode },
  });
  expect(await hospital.case(offline)).toMatchObject({ state: 'needs-staff', reason: 'service-day-over' });
  const asked = hospital.nhso.requests().length;
  await hospital.queue.tick('keep-house');
  await hospital.work();
  expect(hospital.nhso.requests()).toHaveLength(asked);
  for (const vn of [noCard, byLine, offline]) await expectHistoryExplains(hospital, vn);
});

it('looks up once, when the day is over, also who stood on the list', async () => {
  const found = await hospital.visit(1, { mobile: null });
  const none = await hospital.visit(2, { mobile: null, at: hospital.now + 1_000 });
  await hospital.poll();
  await hospital.work();
  for (const vn of [found, none]) expect(await hospital.case(vn)).toMatchObject({ reason: 'no-phone' });
  const code = hospital.nhso.issueCode({ pid: citizenIdOf(1), channel: 'kiosk' });
  expect(hospital.nhso.requests({ pid: citizenIdOf(1) })).toEqual([]);
  hospital.pass(endOfServiceDate(serviceDateOf(hospital.now)) - hospital.now + 60_000);
  await hospital.queue.tick('keep-house');
  await hospital.work();
  expect(await hospital.case(found)).toMatchObject({ state: 'written', code: { claimCode: code.claimCode } });
  expect(await hospital.code(found)).toBe(code.claimCode);
  const ended = {
    state: 'needs-staff',
    reason: 'service-day-over',
    reasonDetail: 'no-phone',
    nextStep: null,
  };
  expect(await hospital.case(none)).toMatchObject(ended);
  const asked = hospital.nhso.requests({ pid: citizenIdOf(2) }).length;
  for (let minute = 0; minute < 3; minute++) {
    hospital.pass(60_000);
    await hospital.queue.tick('keep-house');
    await hospital.work();
  }
  expect(hospital.nhso.requests({ pid: citizenIdOf(2) })).toHaveLength(asked);
  for (const vn of [found, none]) await expectHistoryExplains(hospital, vn);
});

it('looks up less and less often what NHSO refuses to, says why, and finds it the next day', async () => {
  const lookups = (): number => hospital.nhso.requests({ call: 'latest-authen-code' }).length;
  const words = 'token ของหน่วยบริการไม่ถูกต้อง';
  hospital.nhso.loseAnswers();
  hospital.nhso.failNext({ call: 'latest-authen-code', status: 401, message: words, next: 1_000 });
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  await hospital.work();
  const refused = { state: 'unknown', reason: 'lookup-refused', reasonDetail: words };
  expect(await hospital.workOn(vn)).toMatchObject({ ...refused, dueAt: hospital.now + 60_000 });
  for (let minute = 0; minute < 120; minute++) {
    hospital.pass(60_000);
    await hospital.queue.tick('keep-house');
    await hospital.work();
  }
  expect(await hospital.case(vn)).toMatchObject(refused);
  // 0, 1, 3, 7, 15, 31, 61 and 91 minutes after the first
  expect(lookups()).toBe(8);
  hospital.pass(endOfServiceDate(serviceDateOf(hospital.now)) - hospital.now + 60_000);
  await hospital.queue.tick('keep-house');
  await hospital.work();
  // a person is told now, but the code may be there
  const told = await hospital.case(vn);
  expect(told).toMatchObject({ ...refused, state: 'needs-staff', dueAt: hospital.now + 1_800_000 });
  hospital.nhso.clearFaults();
  const code = hospital.nhso.codes(citizenIdOf(1))[0]?.claimCode;
  expect(await hospital.workOn(vn)).toMatchObject({ state: 'written', code: { claimCode: code } });
  expect(await hospital.code(vn)).toBe(code);
  await expectHistoryExplains(hospital, vn);
});
