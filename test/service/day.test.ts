/** A day on real parts: HOSxP on PostgreSQL, the agent over HTTP, the ledger in a file. */

import { setTimeout as sleep } from 'node:timers/promises';
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

it('shows a person the code that NHSO issues to us after another channel’s was taken for it', async () => {
  hospital.nhso.loseAnswers({ how: 'drop', late: { breaksAfterMs: 0, worksAfterMs: 500 } });
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  await hospital.work();
  const kiosks = hospital.nhso.issueCode({ pid: citizenIdOf(1), channel: 'kiosk' }).claimCode;
  const taken = await hospital.workOn(vn);
  expect(taken).toMatchObject({ state: 'written', code: { claimCode: kiosks }, nextStep: 'lookup' });
  const oursOf = () => hospital.nhso.codes(citizenIdOf(1)).find((c) => c.channel === 'agent');
  while (oursOf() === undefined) await sleep(20);
  const told = await hospital.workOn(vn);
  const ours = oursOf()?.claimCode;
  expect(told).toMatchObject({ state: 'needs-staff', reason: 'second-code', reasonDetail: ours });
  expect(told.candidates).toMatchObject([{ claimCode: ours, misfits: [] }]);
  // the HIS tells of the first, and the looks go on to their end: both change nothing
  hospital.pass(6_000);
  await hospital.poll();
  let last = told;
  while (last.nextStep !== null) last = await hospital.workOn(vn);
  expect(last).toMatchObject({ state: 'needs-staff', reason: 'second-code', recheckAt: null });
  expect(await hospital.code(vn)).toBe(kiosks);
  expect(hospital.confirms(1)).toBe(1);
  await expectHistoryExplains(hospital, vn);
});

it('looks no more for a second code once the confirm is surely over', async () => {
  hospital.nhso.loseAnswers();
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  await hospital.work();
  let c = await hospital.workOn(vn);
  expect(c.state).toBe('written');
  while (c.nextStep !== null) c = await hospital.workOn(vn);
  expect(c).toMatchObject({ state: 'written', reason: null, recheckAt: null });
  const events = await hospital.events(vn);
  expect(events.filter((e) => e === 'no-second-code')).toHaveLength(1);
  const looked = hospital.nhso.requests().length;
  hospital.pass(3_600_000);
  await hospital.workOn(vn);
  expect(hospital.nhso.requests()).toHaveLength(looked);
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
