/** What a person may decide, and what is turned down with words that help. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ACTOR, HisOfTheFile, type Hospital, openHospital } from './support/hospital.ts';
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

const key = (vn: string) => ({ hcode: '10978', vn });

it('gives a phone: the case goes on, and the number stays out of the history', async () => {
  const vn = await hospital.visit(1, { mobile: null });
  await hospital.poll();
  await hospital.card(1);
  expect(await hospital.case(vn)).toMatchObject({ state: 'needs-staff', reason: 'no-phone' });
  await expect(
    hospital.bridge.resolve(key(vn), { action: 'give-phone', mobile: '02 123 4567' }, ACTOR),
  ).rejects.toMatchObject({ code: 'bad-input', detail: { field: 'mobile' } });
  const given = await hospital.bridge.resolve(
    key(vn),
    { action: 'give-phone', mobile: '061-234-5679' },
    ACTOR,
  );
  expect(given.state).toBe('ready');
  await hospital.work();
  expect((await hospital.case(vn)).state).toBe('written');
  const history = await hospital.ledger.history(key(vn));
  expect(history.find((h) => h.event === 'phone-given')).toMatchObject({
    actor: ACTOR.name,
    fromState: 'needs-staff',
  });
  expect(JSON.stringify(history)).not.toContain('0612345679');
});

it('chooses among the claim types that NHSO offers', async () => {
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1, 'full', ['PG0110001', 'PG0130001']);
  expect(await hospital.case(vn)).toMatchObject({
    reason: 'claim-type-not-offered',
    reasonDetail: 'PG0060001: PG0110001, PG0130001',
  });
  await expect(
    hospital.bridge.resolve(key(vn), { action: 'choose-claim-type', claimType: 'HD' }, ACTOR),
  ).rejects.toMatchObject({ code: 'bad-input' });
  await hospital.bridge.resolve(key(vn), { action: 'choose-claim-type', claimType: 'PG0130001' }, ACTOR);
  await hospital.work();
  expect(await hospital.case(vn)).toMatchObject({ state: 'written', code: { claimType: 'PG0130001' } });
});

it('adopts a code that NHSO shows, of whatever claim type, and no other', async () => {
  const vn = await hospital.visit(1);
  const other = await hospital.visit(2, { at: hospital.now + 1_000 });
  await hospital.poll();
  await hospital.card(2);
  await hospital.work();
  const adopt = (claimCode: string) =>
    hospital.bridge.resolve(key(vn), { action: 'adopt-code', claimCode }, ACTOR);
  await expect(adopt('PG0060001')).rejects.toMatchObject({ code: 'bad-input' });
  await expect(adopt('PP9999999999')).rejects.toMatchObject({ code: 'conflict' });
  await expect(adopt((await hospital.case(other)).code?.claimCode ?? '')).rejects.toMatchObject({
    code: 'conflict',
  });
  const elsewhere = hospital.nhso.issueCode({ pid: citizenIdOf(1), hcode: '11111' });
  await expect(adopt(elsewhere.claimCode)).rejects.toThrow('hospital');
  const closing = hospital.nhso.issueCode({ pid: citizenIdOf(1), kind: 'EP' });
  await expect(adopt(closing.claimCode)).rejects.toThrow('close-visit-code');
  const code = hospital.nhso.issueCode({ pid: citizenIdOf(1), claimType: 'PG0110001' });
  await adopt(code.claimCode);
  await hospital.work();
  expect(await hospital.case(vn)).toMatchObject({
    state: 'written',
    code: { claimCode: code.claimCode, source: 'staff' },
  });
  expect(await hospital.code(vn)).toBe(code.claimCode);
  expect(hospital.confirms(1)).toBe(0);
});

it('does not let two visits have one code', async () => {
  const first = await hospital.visit(1);
  const second = await hospital.visit(1, { at: hospital.now + 60_000 });
  await hospital.poll();
  const { claimCode } = hospital.nhso.issueCode({ pid: citizenIdOf(1) });
  await hospital.bridge.resolve(key(first), { action: 'adopt-code', claimCode }, ACTOR);
  await expect(
    hospital.bridge.resolve(key(second), { action: 'adopt-code', claimCode }, ACTOR),
  ).rejects.toThrow('held-by-other-visit');
});

it('closes a case for good, with a reason', async () => {
  const vn = await hospital.visit(1, { cid: null });
  await hospital.poll();
  const close = (reason: string) => hospital.bridge.resolve(key(vn), { action: 'close', reason }, ACTOR);
  await expect(close('  ')).rejects.toMatchObject({ code: 'bad-input', detail: { field: 'reason' } });
  expect(await close('ไม่มีเลขประจำตัว')).toMatchObject({ state: 'closed', reasonDetail: 'ไม่มีเลขประจำตัว' });
  await expect(close('again')).rejects.toMatchObject({ code: 'conflict' });
  await expect(hospital.bridge.retry(key(vn), ACTOR)).rejects.toMatchObject({ code: 'conflict' });
});

it('tries again what was put right: the row that was missing, the refusal', async () => {
  const noRow = await hospital.visit(1, { rightRow: false });
  const refused = await hospital.visit(2, { at: hospital.now + 1_000 });
  await hospital.poll();
  hospital.nhso.failNext({ call: 'save-as-draft', status: 400, message: 'ข้อมูลไม่ครบ' });
  await hospital.card(2);
  await hospital.work();
  expect(await hospital.case(refused)).toMatchObject({
    state: 'needs-staff',
    reason: 'refused',
    askedAt: null,
  });
  await hospital.card(1);
  await hospital.work();
  expect(await hospital.case(noRow)).toMatchObject({ state: 'needs-staff', reason: 'his-row-missing' });
  await his.db.query(
    "INSERT INTO visit_pttype (hos_guid, vn, pttype, pttype_number) VALUES ('{T}', ?, '89', 1)",
    [noRow],
  );
  for (const vn of [noRow, refused]) await hospital.bridge.retry(key(vn), ACTOR);
  await hospital.work();
  for (const vn of [noRow, refused]) expect((await hospital.case(vn)).state).toBe('written');
  expect([hospital.confirms(1), hospital.confirms(2)]).toEqual([1, 1]);
});

it('says so when there is no such case or site', async () => {
  await expect(hospital.bridge.retry(key('nobody'), ACTOR)).rejects.toMatchObject({ code: 'not-found' });
  const elsewhere = { hcode: '99999', vn: '1' };
  await expect(hospital.bridge.retry(elsewhere, ACTOR)).rejects.toMatchObject({ code: 'not-found' });
  await expect(
    hospital.bridge.resolve(elsewhere, { action: 'close', reason: 'x' }, ACTOR),
  ).rejects.toMatchObject({ code: 'not-found' });
});
