/** NHSO behind the agents: the day's limit, other channels, several agents, and the counts that tests judge by. */

import { afterEach, expect, test } from 'vitest';
import { localDate, thaiAge } from '../../../simulators/common/bangkok.ts';
import { NhsoCentre } from '../../../simulators/nhso-agent/centre.ts';
import { startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { confirm, get, goodRequest, PID, type Simulator } from './wire.ts';

const open: Simulator[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((s) => s.close()));
});

async function start(options: Parameters<typeof startNhsoAgent>[0] = {}): Promise<Simulator> {
  const simulator = await startNhsoAgent(options);
  open.push(simulator);
  return simulator;
}

test.each([
  [1, [200, 400, 400]],
  [2, [200, 200, 400]],
  [null, [200, 200, 200]],
])('limit %s a day: %j', async (limit, statuses) => {
  const { url, control } = await start();
  control.limitPerDay(limit);
  const body = await goodRequest(url);
  const got: number[] = [];
  for (const _ of statuses) got.push((await confirm(url, body)).status);
  expect(got).toEqual(statuses);
  const issued = statuses.filter((s) => s === 200).length;
  expect(control.confirms(PID)).toEqual([
    {
      ...{ pid: PID, claimType: 'PG0060001', serviceDate: localDate(Date.now()) },
      ...{ asked: 3, issued, refused: 3 - issued },
    },
  ]);
  expect(new Set(control.codes(PID).map((c) => c.claimCode)).size).toBe(issued);
});

test('the limit is per claim type, hospital and Bangkok day; other channels count, EP codes do not', async () => {
  const centre = new NhsoCentre();
  const { url, control } = await start({ centre });
  const other = await start({ centre, hcode: '11472' });
  control.issueCode({ pid: PID, kind: 'EP' });
  control.issueCode({ pid: PID, claimType: 'PG0130001' });
  control.issueCode({ pid: PID, hcode: '11472', channel: 'kiosk' });
  control.issueCode({ pid: PID, issuedAt: Date.now() - 86_400_000 });
  const body = await goodRequest(url);
  expect((await confirm(url, body)).status).toBe(200);
  expect((await confirm(other.url, body)).status).toBe(400);
  // the next Bangkok day
  control.clockOffset(86_400_000);
  expect((await confirm(url, body)).status).toBe(200);
  expect((await confirm(other.url, body)).status).toBe(200);
});

test('many confirms at one instant: one code', async () => {
  const { url, control } = await start();
  const body = await goodRequest(url);
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async () => (await confirm(url, body)).status),
  );
  expect(statuses.filter((s) => s === 200)).toHaveLength(1);
  expect(control.codes(PID)).toHaveLength(1);
});

test('latest is this hospital’s newest PP code; latest-5 is of all hospitals and kinds, five at most', async () => {
  const { url, control } = await start();
  const now = Date.now();
  control.issueCode({ pid: PID, claimCode: 'PP0000000002', issuedAt: now - 1000 });
  control.issueCode({ pid: PID, claimCode: 'PP0000000001', issuedAt: now - 9000 });
  control.issueCode({ pid: PID, claimCode: 'PP0000000009', hcode: '11472' });
  control.issueCode({ pid: PID, kind: 'EP', claimCode: 'EP0000000005' });
  const latest = await get(url, `/api/nhso-service/latest-authen-code/${PID}`);
  expect(latest.json.claimCode).toBe('PP0000000002');
  for (const n of [3, 4]) control.issueCode({ pid: PID, claimCode: `PP000000000${n}`, issuedAt: now - n });
  const five = await get(url, `/api/nhso-service/latest-5-authen-code-all-hospital/${PID}`);
  expect(Array.from(five.text.matchAll(/"claimCode":"(..)0*(\d)"/g), (m) => `${m[1]}${m[2]}`).sort()).toEqual(
    ['EP5', 'PP2', 'PP3', 'PP4', 'PP9'],
  );
});

test('one centre behind two agents: a read at one counter serves the other, and one journal sees both', async () => {
  const centre = new NhsoCentre();
  const [one, two] = [await start({ centre }), await start({ centre })];
  one.control.insertCard(PID);
  expect(await get(two.url, '/api/smartcard/terminals').then((g) => g.text)).toContain('"isPresent":false');
  const body = await goodRequest(one.url);
  expect((await confirm(two.url, body)).status).toBe(200);
  expect((await confirm(one.url, body)).status).toBe(400);
  expect(centre.journal.entries().map((e) => [e.agent, e.call, e.outcome])).toEqual([
    [`10978@${two.port}`, 'terminals', 'answered'],
    [`10978@${one.port}`, 'probe', 'answered'],
    [`10978@${two.port}`, 'confirm-save', 'answered'],
    [`10978@${one.port}`, 'confirm-save', 'refused'],
  ]);
});

test.each([
  ['1974-06-05', '2026-11-20T08:00:00+07:00', '52 ปี 5 เดือน 15 วัน'],
  ['2026-11-20', '2026-11-20T00:00:00+07:00', '0 ปี 0 เดือน 0 วัน'],
  ['2000-02-29', '2026-03-01T12:00:00+07:00', '26 ปี 0 เดือน 1 วัน'],
  ['1999-12-31', '2026-11-30T12:00:00+07:00', '26 ปี 10 เดือน 30 วัน'],
  ['1950', '2026-01-01T00:30:00+07:00', '76 ปี 0 เดือน 0 วัน'],
])('born %s, on %s: %s', (born, at, age) => {
  expect(thaiAge(born, Date.parse(at))).toBe(age);
});
