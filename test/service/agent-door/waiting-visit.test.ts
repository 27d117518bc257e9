/** A client at the agent API while the person's visit waits for its code: the case holds the ask, whoever makes it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleCitizenId } from '../../support/samples.ts';
import { claimOf, DoorHouse, doorClient, type PublicClient, type Told } from './house.ts';
import { ASKED_ONCE, askedOf, askOf, codesOf, nextPerson } from './people.ts';

let house: DoorHouse;
let client: PublicClient;
beforeAll(async () => {
  house = await DoorHouse.open({ settings: { breakerFailures: 20 } });
  client = await doorClient(house);
});
afterAll(() => house.close());

test('the case holds the ask, and neither asks beside the other', async () => {
  const n = nextPerson(house);
  house.isPaused = true;
  const vn = house.visit(n);
  await house.poll();
  const read = await client.read();
  expect(await house.case(vn)).toMatchObject({ state: 'ready', readKind: 'full', stationId: 'counter-1' });
  const told = await client.confirm(claimOf(read));
  house.isPaused = false;
  await house.caseIn(vn, 'written');
  expect(house.codeInHis(vn)).toBe(told.json.claimCode);
  expect(askedOf(house, n)).toEqual(ASKED_ONCE);
  expect(await askOf(house, n)).toMatchObject({ state: 'case', vn });
  const sent = (await house.history(vn)).filter((h) => h.event === 'confirm-sent');
  expect(sent).toMatchObject([{ actor: expect.stringContaining('key:'), detail: { through: 'agent-api' } }]);
});

test('whoever is faster: the client and the bridge with the same card have one code', async () => {
  for (const delay of [0, 5, 20, 60, 120]) {
    const n = nextPerson(house);
    house.nhso.delay(15);
    const vn = house.visit(n);
    await house.poll();
    const read = await client.read();
    await sleep(delay);
    await client.draft(claimOf(read));
    const told = await client.confirm(claimOf(read));
    expect([told.status, told.json.claimCode], told.text).toEqual([200, codesOf(house, n)[0]]);
    await house.caseIn(vn, 'written');
    expect(house.codeInHis(vn)).toBe(told.json.claimCode);
    expect(askedOf(house, n)).toEqual(ASKED_ONCE);
  }
});

test('the bridge has asked and waits for the answer: so does the client', async () => {
  const n = nextPerson(house);
  const vn = house.visit(n);
  await house.poll();
  house.nhso.delay(500, 'confirm-save');
  const read = await client.read();
  await house.caseIn(vn, 'confirming');
  const told = await client.confirm(claimOf(read));
  expect([told.json.claimCode]).toEqual(codesOf(house, n));
  expect(askedOf(house, n)).toEqual(ASKED_ONCE);
});

test('the phone that only the client knows', async () => {
  const n = nextPerson(house);
  const vn = house.visit(n, { phones: [] });
  await house.poll();
  const read = await client.read();
  expect(await house.case(vn)).toMatchObject({ state: 'needs-staff', reason: 'no-phone' });
  const told = await client.confirm(claimOf(read));
  expect(told.status).toBe(200);
  await house.caseIn(vn, 'written');
  expect(house.nhso.codes(sampleCitizenId(n))).toMatchObject([
    { claimCode: told.json.claimCode, mobile: '0898765432' },
  ]);
});

test('a card that was read past the bridge: nothing is asked until it is read through it', async () => {
  const n = nextPerson(house);
  const vn = house.visit(n);
  await house.poll();
  const read = await (await fetch(`${house.agent.url}/api/smartcard/read`)).json();
  const told = await client.confirm(claimOf({ json: read } as Told));
  expect(told).toMatchObject({ status: 400, json: { status: 400, errors: [{ field: 'pid' }] } });
  expect([askedOf(house, n), (await house.case(vn))?.state]).toEqual([[], 'awaiting-card']);
  await client.confirm(claimOf(await client.read()));
  await house.caseIn(vn, 'written');
  expect(askedOf(house, n)).toEqual(ASKED_ONCE);
});

test('a lost answer is the case’s to look up; both get the code', async () => {
  const n = nextPerson(house);
  house.isPaused = true;
  const vn = house.visit(n);
  await house.poll();
  const read = await client.read();
  house.nhso.loseAnswers({ next: 1, how: 'reset' });
  const waiting = client.confirm(claimOf(read));
  await house.caseIn(vn, 'unknown');
  house.isPaused = false;
  const told = await waiting;
  expect([told.status, told.json.claimCode]).toEqual([200, codesOf(house, n)[0]]);
  await house.caseIn(vn, 'written');
  expect(askedOf(house, n)).toEqual(ASKED_ONCE);
});

test('a refusal of what the client sent leaves the visit as it was', async () => {
  const n = nextPerson(house);
  house.isPaused = true;
  const vn = house.visit(n);
  await house.poll();
  const read = await client.read();
  const wrong = await client.confirm(
    claimOf(read, { correlationId: '00000000-0000-4000-8000-000000000000' }),
  );
  expect(wrong.status).toBe(400);
  const current = await house.case(vn);
  expect(current).toMatchObject({
    state: 'ready',
    askedAt: null,
    staffMobile: null,
    correlationId: read.json.correlationId,
  });
  expect((await house.history(vn)).map((h) => h.event)).toContain('refused');
  house.isPaused = false;
  await house.caseIn(vn, 'written');
  expect(askedOf(house, n)).toEqual([{ asked: 2, issued: 1, refused: 1 }]);
});

test('a code of a kiosk goes to the visit as well', async () => {
  const n = nextPerson(house);
  house.isPaused = true;
  const vn = house.visit(n);
  await house.poll();
  const { claimCode } = house.nhso.issueCode({ pid: sampleCitizenId(n), channel: 'line' });
  const told = await client.confirm(claimOf(await client.read()));
  expect([told.status, told.json.claimCode]).toEqual([200, claimCode]);
  house.isPaused = false;
  await house.caseIn(vn, 'written');
  expect(house.codeInHis(vn)).toBe(claimCode);
});

test('not sent: no reader, or an agent that is stopped, and the visit goes on by itself', async () => {
  const n = nextPerson(house);
  house.isPaused = true;
  const vn = house.visit(n);
  await house.poll();
  const read = await client.read();
  house.nhso.failNext({ call: 'confirm-save', status: 418, message: 'No card reader' });
  const told = await client.confirm(claimOf(read));
  expect([told.status, told.json.message]).toEqual([418, 'No card reader']);
  expect(await house.case(vn)).toMatchObject({ state: 'ready', askedAt: null, staffMobile: null });
  house.isPaused = false;
  await house.caseIn(vn, 'written');
  expect(askedOf(house, n)).toEqual(ASKED_ONCE);
});

test('the draft that NHSO refuses because the code is there is taken, and the confirm gets the code', async () => {
  const n = nextPerson(house);
  const read = await client.read();
  const { json } = await client.confirm(claimOf(read));
  house.nhso.failNext({ call: 'save-as-draft', status: 400, message: 'มีการขอ Authen Code ในวันนี้แล้ว' });
  const draft = await client.draft(claimOf(read));
  expect([draft.status, Object.keys(draft.json)]).toEqual([200, ['pid', 'claimType', 'createdDate']]);
  expect((await client.confirm(claimOf(read))).json.claimCode).toBe(json.claimCode);
  expect(askedOf(house, n)).toEqual(ASKED_ONCE);
});
