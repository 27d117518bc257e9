/** Cards that were read while NHSO was away, on real parts: each of their ends, and who hears of it when. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { endOfServiceDate, serviceDateOf } from '../../src/domain/bangkok.ts';
import { expectHistoryExplains, HisOfTheFile, type Hospital, openHospital } from './support/hospital.ts';
import { citizenIdOf } from './support/quiet.ts';
import { seconds as pass } from './support/seconds.ts';

const MINUTE = 60_000;
let his: HisOfTheFile;
let hospital: Hospital;

beforeAll(async () => {
  his = await HisOfTheFile.start();
}, 60_000);
afterAll(() => his.close());
beforeEach(async () => {
  // the bridge's own seconds pass when the test says so
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  hospital = await openHospital(his);
});
afterEach(async () => {
  await hospital.close();
  vi.useRealTimers();
});

const seconds = (n: number): Promise<void> => pass(hospital, n);

/** Time passes, then the bridge's minute comes round. */
async function later(ms: number): Promise<void> {
  hospital.pass(ms);
  await hospital.queue.tick('keep-house');
  await hospital.work();
}

/** Visits of so many people, whose cards are read while NHSO is away. */
async function servedWithoutNhso(count: number): Promise<string[]> {
  const people = Array.from({ length: count }, (_, i) => i + 1);
  const vns: string[] = [];
  for (const n of people) vns.push(await hospital.visit(n, { at: hospital.now + n * 1_000 }));
  await hospital.poll();
  hospital.nhso.nhsoDown('500');
  for (const n of people) await hospital.card(n, 'card-only');
  await hospital.work();
  expect(hospital.bridge.nhsoStatus('10978')).toBe('down');
  return vns;
}

const stands = async (vn: string) => {
  const { state, reason } = await hospital.case(vn);
  return `${state} ${reason}`;
};

it('NHSO comes back: read again, found by look-up, or on the staff’s list half an hour later', async () => {
  const vns = await servedWithoutNhso(4);
  const [again = '', byLine = '', lateAgain = '', nothing = ''] = vns;
  await later(2 * 60 * MINUTE);
  for (const vn of vns) expect(await stands(vn)).toBe('offline waiting-nhso');

  hospital.nhso.nhsoUp();
  await seconds(62);
  expect(hospital.bridge.nhsoStatus('10978')).toBe('up');
  await hospital.card(1);
  await hospital.work();
  expect(await stands(again)).toBe('written null');
  await later(28 * MINUTE);
  expect(await stands(byLine)).toBe('offline waiting-reread');

  await later(3 * MINUTE);
  for (const vn of [byLine, lateAgain, nothing])
    expect(await stands(vn)).toBe('needs-staff card-not-read-again');
  // proof of presence: when, where
  expect(await hospital.case(nothing)).toMatchObject({
    ...{ readKind: 'card-only', stationId: 'counter-1' },
    reasonDetail: expect.stringMatching(/^\d\d:\d\d counter-1$/),
  });
  const told = (await hospital.case(nothing)).version;
  await later(MINUTE);
  expect((await hospital.case(nothing)).version, 'told once').toBe(told);

  await hospital.card(3);
  await hospital.work();
  expect(await stands(lateAgain)).toBe('written null');
  const code = hospital.nhso.issueCode({ pid: citizenIdOf(2), channel: 'line' });
  expect(await hospital.workOn(byLine)).toMatchObject({
    state: 'written',
    code: { claimCode: code.claimCode, source: 'lookup' },
  });
  for (const n of [1, 3]) expect(hospital.confirms(n)).toBe(1);
  for (const n of [2, 4]) expect(hospital.confirms(n)).toBe(0);

  await later(endOfServiceDate(serviceDateOf(hospital.now)) - hospital.now + MINUTE);
  expect(await hospital.case(nothing)).toMatchObject({
    ...{ state: 'needs-staff', reason: 'service-day-over', nextStep: null },
    reasonDetail: expect.stringMatching(/^card-not-read-again: \d\d:\d\d counter-1$/),
  });
  for (const vn of vns) await expectHistoryExplains(hospital, vn);
});

it('NHSO stays away: the staff hear of it at three in the afternoon, and NHSO is not asked for that', async () => {
  const [vn = ''] = await servedWithoutNhso(3);
  const asked = (): number => hospital.nhso.requests().filter((r) => r.call !== 'terminals').length;
  const before = asked();
  await later(6 * 60 * MINUTE);
  expect(await stands(vn)).toBe('offline waiting-nhso');
  await later(35 * MINUTE);
  expect(await stands(vn)).toBe('needs-staff card-not-read-again');
  expect(asked()).toBe(before);

  hospital.nhso.nhsoUp();
  await seconds(62);
  await hospital.card(1);
  await hospital.work();
  expect(await stands(vn)).toBe('written null');
});

it('a bridge that was started anew knows since when NHSO is back', async () => {
  const [vn = ''] = await servedWithoutNhso(3);
  await later(60 * MINUTE);
  hospital.nhso.nhsoUp();
  await seconds(62);
  await later(10 * MINUTE);
  await hospital.killAndStart();
  await later(10 * MINUTE);
  expect(await stands(vn)).toBe('offline waiting-reread');
  await later(11 * MINUTE);
  expect(await stands(vn)).toBe('needs-staff card-not-read-again');
});
