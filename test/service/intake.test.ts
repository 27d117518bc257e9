/** What the HIS does beside the bridge: late rows, corrections, cancellations, codes typed by clerks, going away. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { CANCELLED_STATUS } from '../../simulators/his/hosxp/sample-day.ts';
import { plainPerson } from '../../simulators/his/hosxp/sample-people.ts';
import { cancelVisit, editPatient, typeCode } from '../../simulators/his/hosxp/visits.ts';
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

const DIGEST_MS = 5_000;
/** What a clerk types. */
const TYPED = 'PP9000000123';
const HOUR_MS = 3_600_000;

it('finds a row that was committed late, within the overlap and long after', async () => {
  await hospital.poll();
  hospital.pass(4 * HOUR_MS);
  await hospital.poll();
  hospital.pass(1_000);
  const late = await hospital.visit(1, { at: hospital.now - 10 * 60_000 });
  await hospital.poll();
  expect((await hospital.case(late)).state).toBe('awaiting-card');
  const later = await hospital.visit(2, { at: hospital.now - 3 * HOUR_MS });
  hospital.pass(DIGEST_MS);
  await hospital.poll();
  expect((await hospital.case(later)).state).toBe('awaiting-card');
});

it('sees a row that was removed, and lets the card serve the visit that is registered anew', async () => {
  const wrong = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  await cancelVisit(his.db, wrong);
  const right = await hospital.visit(1, { at: hospital.now + 60_000 });
  hospital.pass(DIGEST_MS);
  await hospital.poll();
  await hospital.queue.tick('keep-house');
  await hospital.work();
  expect(await hospital.case(wrong)).toMatchObject({ state: 'cancelled', visitGone: true, readId: null });
  expect((await hospital.case(right)).state).toBe('written');
  expect(hospital.confirms(1)).toBe(1);
  await expectHistoryExplains(hospital, wrong);
});

it('follows a status of cancelled, and back', async () => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  await cancelVisit(his.db, vn, CANCELLED_STATUS);
  hospital.pass(DIGEST_MS);
  await hospital.poll();
  expect(await hospital.case(vn)).toMatchObject({ state: 'cancelled', visitGone: true });
  await his.db.query('UPDATE ovst SET ovstost = NULL WHERE vn = ?', [vn]);
  hospital.pass(DIGEST_MS);
  await hospital.poll();
  expect(await hospital.case(vn)).toMatchObject({ state: 'awaiting-card', visitGone: false });
});

it('tells a person of a code whose visit was cancelled', async () => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  await hospital.work();
  const { code } = await hospital.case(vn);
  await cancelVisit(his.db, vn);
  hospital.pass(DIGEST_MS);
  await hospital.poll();
  expect(await hospital.case(vn)).toMatchObject({
    state: 'needs-staff',
    reason: 'visit-cancelled-after-code',
    reasonDetail: code?.claimCode,
  });
});

it('never asks with the card of the person that the visit was registered for by mistake', async () => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  expect((await hospital.case(vn)).state).toBe('ready');
  await editPatient(his.db, plainPerson(1).hn, 'cid', citizenIdOf(2));
  hospital.pass(DIGEST_MS);
  await hospital.poll();
  await hospital.work();
  expect(await hospital.case(vn)).toMatchObject({
    state: 'awaiting-card',
    pid: citizenIdOf(2),
    readId: null,
  });
  expect(hospital.nhso.requests({ call: 'confirm-save' })).toEqual([]);
  await hospital.card(2);
  await hospital.work();
  expect((await hospital.case(vn)).state).toBe('written');
});

it('keeps what a clerk typed while the code was being asked for', async () => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  await typeCode(his.db, vn, TYPED);
  await hospital.work();
  const [issued] = hospital.nhso.codes(citizenIdOf(1));
  expect(await hospital.case(vn)).toMatchObject({
    state: 'needs-staff',
    reason: 'his-holds-other-code',
    reasonDetail: TYPED,
    code: { claimCode: issued?.claimCode },
  });
  expect(await hospital.code(vn)).toBe(TYPED);
});

it('asks nothing when a clerk has typed a code, and takes up the work again when it is cleared', async () => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  await typeCode(his.db, vn, TYPED);
  hospital.pass(DIGEST_MS);
  await hospital.poll();
  await hospital.card(1);
  await hospital.work();
  expect(await hospital.case(vn)).toMatchObject({ state: 'written', code: { source: 'his' } });
  expect(hospital.nhso.requests({ call: 'save-as-draft' })).toEqual([]);
  await typeCode(his.db, vn, null);
  hospital.pass(DIGEST_MS);
  await hospital.poll();
  await hospital.work();
  expect(await hospital.case(vn)).toMatchObject({ state: 'written', code: { source: 'confirm' } });
});

it('tells a person when the HIS holds one code on two visits, and goes on with the others', async () => {
  const first = await hospital.visit(1, { authCode: 'PP9123456789' });
  const second = await hospital.visit(2, { at: hospital.now + 1_000, authCode: 'PP9123456789' });
  const third = await hospital.visit(3, { at: hospital.now + 2_000 });
  await hospital.poll();
  const both = [await hospital.case(first), await hospital.case(second)];
  expect(both.map((c) => c.state).toSorted()).toEqual(['needs-staff', 'written']);
  expect(both.find((c) => c.state === 'needs-staff')).toMatchObject({ reason: 'code-held', code: null });
  expect((await hospital.case(third)).state).toBe('awaiting-card');
});

it('goes on when the HIS comes back: polls, and codes that wait to be written', async () => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  his.isDown = true;
  hospital.pass(60_000);
  await hospital.poll();
  const his10978 = async () => (await hospital.bridge.readiness()).find((f) => f.check === 'his-10978');
  expect(await his10978()).toMatchObject({ level: 'fail' });
  await hospital.work();
  expect(await hospital.case(vn)).toMatchObject({ state: 'confirmed', reason: 'waiting-his' });
  his.isDown = false;
  hospital.pass(2_000);
  await hospital.work();
  await hospital.poll();
  expect(await his10978()).toMatchObject({ level: 'ok' });
  expect(await hospital.case(vn)).toMatchObject({ state: 'written', reason: null });
  expect(hospital.confirms(1)).toBe(1);
});

it('finds its own code when the answer to the UPDATE was lost', async () => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  his.losesNextAnswer = true;
  await hospital.work();
  hospital.pass(2_000);
  await hospital.work();
  expect((await hospital.case(vn)).state).toBe('written');
  expect(await hospital.events(vn)).toContain('code-already-in-his');
});

it('tells a person when the code that was written is taken out of the HIS, and writes it again when asked to', async () => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  await hospital.work();
  const written = await hospital.code(vn);
  await hospital.poll();
  await his.db.query('UPDATE visit_pttype SET auth_code = NULL WHERE vn = ?', [vn]);
  hospital.pass(6_000);
  await hospital.poll();
  const told = await hospital.case(vn);
  expect(told).toMatchObject({ state: 'needs-staff', reason: 'his-code-removed', reasonDetail: written });
  await hospital.bridge.retry({ hcode: told.hcode, vn }, { name: 'key:clerk' });
  await hospital.work();
  expect(await hospital.case(vn)).toMatchObject({ state: 'written' });
  expect(await hospital.code(vn)).toBe(written);
  expect(hospital.confirms(1)).toBe(1);
});
