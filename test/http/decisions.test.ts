import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caseSchema } from '../../src/http/schemas/case.ts';
import { SAMPLE_HCODE, sampleCase, sampleCitizenId, sampleVisit } from '../support/samples.ts';
import { OTHER_HCODE, openHouse, type TestHouse } from './support/house.ts';

let house: TestHouse;
let key: string;
beforeAll(async () => {
  house = await openHouse();
  key = await house.key(['cases:write'], { name: 'front desk' });
});
afterAll(() => house.close());

let made = 0;
/** A visit without a phone, so that a person must act. */
async function stuck(): Promise<string> {
  made += 1;
  const vn = `69112010${String(made).padStart(4, '0')}`;
  const visit = sampleVisit({ vn, pid: sampleCitizenId(made), phones: [] });
  await house.put(
    sampleCase({ visit, vn, state: 'needs-staff', reason: 'no-phone', claimType: 'PG0060001' }),
  );
  return vn;
}

function resolve(vn: string, body: unknown, withKey = key) {
  return house.ask('POST', `/api/cases/${SAMPLE_HCODE}/${vn}/resolve`, { key: withKey, body });
}

function lastHistory(vn: string) {
  return house.ledger.history({ hcode: SAMPLE_HCODE, vn }).then((history) => history.at(-1));
}

describe('resolve', () => {
  test('a phone is given: the case goes on, and the history says who did it', async () => {
    const vn = await stuck();
    const { status, json } = await resolve(vn, {
      action: 'give-phone',
      mobile: '+66 81 234 5678',
      by: 'สมศรี',
    });
    expect(status).toBe(200);
    expect(caseSchema.safeParse(json).error).toBeUndefined();
    expect(json).toMatchObject({ state: 'awaiting-card', patient: { mobile: '081-xxx-5678' } });
    expect(await house.ledger.case({ hcode: SAMPLE_HCODE, vn })).toMatchObject({ staffMobile: '0812345678' });
    expect(await lastHistory(vn)).toMatchObject({ event: 'phone-given', actor: 'key:front desk / สมศรี' });
  });

  test('a claim type is chosen', async () => {
    const vn = await stuck();
    expect((await resolve(vn, { action: 'choose-claim-type', claimType: 'PG0110001' })).json.claimType).toBe(
      'PG0110001',
    );
    expect(await lastHistory(vn)).toMatchObject({ actor: 'key:front desk' });
  });

  test('a case is closed, and a citizen id in the reason is masked', async () => {
    const vn = await stuck();
    const reason = `ผู้ป่วยไม่ให้เบอร์ (${sampleCitizenId(made)})`;
    const { json, text } = await resolve(vn, { action: 'close', reason });
    expect(json).toMatchObject({ state: 'closed', reason: 'closed-by-staff' });
    expect(text).not.toContain(sampleCitizenId(made));
    expect(JSON.stringify(await lastHistory(vn))).not.toContain(sampleCitizenId(made));
  });

  test('a code is looked up first: while no agent answers, nothing is taken', async () => {
    const vn = await stuck();
    const answer = await resolve(vn, { action: 'adopt-code', claimCode: 'PP1234567890' });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).not.toBeNull();
    expect(await house.ledger.case({ hcode: SAMPLE_HCODE, vn })).toMatchObject({
      state: 'needs-staff',
      code: null,
    });
  });

  test('what the state does not permit is a conflict', async () => {
    const vn = await stuck();
    await resolve(vn, { action: 'close', reason: 'x' });
    const answer = await resolve(vn, { action: 'close', reason: 'x' });
    expect(answer.status).toBe(409);
    expect(answer.json).toMatchObject({ code: 'conflict', next: expect.stringContaining('again') });
  });

  test.each([
    ['action', {}],
    ['action', { action: 'forget' }],
    ['mobile', { action: 'give-phone' }],
    ['mobile', { action: 'give-phone', mobile: '021234567' }],
    ['mobile', { action: 'give-phone', mobile: '0999999999' }],
    ['claimType', { action: 'choose-claim-type', claimType: 'PP1234567890' }],
    ['claimCode', { action: 'adopt-code', claimCode: 'PG0060001' }],
    ['claimCode', { action: 'adopt-code', claimCode: sampleCitizenId(1) }],
    ['reason', { action: 'close' }],
    ['reason', { action: 'close', reason: '  ' }],
    ['reason', { action: 'close', reason: 'x'.repeat(501) }],
    ['by', { action: 'close', reason: 'x', by: '' }],
    ['reason', { action: 'give-phone', mobile: '0812345678', reason: 'x' }],
  ])('a wrong %s is named: %j', async (field, body) => {
    const vn = await stuck();
    const answer = await resolve(vn, body);
    expect(answer.status).toBe(400);
    expect(answer.json.fields[0].field).toBe(field);
    expect(answer.text).not.toContain(sampleCitizenId(1));
    expect(await house.ledger.case({ hcode: SAMPLE_HCODE, vn })).toMatchObject({ version: 1 });
  });

  test('a case of another site is not there for a key that is bound', async () => {
    const vn = await stuck();
    const bound = await house.key(['cases:write'], { hcode: OTHER_HCODE });
    expect((await resolve(vn, { action: 'close', reason: 'x' }, bound)).status).toBe(404);
    expect(await house.ledger.case({ hcode: SAMPLE_HCODE, vn })).toMatchObject({ version: 1 });
  });
});

describe('retry', () => {
  const retry = (vn: string, body?: unknown) =>
    house.ask('POST', `/api/cases/${SAMPLE_HCODE}/${vn}/retry`, {
      key,
      ...(body === undefined ? {} : { body }),
    });

  test('sets the next step; a body is not needed', async () => {
    const held = {
      claimCode: 'PP1234567890',
      claimType: 'PG0060001',
      issuedAt: null,
      source: 'confirm' as const,
    };
    const vn = '691120209999';
    await house.put(sampleCase({ vn, state: 'needs-staff', reason: 'his-row-locked', code: held }));
    const { status, json } = await retry(vn);
    expect(status).toBe(200);
    expect(json).toMatchObject({ state: 'found-elsewhere', nextStep: 'write-back' });
    expect(await lastHistory(vn)).toMatchObject({ event: 'retry-asked', actor: 'key:front desk' });
  });

  test('with a name', async () => {
    const vn = await stuck();
    await retry(vn, { by: 'สมชาย' });
    expect(await lastHistory(vn)).toMatchObject({ actor: 'key:front desk / สมชาย' });
  });

  test('of no case is 404, with another body 400', async () => {
    expect((await retry('000')).status).toBe(404);
    expect((await retry(await stuck(), { all: true })).status).toBe(400);
  });
});
