import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkAgent } from '../../../adapters/nhso/check.ts';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { HASTY, TIMEOUTS } from './given.ts';
import { http, rawServer } from './raw-server.ts';

let simulator: NhsoAgentSimulator;
beforeEach(async () => {
  simulator = await startNhsoAgent();
});
afterEach(() => simulator.close());

const check = (url: string, zone: 'test' | 'prod' = 'test') =>
  checkAgent({ url, hcode: '10978', zone, timeouts: TIMEOUTS, station: 'counter-1', now: Date.now });

/** `check level` of each finding. */
const levels = async (url: string, zone?: 'test' | 'prod') =>
  (await check(url, zone)).map((f) => `${f.check} ${f.level}`);

test('an agent that is well', async () => {
  expect(await levels(simulator.url)).toEqual([
    'agent-reachable ok',
    'agent-reader ok',
    'agent-clock ok',
    'agent-zone ok',
  ]);
  expect(
    (await check(simulator.url)).every((f) => f.message.startsWith('counter-1 (http://127.0.0.1:')),
  ).toBe(true);
});

test('nobody listens: says what to look at', async () => {
  await simulator.control.stop();
  const findings = await check(simulator.url);
  expect(findings).toMatchObject([{ check: 'agent-reachable', level: 'fail' }]);
  expect(findings[0]?.message).toContain('ECONNREFUSED');
  expect(findings[0]?.fix).toContain('NHSO Secure SmartCard Agent');
});

test('it hangs', async () => {
  simulator.control.delay(60_000);
  const options = {
    url: simulator.url,
    hcode: '10978',
    zone: 'test',
    timeouts: HASTY,
    now: Date.now,
  } as const;
  expect(await checkAgent(options)).toMatchObject([{ check: 'agent-reachable', level: 'fail' }]);
});

test('another program is at the address', async () => {
  const other = await rawServer((socket) => socket.write(http(200, '<html>printer</html>', 'text/html')));
  expect(await levels(other.url)).toEqual(['agent-answers fail']);
  await other.close();
});

test('no reader, said by an empty list or by 418', async () => {
  simulator.control.unplugReader();
  expect(await levels(simulator.url)).toContain('agent-reader warn');
  simulator.control.failNext({ call: 'terminals', status: 418 });
  expect(await levels(simulator.url)).toContain('agent-reader warn');
});

test.each([
  [30_000, 'ok'],
  [-30_000, 'ok'],
  [90_000, 'warn'],
  [-200_000, 'warn'],
  [400_000, 'fail'],
  [-400_000, 'fail'],
])('clock off by %i ms: %s', async (offset, level) => {
  simulator.control.clockOffset(offset);
  const clock = (await check(simulator.url)).find((f) => f.check === 'agent-clock');
  expect(clock?.level).toBe(level);
  if (level !== 'ok') expect(clock?.message).toContain(offset > 0 ? 'ahead of ours' : 'behind ours');
});

test('a PROD build where TEST is configured is hinted at; in PROD the probe is not called', async () => {
  const prod = await startNhsoAgent({ zone: 'prod' });
  expect(await levels(prod.url, 'test')).toContain('agent-zone warn');
  const before = prod.control.requests({ call: 'probe' }).length;
  expect(await levels(prod.url, 'prod')).toContain('agent-zone ok');
  expect(prod.control.requests({ call: 'probe' })).toHaveLength(before);
  await prod.close();
});

test('nothing is asked in a patient’s name, and the token is not fetched', async () => {
  await check(simulator.url);
  const calls = new Set(simulator.control.requests().map((r) => r.call));
  expect([...calls].sort()).toEqual(['probe', 'terminals']);
});
