/** Every control call over HTTP does what its method does. */

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CONTROL_HELP } from '../../../simulators/nhso-agent/control-routes.ts';
import { startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { confirm, get, goodRequest, PID, post, type Simulator } from './wire.ts';

let simulator: Simulator;
let url: string;
beforeAll(async () => {
  simulator = await startNhsoAgent();
  url = simulator.url;
});
afterAll(() => simulator.close());
afterEach(() => {
  simulator.control.reset();
  simulator.control.limitPerDay(1);
});

const order = (path: string, body: unknown) => post(url, `/__control/${path}`, body);
const state = async () => (await get(url, '/__control/state')).json;

test('it lists itself', async () => {
  expect((await get(url, '/__control')).json).toEqual(CONTROL_HELP);
});

test('NHSO, reader, card, limit and clock', async () => {
  await order('nhso', { state: 'down', how: 'html' });
  await order('card', { pid: PID });
  await order('limit', { perDay: null });
  await order('clock', { offsetMs: 5 });
  expect(await state()).toMatchObject({
    ...{ nhso: 'down (html)', card: PID, readerPlugged: true, limitPerDay: null, clockOffsetMs: 5 },
  });
  expect((await get(url, '/api/smartcard/read')).status).toBe(502);
  await order('nhso', { state: 'up' });
  await order('reader', { plugged: false });
  expect((await get(url, '/api/smartcard/read')).status).toBe(418);
  await order('reader', { plugged: true });
  expect((await get(url, '/api/smartcard/read')).status).toBe(200);
  await get(url, '/__control/card', { method: 'DELETE' });
  expect(await state()).toMatchObject({ nhso: 'up', card: null });
});

test('faults', async () => {
  await order('fail-next', { next: 1, call: 'terminals', status: 503 });
  expect((await get(url, '/api/smartcard/terminals')).status).toBe(503);
  await order('lose-answer', { call: 'terminals', how: 'cut-json' });
  expect(await fetch(`${url}/api/smartcard/terminals`).then((r) => r.text())).toMatch(/^\[\{"t[^\]]*$/);
  await order('lose-answer', { late: { breaksAfterMs: 0, worksAfterMs: 100 } });
  const body = await goodRequest(url);
  await expect(confirm(url, body)).rejects.toThrow();
  expect((await get(url, '/__control/codes')).json).toEqual([]);
  await expect.poll(async () => (await get(url, '/__control/codes')).json).toHaveLength(1);
  await order('delay', { ms: 100, call: 'terminals' });
  const started = performance.now();
  await get(url, '/api/smartcard/terminals');
  expect(performance.now() - started).toBeGreaterThanOrEqual(90);
});

test('people, codes, counts and journal', async () => {
  await order('people', [{ pid: PID, right: 'LGO', fname: 'ทดสอบ' }]);
  await confirm(url, await goodRequest(url));
  await order('codes', { pid: PID, kind: 'EP', hcode: '11472', issuedAt: '2026-11-19T10:00:00+07:00' });
  expect((await get(url, `/api/smartcard/probe/${PID}`)).json.mainInscl).toMatch(/^\(LGO\)/);
  expect((await get(url, '/__control/confirms')).json).toMatchObject([{ pid: PID, asked: 1, issued: 1 }]);
  expect((await get(url, '/__control/codes')).json).toMatchObject([
    { kind: 'PP', hcode: '10978', channel: 'agent' },
    { kind: 'EP', hcode: '11472', channel: 'line', issuedAt: Date.parse('2026-11-19T03:00:00Z') },
  ]);
  const all = (await get(url, '/__control/requests')).json as unknown as { seq: number; call: string }[];
  expect(all.map((r) => r.call)).toEqual(['probe', 'confirm-save', 'probe']);
  const later = await get(url, `/__control/requests?afterSeq=${all[0]?.seq ?? 0}&call=probe`);
  expect(later.json).toMatchObject([{ seq: all[2]?.seq }]);
  await order('reset', {});
  expect((await get(url, '/__control/codes')).text).toBe('[]');
  expect((await get(url, '/__control/requests')).text).toBe('[]');
});

test('restart answers before the line is cut', async () => {
  expect((await order('restart', { seconds: 0.2 })).status).toBe(200);
  const up = () => get(url, '/__control/state').then((g) => g.status);
  await expect.poll(() => up().catch(() => 0), { timeout: 5_000 }).toBe(0);
  await expect.poll(() => up().catch(() => 0), { timeout: 5_000 }).toBe(200);
});

test.each([
  ['nhso', { state: 'sideways' }, 'state'],
  ['delay', { ms: -1 }, 'ms'],
  ['card', { pid: '12' }, 'expected 13 digits'],
  ['codes', { pid: PID, kind: 'XX' }, 'kind'],
  ['people', [{ fname: 'x' }], 'pid'],
  ['fail-next', { next: 1, cal: 'read' }, 'cal'],
  ['restart', {}, 'seconds'],
])('%s with a wrong body is refused and names the field', async (path, body, named) => {
  const { status, json } = await order(path, body);
  expect(status).toBe(400);
  expect(json.message).toContain(named);
});
