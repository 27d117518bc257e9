/** Every control call over HTTP does what its method does; what can be made to go wrong with all services alike. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CONTROL_HELP } from '../../../simulators/nhso-web/control-routes.ts';
import { type NhsoWebSimulator, startNhsoWeb } from '../../../simulators/nhso-web/start.ts';
import { ask, order, PID, rightSearch, STAFF, soapClient, status, today } from './support.ts';

let web: NhsoWebSimulator;
let folder: string;
beforeAll(async () => {
  web = await startNhsoWeb();
  folder = mkdtempSync(join(tmpdir(), 'nhso-web-'));
});
afterAll(async () => {
  await web.close();
  rmSync(folder, { recursive: true });
});
afterEach(() => web.control.reset());

const DAY = '2026-11-19';
const state = async () => (await ask(`${web.url}/__control/state`)).json;

test('it lists itself', async () => {
  expect((await ask(`${web.url}/__control`)).json).toEqual(CONTROL_HELP);
});

test('up, down and faults', async () => {
  await order(web, 'down', { how: 'html', call: 'check-authen-status' });
  expect(await state()).toMatchObject({ nhso: 'up', down: { 'check-authen-status': 'html' } });
  expect(await status(web, DAY)).toMatchObject({ status: 502, type: 'text/html' });
  expect((await rightSearch(web, 'x')).status).toBe(401);
  await order(web, 'down', { how: '500' });
  expect(await rightSearch(web, 'x')).toMatchObject({ status: 500, type: 'application/json' });
  await order(web, 'up', { call: 'right-search' });
  expect((await rightSearch(web, 'x')).status).toBe(401);
  await order(web, 'up');
  expect((await status(web, DAY)).status).toBe(200);
  await order(web, 'fail-next', { call: 'check-authen-status', status: 429, message: 'slow down' });
  expect(await status(web, DAY)).toMatchObject({ status: 429, json: { message: 'slow down' } });
  await order(web, 'lose-answer', { call: 'check-authen-status', how: 'cut-json' });
  await expect(status(web, DAY)).rejects.toThrow(SyntaxError);
  await order(web, 'delay', { ms: 150, call: 'check-authen-status' });
  const started = performance.now();
  await status(web, DAY);
  expect(performance.now() - started).toBeGreaterThanOrEqual(140);
});

test('the right answer with a wrong content type', async () => {
  await order(web, 'lose-answer', { call: 'check-authen-status', how: 'wrong-type' });
  const got = await status(web, DAY);
  expect(got).toMatchObject({ status: 200, type: 'text/html; charset=UTF-8' });
  expect(JSON.parse(got.text)).toHaveProperty('serviceHistories');
});

test('time-out: no answer for as long as the caller waits', async () => {
  web.control.down('timeout', 'right-search');
  const call = ask(web.urls.rightSearch, { signal: AbortSignal.timeout(300) });
  await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('logging in, killing tokens, clearing, midnight', async () => {
  const ucTokenFile = join(folder, 'nhso_token.txt');
  const search = await soapClient(web);
  const logIn = async () => {
    const answer = await order(web, 'log-in', { account: STAFF, ucTokenFile, bom: true });
    expect(answer.status).toBe(200);
    const token = readFileSync(ucTokenFile, 'utf8').split('#')[1] ?? '';
    expect(answer.text).not.toContain(token);
    expect((await search(token)).ws_status).toBe('NHSO-000001');
    return token;
  };
  const dead = async (token: string) => expect((await search(token)).ws_status).toBe('NHSO-00003');
  const first = await logIn();
  await order(web, 'kill-token', { kind: 'uc', account: STAFF });
  await dead(first);
  const second = await logIn();
  await order(web, 'clear-tokens');
  await dead(second);
  const third = await logIn();
  await order(web, 'midnight');
  expect((await state()).clockOffsetMs).toBeGreaterThan(0);
  await dead(third);
  await order(web, 'clock', { offsetMs: 0 });
  expect((await ask(`${web.url}/__control/log-ins`)).json).toMatchObject([
    ...Array.from({ length: 3 }, () => ({ kind: 'uc', way: 'person', account: STAFF })),
  ]);
});

test('people, codes, form, words, SRM’s manners, hospitals, journal', async () => {
  await order(web, 'people', [{ pid: PID, right: 'LGO' }]);
  await order(web, 'codes', {
    pid: PID,
    claimCode: 'PP7',
    issuedAt: '2026-11-19T10:00:00+07:00',
    mobile: '0812345678',
  });
  await order(web, 'status-form', { shape: 'flat', statusAuthen: 'text' });
  const { token } = (await order(web, 'hospital', { hcode: '11472' })).json as { token: string };
  expect((await status(web, DAY, { token })).json).toMatchObject({
    ...{ statusAuthen: 'true', claimCode: 'PP7', mainInscl: { id: 'LGO' } },
  });
  await order(web, 'status-word', { status: 'NHSO-00099' });
  expect((await (await soapClient(web))('x')).ws_status).toBe('NHSO-00099');
  await order(web, 'srm', { rotates: false, lifeMs: 1000 });
  expect(await state()).toMatchObject({ srm: { rotates: false, lifeMs: 1000 } });
  const all = await ask(`${web.url}/__control/requests?call=check-authen-status`);
  expect(all.json).toMatchObject([{ pid: PID, caller: '11472', serviceDate: DAY, outcome: 'answered' }]);
  await order(web, 'reset');
  expect((await ask(`${web.url}/__control/requests`)).text).toBe('[]');
  expect((await status(web, DAY)).json).toMatchObject({ statusAuthen: false, serviceHistories: [] });
});

test('restart: connection refused for a while, then the same port; stop and start', async () => {
  const up = () => status(web, today()).then((g) => g.status);
  expect((await order(web, 'restart', { seconds: 0.5 })).status).toBe(200);
  await expect.poll(() => up().catch(() => 0), { timeout: 10_000, interval: 20 }).toBe(0);
  await expect.poll(() => up().catch(() => 0), { timeout: 10_000 }).toBe(200);
  await web.control.stop();
  await expect(up()).rejects.toThrow('fetch failed');
  await web.control.start();
  expect(await up()).toBe(200);
});

test.each([
  ['down', { how: 'sideways' }, 'how'],
  ['delay', { ms: -1 }, 'ms'],
  ['log-in', { account: '12' }, 'expected 13 digits'],
  ['kill-token', { kind: 'x', account: STAFF }, 'kind'],
  ['status-form', { shape: 'round' }, 'shape'],
  ['fail-next', { next: 1, cal: 'read' }, 'cal'],
  ['restart', {}, 'seconds'],
])('%s with a wrong body is refused and names the field', async (path, body, named) => {
  const { status: code, json } = await order(web, path, body);
  expect(code).toBe(400);
  expect(json.message).toContain(named);
});

test('what it does not have is a Spring 404', async () => {
  expect((await ask(`${web.url}/api/nothing`)).json).toMatchObject({ status: 404, error: 'Not Found' });
});
