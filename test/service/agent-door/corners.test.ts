/** What may come between a client's request and its turn, and requests that are out of the ordinary. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isUndecided } from '../../../src/domain/door-ask.ts';
import type { Visit } from '../../../src/domain/visit.ts';
import { untilMidnightMs } from '../../support/away-from-midnight.ts';
import { sampleCitizenId } from '../../support/samples.ts';
import { claimOf, DoorHouse, doorClient, type PublicClient, type Told } from './house.ts';
import { askOf, codesOf, nextPerson } from './people.ts';

const SETTINGS = { breakerFailures: 20 };
const CONFIRM_MS = 10_000;

let house: DoorHouse;
let client: PublicClient;
beforeAll(async () => {
  house = await DoorHouse.open({ settings: SETTINGS, timeouts: { confirmMs: CONFIRM_MS } });
  house.nhso.limitPerDay(null);
  client = await doorClient(house);
});
afterAll(() => house.close());

/** A visit that a client may ask for and the bridge does not. */
async function waiting(n: number): Promise<string> {
  const vn = house.visit(n, { phones: [] });
  await house.poll();
  await house.caseIn(vn, 'needs-staff');
  return vn;
}

async function correct(vn: string, more: Partial<Visit>): Promise<void> {
  for (const visit of house.his.visits) if (visit.vn === vn) Object.assign(visit, more);
  await house.poll();
}

test('the visit becomes another person’s while the client waits for its turn: one code, and none for the other', async () => {
  const n = nextPerson(house);
  const claim = claimOf(await client.read());
  const vn = await waiting(n);
  house.nhso.delay(1_000, 'read-card-only');
  const before = client.call('GET', '/api/smartcard/read-card-only');
  await sleep(50);
  const told = client.confirm(claim);
  await sleep(200);
  await correct(vn, { pid: sampleCitizenId(n + 5_000), hn: 'another' });
  expect((await house.case(vn))?.pid).toBe(sampleCitizenId(n + 5_000));
  await before;
  expect((await told).json.claimCode).toBe(codesOf(house, n)[0]);
  expect(codesOf(house, n)).toHaveLength(1);
  expect(await house.case(vn)).toMatchObject({ askedAt: null, code: null });
});

test('a clock that was an hour ahead when an answer was lost: it is looked up within seconds of being set back', async () => {
  const n = nextPerson(house);
  const claim = claimOf(await client.read());
  house.pass(3_600_000);
  // NHSO's own is right
  house.nhso.clockOffset(house.rightMs);
  house.nhso.loseAnswers({ next: 1, how: 'drop', late: { breaksAfterMs: 0, worksAfterMs: 1_000 } });
  const told = client.confirm(claim);
  while (house.nhso.confirms(sampleCitizenId(n)).length === 0) await sleep(50);
  house.pass(-3_600_000);
  expect((await told).json.claimCode).toBe(codesOf(house, n)[0]);
  expect(codesOf(house, n)).toHaveLength(1);
});

test('a clerk has settled what was asked for with another code: the client is told at once to look at NHSO', async () => {
  const n = nextPerson(house);
  const claim = claimOf(await client.read());
  const vn = await waiting(n);
  house.nhso.loseAnswers({ next: 1, how: 'drop' });
  const first = client.confirm(claim);
  await house.caseIn(vn, 'unknown');
  house.nhso.issueCode({ pid: sampleCitizenId(n) });
  await house.caseIn(vn, 'needs-staff');
  expect((await first).status).toBe(500);
  await correct(vn, { code: 'PP0000000077' });
  expect(await house.caseIn(vn, 'written')).toMatchObject({ code: { source: 'his' } });
  const begun = performance.now();
  const { status, json } = await client.confirm(claim);
  expect(performance.now() - begun).toBeLessThan(CONFIRM_MS / 2);
  expect([status, json.message]).toEqual([500, expect.stringContaining('Please look at NHSO')]);
  expect(codesOf(house, n)).toHaveLength(2);
});

describe('over the line of a reader worker', () => {
  let carried: DoorHouse;
  let own: PublicClient;
  beforeAll(async () => {
    carried = await DoorHouse.open({
      isCarried: true,
      settings: SETTINGS,
      timeouts: { confirmMs: CONFIRM_MS },
    });
    carried.nhso.limitPerDay(null);
    await carried.carry();
    own = await doorClient(carried);
  });
  afterAll(() => carried.close());

  test('a number in the place of a text is taken, as the agent takes it', async () => {
    const n = nextPerson(carried);
    const { status, json } = await own.confirm(claimOf(await own.read(), { hn: 123 }));
    expect([status, [json.claimCode]]).toEqual([200, codesOf(carried, n)]);
  });

  test('what is missing is refused in the agent’s own words', async () => {
    const n = nextPerson(carried);
    const { status, json } = await own.confirm(claimOf(await own.read(), { mobile: undefined }));
    expect([status, json.errors]).toEqual([
      400,
      [expect.objectContaining({ field: 'mobile', rejectedValue: '' })],
    ]);
    expect(await askOf(carried, n)).toMatchObject({ state: 'free' });
  });

  test.each<[string, Record<string, unknown>]>([
    ['a list', { mobile: ['0812345678'] }],
    ['a text without end', { hn: '1'.repeat(300) }],
  ])('%s, which no line carries, is refused at once and leaves nothing to look up', async (_, more) => {
    const n = nextPerson(carried);
    const begun = performance.now();
    expect((await own.confirm(claimOf(await own.read(), more))).status).toBe(400);
    expect(performance.now() - begun).toBeLessThan(CONFIRM_MS / 2);
    expect(await askOf(carried, n)).toMatchObject({ state: 'free' });
    expect((await own.confirm(claimOf(await own.read()))).status).toBe(200);
    expect(codesOf(carried, n)).toHaveLength(1);
  });
});

test('a ledger was put back and the bridge listens, but has not begun: nothing is asked for before it knows', async () => {
  const early = await DoorHouse.open({ isEarly: true, settings: SETTINGS });
  try {
    early.nhso.limitPerDay(null);
    const own = await doorClient(early);
    const n = nextPerson(early);
    const claim = claimOf(await own.read());
    // asked for since the backup
    const { claimCode } = early.nhso.issueCode({ pid: sampleCitizenId(n), claimType: 'PG0060001' });
    await early.ledger.remember(
      'lineage',
      JSON.stringify({ gap: null, place: null, backupAt: house.clock.now() - 60_000, setAsideAt: null }),
    );
    expect((await own.confirm(claim)).status).toBe(500);
    expect(codesOf(early, n)).toEqual([claimCode]);
    await early.begin();
    expect((await own.confirm(claim)).json.claimCode).toBe(claimCode);
    expect(codesOf(early, n)).toEqual([claimCode]);
  } finally {
    await early.close();
  }
});

// the last ones: their house stays in the evening
describe('what a clock an hour ahead has asked for late in the evening, for the next day', () => {
  const HOUR_MS = 3_600_000;
  let toEvening: number;
  beforeAll(() => {
    toEvening = untilMidnightMs(house.clock.now()) - HOUR_MS / 2;
    house.pass(toEvening);
  });

  /** The bridge's clock is ahead from here on, NHSO's is not. */
  function runAhead(): void {
    house.pass(HOUR_MS);
    nhsoIsRight();
  }

  function nhsoIsRight(): void {
    house.nhso.clockOffset(house.rightMs + toEvening);
  }

  /** A read by that clock which does not show that it is wrong, as that of an agent that tells no `checkDate`. */
  async function readAhead(): Promise<object> {
    house.pass(HOUR_MS);
    const claim = claimOf(await client.read());
    nhsoIsRight();
    return claim;
  }

  /** NHSO issues the code, and nobody hears of it. */
  async function askInVain(n: number, claim: object): Promise<{ told: Promise<Told> }> {
    house.nhso.loseAnswers({ next: 1, how: 'drop' });
    const told = client.confirm(claim);
    while (house.nhso.confirms(sampleCitizenId(n)).length === 0) await sleep(20);
    return { told };
  }

  function expectOneCode(n: number): void {
    expect(house.nhso.confirms(sampleCitizenId(n))).toMatchObject([{ asked: 1 }]);
    expect(codesOf(house, n)).toHaveLength(1);
  }

  test('is not asked for at all where NHSO’s word shows that it is another day', async () => {
    const n = nextPerson(house);
    const { claimCode } = (await client.confirm(claimOf(await client.read()))).json;
    runAhead();
    const claim = claimOf(await client.read());
    const refused = await client.confirm(claim);
    expect(refused.status).toBe(400);
    expect(refused.json.message).toMatch(/นาฬิกา.*read on another day than the clock of authen-bridge/);
    expectOneCode(n);
    house.pass(-HOUR_MS);
    expect((await client.confirm(claim)).json.claimCode).toBe(claimCode);
    expectOneCode(n);
  });

  test('is looked for before it is asked for this day', async () => {
    const n = nextPerson(house);
    await client.read();
    const claim = await readAhead();
    const { told } = await askInVain(n, claim);
    house.pass(-HOUR_MS);
    await Promise.all([told, client.confirm(claim)]);
    expectOneCode(n);
  });

  test('is not free although no look-up by that clock shows anything that fits', async () => {
    const n = nextPerson(house);
    await client.read();
    const claim = await readAhead();
    const { told } = await askInVain(n, claim);
    let passed = 0;
    for (;;) {
      const ask = await askOf(house, n);
      if (ask !== null && ask.state !== 'asking' && (ask.state !== 'lost' || isUndecided(ask))) break;
      house.pass(10_000);
      passed += 10_000;
      await sleep(200);
    }
    house.pass(-HOUR_MS - passed);
    await told;
    await client.confirm(claim);
    expectOneCode(n);
  });

  test('is looked for before a visit that had drafted before', async () => {
    const n = nextPerson(house);
    await client.read();
    house.nhso.delay(500, 'save-as-draft');
    const vn = house.visit(n);
    await house.poll();
    await house.caseIn(vn, 'ready');
    await sleep(200);
    house.isPaused = true;
    await house.caseIn(vn, 'drafted');
    const claim = await readAhead();
    // the agent is so late that no look-up of the visit's own would show the code
    house.nhso.loseAnswers({ next: 1, how: 'drop', late: { breaksAfterMs: 0, worksAfterMs: 4_000 } });
    const told = client.confirm(claim);
    await expect.poll(async () => (await askOf(house, n))?.state).toBe('lost');
    house.pass(-HOUR_MS);
    house.isPaused = false;
    await expect.poll(() => codesOf(house, n).length, { timeout: 10_000 }).toBe(1);
    // until the agent is surely done, and has been looked at often enough
    while ((await house.case(vn))?.state !== 'written') {
      house.pass(7_000);
      await sleep(300);
    }
    await told;
    expectOneCode(n);
  });
});
