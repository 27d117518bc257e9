/** A day on real parts: HOSxP on PostgreSQL, the agent over HTTP, the ledger in a file. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { endOfServiceDate, serviceDateOf } from '../../src/domain/bangkok.ts';
import { sampleCase } from '../support/samples.ts';
import {
  CONFIRM_TIMEOUT_MS,
  expectHistoryExplains,
  HisOfTheFile,
  type Hospital,
  openHospital,
} from './support/hospital.ts';
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

it('takes a visit from its row to its code in the row', async () => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  expect(await hospital.case(vn)).toMatchObject({ state: 'awaiting-card', reason: 'waiting-card' });
  expect(await hospital.card(1)).toMatchObject({
    duplicate: false,
    paired: { vn, state: 'ready' },
    nhso: 'up',
  });
  await hospital.work();
  const written = await hospital.case(vn);
  expect(written).toMatchObject({ state: 'written', reason: null, code: { source: 'confirm' } });
  expect(await hospital.code(vn)).toBe(written.code?.claimCode);
  expect(await hospital.events(vn)).toEqual([
    'visit-seen',
    'card-paired',
    'draft-saved',
    'confirm-sent',
    'code-issued',
    'code-written',
  ]);
  await expectHistoryExplains(hospital, vn);
  // the code that the next polls find in the row is no news
  hospital.pass(6_000);
  await hospital.poll();
  expect((await hospital.case(vn)).version).toBe(written.version);
});

it('takes a card that comes before the visit', async () => {
  expect(await hospital.card(1)).toMatchObject({ paired: null });
  hospital.pass(120_000);
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.work();
  expect((await hospital.case(vn)).state).toBe('written');
});

it.each(['drop', 'cut-json', 'empty', 'html', '500', 'timeout'] as const)(
  'adopts the code of an answer that was lost (%s), and asks once',
  async (how) => {
    hospital.nhso.loseAnswers({ how });
    const vn = await hospital.visit(1);
    await hospital.poll();
    await hospital.card(1);
    await hospital.work();
    expect(await hospital.case(vn)).toMatchObject({ state: 'unknown', code: null });
    const found = await hospital.workOn(vn);
    expect(found).toMatchObject({ state: 'written', code: { source: 'confirm' } });
    expect(await hospital.code(vn)).toBe(hospital.nhso.codes(citizenIdOf(1))[0]?.claimCode);
    expect(hospital.confirms(1)).toBe(1);
    expect(await hospital.events(vn)).toContain('answer-lost');
  },
);

it('goes on after a draft that was answered with nothing', async () => {
  hospital.nhso.loseAnswers({ call: 'save-as-draft', how: 'empty' });
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  await hospital.work();
  expect((await hospital.case(vn)).state).toBe('written');
});

it('asks again only after empty look-ups that keep their distance', async () => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  hospital.nhso.failNext({ call: 'confirm-save', status: 503 });
  await hospital.card(1);
  await hospital.work();
  expect(await hospital.case(vn)).toMatchObject({ state: 'unknown', emptyLookups: 0 });
  const first = await hospital.workOn(vn);
  // the agent may be at work for as long as the confirm may take; what it gets by then shows within 20 s
  const atWorkMs = CONFIRM_TIMEOUT_MS + 15_000;
  const dueAt = (first.askedAt ?? 0) + atWorkMs + 20_000;
  expect(first).toMatchObject({ state: 'unknown', emptyLookups: 1, dueAt });
  await hospital.bridge.retry({ hcode: '10978', vn }, { name: 'key:hasty' }).catch((error: Error) => error);
  expect((await hospital.case(vn)).dueAt).toBe(first.dueAt);
  const asked = (): number => hospital.nhso.requests({ call: 'confirm-save' }).length;
  expect(asked()).toBe(1);
  expect((await hospital.workOn(vn)).state).toBe('written');
  expect(asked()).toBe(2);
  expect(hospital.nhso.codes()).toHaveLength(1);
});

it('adopts the code that a refusal speaks of', async () => {
  const code = hospital.nhso.issueCode({ pid: citizenIdOf(1), channel: 'kiosk' });
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  await hospital.work();
  expect(await hospital.case(vn)).toMatchObject({
    state: 'written',
    code: { claimCode: code.claimCode, source: 'lookup' },
  });
  expect(await hospital.events(vn)).toContain('refused');
});

it('never asks for a second visit of the day: a person is told of the first one’s code', async () => {
  const first = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  await hospital.work();
  hospital.pass(3_600_000);
  const second = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  await hospital.work();
  const { claimCode } = (await hospital.case(first)).code ?? {};
  const told = await hospital.case(second);
  expect(told).toMatchObject({ state: 'needs-staff', reason: 'same-day-code', reasonDetail: first });
  expect(told.candidates).toMatchObject([{ claimCode, heldBy: first, misfits: ['held-by-other-visit'] }]);
  expect(hospital.confirms(1)).toBe(1);
});

it('leaves the code of a lost answer to the visit that asked', async () => {
  hospital.nhso.loseAnswers();
  const first = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  await hospital.work();
  const second = await hospital.visit(1, { at: hospital.now + 1_000 });
  await hospital.poll();
  await hospital.card(1);
  await hospital.work();
  expect(await hospital.case(second)).toMatchObject({
    state: 'needs-staff',
    reason: 'same-day-code',
    code: null,
  });
  expect((await hospital.workOn(first)).state).toBe('written');
  expect(hospital.confirms(1)).toBe(1);
});

it('shows a person the code of a lost answer that bears the next day: asked for a moment before midnight', async () => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  hospital.nhso.loseAnswers();
  // NHSO's midnight has come, the bridge's has not
  hospital.nhso.clockOffset(endOfServiceDate(serviceDateOf(hospital.now)) + 200 - Date.now());
  await hospital.card(1);
  await hospital.work();
  expect(await hospital.case(vn)).toMatchObject({ state: 'unknown', code: null });
  const issued = hospital.nhso.codes(citizenIdOf(1))[0]?.claimCode;
  let found = await hospital.workOn(vn);
  if (found.state === 'unknown') found = await hospital.workOn(vn);
  expect(found).toMatchObject({ state: 'needs-staff', reason: 'code-does-not-fit', code: null });
  expect(found.candidates).toMatchObject([{ claimCode: issued, misfits: ['date'] }]);
  expect(await hospital.code(vn)).toBeNull();
  expect(hospital.confirms(1)).toBe(1);
});

it('looks up, and does not ask again, after dying between asking and hearing', async () => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  hospital.nhso.loseAnswers({ how: 'timeout' });
  await hospital.card(1);
  const dying = hospital.work();
  await expect.poll(() => hospital.nhso.codes().length, { interval: 5 }).toBe(1);
  await hospital.killAndStart();
  await dying.catch((error: Error) => error);
  expect(await hospital.case(vn)).toMatchObject({ state: 'confirming', nextStep: 'lookup' });
  expect((await hospital.workOn(vn)).state).toBe('written');
  expect(hospital.confirms(1)).toBe(1);
});

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

it('leaves two codes that both fit to a person, and writes neither', async () => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  const codes = [1, 2].map(
    () => hospital.nhso.issueCode({ pid: citizenIdOf(1), channel: 'kiosk' }).claimCode,
  );
  hospital.pass(endOfServiceDate(serviceDateOf(hospital.now)) - hospital.now + 60_000);
  await hospital.queue.tick('keep-house');
  await hospital.work();
  const left = await hospital.case(vn);
  expect(left).toMatchObject({ state: 'needs-staff', reason: 'code-ambiguous' });
  expect(left.candidates.map((c) => c.claimCode).toSorted()).toEqual(codes.toSorted());
  expect(await hospital.code(vn)).toBeNull();
});

it('does not guess whose a code is when two visits of the day lack theirs', async () => {
  const morning = await hospital.visit(1);
  const later = await hospital.visit(1, { at: hospital.now + 60_000 });
  await hospital.poll();
  const { claimCode } = hospital.nhso.issueCode({ pid: citizenIdOf(1), channel: 'kiosk' });
  hospital.pass(endOfServiceDate(serviceDateOf(hospital.now)) - hospital.now + 60_000);
  await hospital.queue.tick('keep-house');
  await hospital.work();
  for (const vn of [morning, later]) {
    const left = await hospital.case(vn);
    expect(left).toMatchObject({ state: 'needs-staff', reason: 'code-ambiguous' });
    expect(left.candidates.map((c) => c.claimCode)).toEqual([claimCode]);
    expect(await hospital.code(vn)).toBeNull();
  }
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

it('looks up less and less often what NHSO refuses to, says why, and ends it with the day', async () => {
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
  expect(await hospital.case(vn)).toMatchObject({ ...refused, state: 'needs-staff', nextStep: null });
  await expectHistoryExplains(hospital, vn);
});

it('does not tell which visit of another hospital holds a code', async () => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  const { claimCode } = hospital.nhso.issueCode({ pid: citizenIdOf(1), channel: 'kiosk' });
  const issued = { claimCode, claimType: null, issuedAt: null, source: 'his' } as const;
  const theirs = sampleCase({
    hcode: '11111',
    vn: 'theirs-77',
    state: 'written',
    reason: null,
    code: issued,
  });
  await hospital.ledger.commit([{ next: { ...theirs, version: 1 }, from: null, history: [] }]);
  await hospital.card(1);
  await hospital.work();
  const told = await hospital.case(vn);
  expect(told).toMatchObject({ state: 'needs-staff', reason: 'same-day-code' });
  expect(told.candidates).toMatchObject([{ claimCode, heldBy: null, misfits: ['held-by-other-visit'] }]);
  await expect(
    hospital.bridge.resolve(
      { hcode: '10978', vn },
      { action: 'adopt-code', claimCode },
      { name: 'key:staff' },
    ),
  ).rejects.toThrow('held-by-other-visit');
  const typed = await hospital.visit(2, { at: hospital.now + 1_000, authCode: claimCode });
  await hospital.poll();
  expect(await hospital.case(typed)).toMatchObject({ reason: 'code-held', reasonDetail: claimCode });
  for (const key of [vn, typed]) {
    const all = [await hospital.case(key), await hospital.ledger.history({ hcode: '10978', vn: key })];
    expect(JSON.stringify(all)).not.toContain('theirs-77');
  }
});
