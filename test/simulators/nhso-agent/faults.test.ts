/** What can be made to go wrong, and that an outside observer sees what was and what was not done. */

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { confirm, get, goodRequest, PID, post, type Simulator } from './wire.ts';

let simulator: Simulator;
let url: string;
beforeAll(async () => {
  simulator = await startNhsoAgent();
  url = simulator.url;
});
afterAll(() => simulator.close());
afterEach(() => simulator.control.reset());

/** Status and beginning of the body, or "no answer". */
async function seen(call: Promise<{ status: number; text: string }>): Promise<string> {
  return call.then(
    ({ status, text }) => `${status} ${text.slice(0, 5)}`,
    () => 'no answer',
  );
}

const hurried = { signal: AbortSignal.timeout(1) };

test.each([
  ['500', '500 {"tim'],
  ['html', '502 <!DOC'],
  ['reset', 'no answer'],
  ['drop', 'no answer'],
  ['cut-body', 'no answer'],
] as const)('NHSO down by %s: every call that needs it breaks, none does its work', async (how, expected) => {
  const body = await goodRequest(url);
  simulator.control.insertCard(PID);
  simulator.control.nhsoDown(how);
  expect(await seen(get(url, '/api/smartcard/read'))).toBe(expected);
  expect(await seen(get(url, `/api/smartcard/probe/${PID}`))).toBe(expected);
  expect(await seen(post(url, '/api/nhso-service/save-as-draft', body))).toBe(expected);
  expect(await seen(confirm(url, body))).toBe(expected);
  expect(await seen(get(url, `/api/nhso-service/latest-authen-code/${PID}`))).toBe(expected);
  expect((await get(url, '/api/smartcard/terminals')).status).toBe(200);
  expect((await get(url, '/api/smartcard/read-card-only')).status).toBe(200);
  expect(simulator.control.codes()).toEqual([]);
  expect(simulator.control.confirms()).toEqual([]);
  expect(simulator.control.requests({ outcome: 'nhso-down' })).toHaveLength(5);
  simulator.control.nhsoUp();
  expect((await confirm(url, body)).status).toBe(200);
});

test('cut JSON comes in a whole HTTP answer', async () => {
  simulator.control.nhsoDown('cut-json');
  const res = await fetch(`${url}/api/smartcard/probe/${PID}`);
  expect(res.status).toBe(200);
  await expect(res.json()).rejects.toThrow(SyntaxError);
});

test('down by time-out: no answer for as long as the caller waits', async () => {
  simulator.control.nhsoDown('timeout');
  const call = get(url, `/api/smartcard/probe/${PID}`, { signal: AbortSignal.timeout(300) });
  await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
});

test.each(['500', 'html', 'reset', 'drop', 'cut-json', 'cut-body'] as const)(
  'an answer lost by %s: the work was done, the next answer arrives',
  async (how) => {
    const body = await goodRequest(url);
    simulator.control.loseAnswers({ how });
    expect(await seen(confirm(url, body))).not.toMatch(/^200 \{"pid.*claimCode/);
    expect(simulator.control.confirms(PID)).toMatchObject([{ asked: 1, issued: 1 }]);
    const [lost] = simulator.control.requests({ outcome: 'lost' });
    const [code] = simulator.control.codes(PID);
    expect(lost).toMatchObject({ call: 'confirm-save', pid: PID, claimCode: code?.claimCode });
    expect((await confirm(url, body)).status).toBe(400);
  },
);

test('an answer lost at once and a code issued later: until then NHSO knows of none, and issues one to whoever asks', async () => {
  const body = await goodRequest(url);
  simulator.control.loseAnswers({ how: 'drop', late: { breaksAfterMs: 50, worksAfterMs: 2_500 } });
  const started = performance.now();
  expect(await seen(confirm(url, body))).toBe('no answer');
  expect(performance.now() - started).toBeLessThan(2_000);
  expect(simulator.control.codes(PID)).toEqual([]);
  const second = await confirm(url, body);
  expect(second.status).toBe(200);
  await expect.poll(() => simulator.control.codes(PID).length).toBe(2);
  expect(simulator.control.confirms(PID)).toMatchObject([{ asked: 2, issued: 2 }]);
  const [lost] = simulator.control.requests({ outcome: 'lost' });
  expect(lost?.claimCode).not.toBe(second.json.claimCode);
  expect(lost?.ms).toBeGreaterThanOrEqual(2_490);
  expect((await confirm(url, body)).status).toBe(400);
});

test('what was taken is done although the service is stopped and NHSO goes down meanwhile', async () => {
  const body = await goodRequest(url);
  simulator.control.loseAnswers({ late: { breaksAfterMs: 0, worksAfterMs: 200 } });
  await seen(confirm(url, body));
  simulator.control.nhsoDown();
  await simulator.control.stop();
  await expect.poll(() => simulator.control.codes(PID).length).toBe(1);
  await simulator.control.start();
});

test('orders are counted: so many, that call, then all is well', async () => {
  simulator.control.failNext({ next: 2, call: 'terminals', status: 503, message: 'x' });
  simulator.control.loseAnswers({ next: 2, call: 'preference' });
  const terminals = () => seen(get(url, '/api/smartcard/terminals'));
  const preference = () => seen(get(url, '/api/preference'));
  expect([await terminals(), await terminals(), await terminals()]).toEqual([
    '503 {"tim',
    '503 {"tim',
    '200 [{"te',
  ]);
  expect([await preference(), await preference(), await preference()]).toEqual([
    ...['no answer', 'no answer', '200 {"def'],
  ]);
});

test('a failed call does no work', async () => {
  const body = await goodRequest(url);
  simulator.control.failNext();
  expect((await confirm(url, body)).status).toBe(500);
  expect(simulator.control.confirms()).toEqual([]);
});

test('delay: in general, and of one call', async () => {
  const took = async (path: string) => {
    const started = performance.now();
    await get(url, path);
    return performance.now() - started;
  };
  simulator.control.delay(150);
  simulator.control.delay(0, 'terminals');
  expect(await took('/api/preference')).toBeGreaterThanOrEqual(140);
  expect(await took('/api/smartcard/terminals')).toBeLessThan(140);
});

test('restart: connection refused for a while, then the same port and the same codes', async () => {
  const body = await goodRequest(url);
  await confirm(url, body);
  await simulator.control.restart(0.2);
  await expect(get(url, '/api/smartcard/terminals')).rejects.toThrow('fetch failed');
  await expect.poll(() => seen(get(url, '/api/smartcard/terminals')), { timeout: 5_000 }).toBe('200 [{"te');
  expect((await confirm(url, body)).status).toBe(400);
});

test('its clock can be off: Date header, date-times and the day’s limit go by it', async () => {
  simulator.control.clockOffset(3 * 86_400_000);
  const res = await fetch(`${url}/api/smartcard/probe/${PID}`);
  const date = Date.parse(res.headers.get('date') ?? '');
  expect(Math.abs(date - Date.now() - 3 * 86_400_000)).toBeLessThan(5_000);
  const { checkDate } = (await res.json()) as { checkDate: string };
  expect(Math.abs(Date.parse(`${checkDate}+07:00`) - date)).toBeLessThan(5_000);
});

test('callers who hang up early hurt nobody', async () => {
  await Promise.allSettled(Array.from({ length: 20 }, () => fetch(`${url}/api/preference`, hurried)));
  expect((await get(url, '/api/preference')).status).toBe(200);
});
