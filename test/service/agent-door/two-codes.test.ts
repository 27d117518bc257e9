/**
 * The answer to a client's confirm is lost, and while the agent is still at work another channel issues a code: no code that NHSO
 * issued to us stands nowhere. Each is in the HIS or on a person's list, of clients' asks or of cases.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDays, DAY_MS, serviceDateOf } from '../../../src/domain/bangkok.ts';
import type { DoorAsk } from '../../../src/domain/door-ask.ts';
import { SAMPLE_HCODE, sampleCitizenId } from '../../support/samples.ts';
import { claimOf, DoorHouse, doorClient, type PublicClient, type Told } from './house.ts';
import { askOf, codesOf, nextPerson } from './people.ts';

/** From a lost answer to the next look; the last comes when the confirm is surely over: see `ask-times.ts`. */
const PAUSE_MS = 6_000;
const SURELY_OVER_MS = 24_000;
const HALF_HOUR_MS = 30 * 60_000;

let house: DoorHouse;
let client: PublicClient;
beforeAll(async () => {
  house = await DoorHouse.open({ settings: { breakerFailures: 20 } });
  house.nhso.limitPerDay(null);
  client = await doorClient(house);
});
afterAll(() => house.close());

const pidOf = (n: number) => sampleCitizenId(n);
const today = () => serviceDateOf(house.clock.now());

async function rowThat(n: number, is: (ask: DoorAsk) => boolean): Promise<DoorAsk> {
  for (let end = Date.now() + 20_000; ; ) {
    const ask = await askOf(house, n);
    if (ask !== null && is(ask)) return ask;
    if (Date.now() > end) throw new Error(`it is ${JSON.stringify(ask)}`);
    await sleep(25);
  }
}

/** What stands on the list of a person's ask, as the API tells of it. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
async function listed(n: number, query = ''): Promise<any[]> {
  const key = await house.key(null, ['cases:read', 'pid:read']);
  const headers = { authorization: `Bearer ${key}` };
  const answer = await fetch(`${house.url}/api/client-asks?unmasked=true&limit=500${query}`, { headers });
  expect(answer.status).toBe(200);
  const { items } = (await answer.json()) as { items: { pid: string }[] };
  return items.filter(({ pid }) => pid === pidOf(n));
}

/** The line breaks, LINE issues a code, then the agent's own is issued. Both, when NHSO has both. */
async function twoCodes(
  n: number,
): Promise<{ claim: Record<string, unknown>; told: Told; line: string; ours: string }> {
  const claim = claimOf(await client.read());
  const late = { breaksAfterMs: 50, worksAfterMs: 2_500 };
  house.nhso.loseAnswers({ next: 1, how: 'drop', late });
  const telling = client.confirm(claim);
  await rowThat(n, ({ state }) => state === 'lost');
  const line = house.nhso.issueCode({ pid: pidOf(n), channel: 'line' }).claimCode;
  // its first look-up, before the agent has done its work
  await later(1_000);
  const told = await telling;
  expect([told.status, told.json.claimCode]).toEqual([200, line]);
  while (codesOf(house, n).length < 2) await sleep(25);
  const ours = codesOf(house, n).find((code) => code !== line) ?? '';
  return { claim, told, line, ours };
}

async function later(ms: number): Promise<void> {
  house.pass(ms);
  await house.bridge.agentApi.work();
}

/** The last look-ups are made. */
async function isOver(n: number): Promise<DoorAsk> {
  for (let i = 0; i < 5; i++) await later(SURELY_OVER_MS);
  return rowThat(n, ({ lookAt }) => lookAt === null);
}

describe('the client has the code of another channel, and NHSO issues ours as well', () => {
  test('the second is listed for a person; the visit comes, and its case is on the list with both', async () => {
    const n = nextPerson(house);
    const { claim, told, line, ours } = await twoCodes(n);
    const looked = await askOf(house, n);
    expect(looked).toMatchObject({ state: 'issued', claimCode: line, candidates: [] });
    expect(looked?.lookAt).toBeGreaterThan(house.clock.now());
    expect(await listed(n)).toMatchObject([{ state: 'issued', needsPerson: false, candidates: [] }]);
    expect(await listed(n, '&needsPerson=true')).toEqual([]);

    await later(PAUSE_MS);
    const found = await rowThat(n, ({ candidates }) => candidates.length > 0);
    expect(found.lookAt).toBeGreaterThan(house.clock.now());
    expect(await listed(n, '&needsPerson=true')).toMatchObject([
      {
        ...{ state: 'issued', needsPerson: true, claimCode: line, stationId: 'counter-1' },
        candidates: [{ claimCode: ours, misfits: [], heldBy: null }],
        stateText: { en: expect.stringContaining('two codes at NHSO') },
      },
    ]);
    expect(house.logged()).toContain('a person must look at what a client of the agent API has asked for');
    // the client's answer is what it was
    expect((await client.confirm(claim)).json).toEqual(told.json);

    const vn = house.visit(n);
    await house.poll();
    const c = await house.caseIn(vn, 'needs-staff');
    expect(c).toMatchObject({ reason: 'code-ambiguous', code: null });
    expect(c.candidates.map(({ claimCode }) => claimCode)).toEqual([line, ours]);
    expect(house.codeInHis(vn)).toBeNull();
    expect(await listed(n)).toEqual([]);
    expect(house.nhso.confirms(pidOf(n))).toMatchObject([{ asked: 1, issued: 1 }]);

    const key = await house.key(null, ['cases:read', 'cases:write']);
    const decided = await fetch(`${house.url}/api/cases/${SAMPLE_HCODE}/${vn}/resolve`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ action: 'adopt-code', claimCode: ours }),
    });
    expect(decided.status).toBe(200);
    await house.caseIn(vn, 'written');
    expect(house.codeInHis(vn)).toBe(ours);
  });

  test('the visit comes before the second is found: its case finds it', async () => {
    const n = nextPerson(house);
    const { line, ours } = await twoCodes(n);
    const vn = house.visit(n);
    await house.poll();
    await house.caseIn(vn, 'written');
    expect(house.codeInHis(vn)).toBe(line);
    expect(await listed(n)).toEqual([]);
    await later(PAUSE_MS);
    await house.keepHouse();
    const c = await house.caseIn(vn, 'needs-staff');
    expect(c).toMatchObject({ reason: 'second-code', reasonDetail: ours, code: { claimCode: line } });
  });

  test('the first was typed into the HIS: when no third may follow, its case is on the list with the second', async () => {
    const n = nextPerson(house);
    const { line, ours } = await twoCodes(n);
    const vn = house.visit(n, { code: line });
    await house.poll();
    expect(await house.caseIn(vn, 'written')).toMatchObject({ code: { source: 'his' } });
    await later(PAUSE_MS);
    await rowThat(n, ({ candidates }) => candidates.length > 0);
    expect(await listed(n, '&needsPerson=true')).toMatchObject([{ candidates: [{ claimCode: ours }] }]);
    await isOver(n);
    const c = await house.caseIn(vn, 'needs-staff');
    expect(c).toMatchObject({ reason: 'second-code', reasonDetail: ours, code: { claimCode: line } });
    expect(c.candidates).toMatchObject([{ claimCode: ours }]);
    expect(await rowThat(n, ({ state }) => state === 'held')).toMatchObject({ vn });
    expect(await listed(n)).toEqual([]);
  });

  test('the first is typed into the HIS when all look-ups are made', async () => {
    const n = nextPerson(house);
    const { line, ours } = await twoCodes(n);
    expect(await isOver(n)).toMatchObject({ state: 'issued', candidates: [{ claimCode: ours }] });
    const vn = house.visit(n, { code: line });
    await house.poll();
    const c = await house.caseIn(vn, 'needs-staff');
    expect(c).toMatchObject({ reason: 'second-code', reasonDetail: ours, code: { source: 'his' } });
    expect(await rowThat(n, ({ state }) => state === 'held')).toMatchObject({ vn });
    expect(await listed(n)).toEqual([]);
  });
});

test('a client writes its code into the HIS itself: nobody has to look at it any more', async () => {
  const n = nextPerson(house);
  const { json } = await client.confirm(claimOf(await client.read()));
  expect(await listed(n)).toMatchObject([{ state: 'issued', needsPerson: false, claimCode: json.claimCode }]);
  const vn = house.visit(n, { code: json.claimCode });
  await house.poll();
  await house.caseIn(vn, 'written');
  expect(await rowThat(n, ({ state }) => state === 'held')).toMatchObject({ vn });
  expect(await listed(n)).toEqual([]);
  expect((await house.case(vn))?.state).toBe('written');
});

test('two codes that cannot be told apart: one is typed into the HIS, and the other is the client’s', async () => {
  const n = nextPerson(house);
  const claim = claimOf(await client.read());
  house.nhso.loseAnswers({ next: 1, how: 'drop' });
  const telling = client.confirm(claim);
  await rowThat(n, ({ state }) => state === 'lost');
  house.nhso.issueCode({ pid: pidOf(n), channel: 'kiosk' });
  expect((await telling).status).toBe(500);
  const [first = '', second = ''] = codesOf(house, n);
  expect(await listed(n, '&needsPerson=true')).toMatchObject([
    {
      state: 'lost',
      claimCode: null,
      candidates: [{}, {}],
      stateText: { en: expect.stringContaining('cannot tell') },
    },
  ]);
  const vn = house.visit(n, { code: second });
  await house.poll();
  await house.caseIn(vn, 'written');
  await later(HALF_HOUR_MS);
  const found = await rowThat(n, ({ state, candidates }) => state !== 'lost' && candidates.length > 0);
  expect(found).toMatchObject({
    state: 'issued',
    claimCode: first,
    candidates: [{ claimCode: second, heldBy: vn }],
  });
  expect((await client.confirm(claim)).json.claimCode).toBe(first);
});

test('a process that was held up has its code, and another has asked anew and lost the answer: that is looked up all the same', async () => {
  const n = nextPerson(house);
  const claim = claimOf(await client.read());
  house.nhso.delay(800, 'confirm-save');
  const telling = client.confirm(claim);
  const begun = await rowThat(n, ({ state }) => state === 'asking');
  // what the other has left
  const askedAt = begun.askedAt + 300;
  const lookAt = house.clock.now() + PAUSE_MS;
  const others = { ...begun, version: begun.version + 1, state: 'lost', askedAt, lookAt } as const;
  expect(await house.ledger.doorAsks.put(others)).toBe(true);
  const told = await telling;
  expect(told.status).toBe(200);
  const { claimCode } = told.json;
  expect(await askOf(house, n)).toMatchObject({ state: 'lost', askedAt, lookAt, claimCode: null });
  expect(await listed(n, '&needsPerson=true')).toMatchObject([
    { candidates: [{ claimCode }], stateText: { en: expect.stringContaining('came late') } },
  ]);
  await later(PAUSE_MS);
  expect(await rowThat(n, ({ state }) => state === 'issued')).toMatchObject({ claimCode, candidates: [] });
});

test('the answer is lost and nobody asks again, and the visit comes with another code: a person sees both, and a second visit gets ours', async () => {
  const n = nextPerson(house);
  const claim = claimOf(await client.read());
  house.nhso.loseAnswers({ how: 'reset' });
  await client.confirm(claim);
  const [ours = ''] = codesOf(house, n);
  const vn = house.visit(n, { code: house.nhso.issueCode({ pid: pidOf(n), channel: 'line' }).claimCode });
  const line = house.codeInHis(vn);
  await house.poll();
  await house.caseIn(vn, 'written');
  await later(SURELY_OVER_MS);
  await isOver(n);
  await rowThat(n, ({ candidates }) => candidates.length > 0);
  expect(await listed(n, '&needsPerson=true')).toMatchObject([
    {
      ...{ state: 'issued', claimCode: ours, candidates: [{ claimCode: line, heldBy: vn }] },
      stateText: { en: expect.stringContaining('visit of that day holds another one') },
    },
  ]);
  for (let i = 0; i < 3; i++) await later(PAUSE_MS);
  expect(await listed(n)).toHaveLength(1);
  const second = house.visit(n);
  await house.poll();
  await house.caseIn(second, 'written');
  expect([house.codeInHis(vn), house.codeInHis(second)]).toEqual([line, ours]);
  expect(await listed(n)).toEqual([]);
  expect(house.nhso.confirms(pidOf(n))).toMatchObject([{ asked: 1, issued: 1 }]);
});

test('a visit of the evening that reaches the ledger after midnight takes its code', async () => {
  const n = nextPerson(house);
  const { json } = await client.confirm(claimOf(await client.read()));
  const [day, startedAt] = [today(), house.clock.now()];
  house.pass(DAY_MS);
  expect(await listed(n, `&serviceDate=${day}`)).toMatchObject([{ claimCode: json.claimCode }]);
  const vn = house.visit(n, { serviceDate: day, startedAt });
  await house.poll();
  await house.caseIn(vn, 'written');
  expect(house.codeInHis(vn)).toBe(json.claimCode);
  for (let i = 0; i < 9; i++) await later(0);
  // handed over, or found by the look-up that ends the day: whichever was first
  expect(await askOf(house, n, day)).toMatchObject({ state: expect.stringMatching(/^(case|held)$/), vn });
  expect(await listed(n)).toEqual([]);
  expect(addDays(day, 1)).toBe(today());
});
