/** What a line can do: stall, trickle, break off, lie about its length, close while idle. Nothing is ever sent twice. */

import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { agentAt, faultOf, HASTY, isCarried, PID, REQUEST, TIMEOUTS } from './given.ts';
import { type Answerer, http, type RawServer, rawServer } from './raw-server.ts';

const open: RawServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((s) => s.close()));
});

async function agentOn(answer: Answerer, options: Parameters<typeof agentAt>[1] = {}) {
  const server = await rawServer(answer);
  open.push(server);
  return { agent: agentAt(server.url, options), server };
}

const receipt = JSON.stringify({ pid: PID, claimType: 'PG0060001', claimCode: 'PP0000000001' });

test.each<[string, Answerer, string]>([
  ['closes without a word', (s) => s.end(), 'nhso-unavailable'],
  ['resets', (s) => s.resetAndDestroy(), 'nhso-unavailable'],
  [
    'resets amid the header',
    (s) => s.write('HTTP/1.1 200 OK\r\nconte', () => s.resetAndDestroy()),
    'nhso-unavailable',
  ],
  ['says nothing', () => undefined, 'agent-timeout'],
  ['stops amid the header', (s) => s.write('HTTP/1.1 200 OK\r\nconte'), 'agent-timeout'],
  ['stops amid the body', (s) => s.write(http(200, receipt).slice(0, -9)), 'agent-timeout'],
  ['closes amid the body', (s) => s.end(http(200, receipt).slice(0, -9)), 'nhso-unavailable'],
  [
    'resets amid the body',
    (s) => s.write(http(200, receipt).slice(0, -9), () => s.resetAndDestroy()),
    'nhso-unavailable',
  ],
  ['speaks no HTTP', (s) => s.write('220 smtp.example ready\r\n\r\n'), 'nhso-unavailable'],
  [
    'breaks its chunks',
    (s) => s.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'),
    'nhso-unavailable',
  ],
  [
    'ends chunks early',
    (s) => s.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a"'),
    'nhso-unavailable',
  ],
])('a confirm to an agent that %s is sent once and must ask first', async (_what, answer, code) => {
  const { agent, server } = await agentOn(answer, code === 'agent-timeout' ? { timeouts: HASTY } : {});
  expect(await faultOf(agent.confirmSave(REQUEST))).toMatchObject({ code, retry: 'ask-first' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(server.requests).toHaveLength(1);
});

test('a body that trickles does not hold the call beyond its time', async () => {
  const trickle: Answerer = (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n');
    const drip = setInterval(() => socket.write(' '), 20);
    socket.on('close', () => clearInterval(drip));
  };
  const { agent } = await agentOn(trickle, { timeouts: HASTY });
  const started = performance.now();
  expect(await faultOf(agent.confirmSave(REQUEST))).toMatchObject({
    code: 'agent-timeout',
    retry: 'ask-first',
  });
  expect(performance.now() - started).toBeLessThan(HASTY.confirmMs + 5_000);
});

test('an endless answer is cut at 2 MB', async () => {
  const { agent } = await agentOn((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99999999\r\n\r\n');
    socket.write(Buffer.alloc(3 * 1024 * 1024, 0x20));
  });
  const fault = await faultOf(agent.confirmSave(REQUEST));
  expect(fault).toMatchObject({ code: 'agent-bad-answer', retry: 'ask-first' });
});

test('a longer answer than announced does not spoil the next call', async () => {
  const { agent } = await agentOn(
    (socket, _request, nth) =>
      socket.write(nth === 1 ? `${http(200, receipt)}rubbish that nobody announced` : http(200, receipt)),
    { connections: 1 },
  );
  expect(await agent.confirmSave(REQUEST)).toMatchObject({ claimCode: 'PP0000000001' });
  expect(await agent.confirmSave(REQUEST)).toMatchObject({ claimCode: 'PP0000000001' });
});

test('an idle connection that the agent closed costs no confirm', async () => {
  let gone = Promise.resolve();
  const { agent, server } = await agentOn(
    (socket) => {
      // closed at this end only after the adapter's end has seen the agent's goodbye
      gone = new Promise((resolve) => socket.once('close', () => resolve()));
      socket.write(http(200, receipt), () => setTimeout(() => socket.end(), 5));
    },
    { connections: 1 },
  );
  for (let i = 0; i < 5; i++) {
    expect(await agent.confirmSave(REQUEST)).toMatchObject({ claimCode: 'PP0000000001' });
    await gone;
  }
  expect(server.requests).toHaveLength(5);
});

test('a request that timed out while it waited for a connection is never sent', async () => {
  let answerDraft = () => undefined as unknown;
  const { agent, server } = await agentOn(
    (socket) => {
      answerDraft = () => socket.write(http(200, '{}'));
    },
    { connections: 1, timeouts: { ...TIMEOUTS, confirmMs: 100 } },
  );
  const draft = agent.saveAsDraft(REQUEST);
  const confirm = await faultOf(agent.confirmSave(REQUEST));
  expect(confirm).toMatchObject({ code: 'agent-timeout', retry: 'yes', detail: { sent: false } });
  await expect.poll(() => server.requests.length).toBe(1);
  answerDraft();
  await draft;
  // the line is free again, and the confirm that nobody waits for would go out now
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(server.requests.map((r) => r.split(' ')[1])).toEqual(['/api/nhso-service/save-as-draft']);
});

test.skipIf(isCarried())('a confirm whose machine slept before it was sent stays unsent', async () => {
  let answerDraft = () => undefined as unknown;
  const { agent, server } = await agentOn(
    (socket, request) => {
      if (request.includes('save-as-draft')) answerDraft = () => socket.write(http(200, '{}'));
      else socket.write(http(200, receipt));
    },
    { connections: 1 },
  );
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const draft = agent.saveAsDraft(REQUEST);
  const confirm = faultOf(agent.confirmSave(REQUEST));
  await vi.waitUntil(() => server.requests.length === 1, { timeout: 20_000 });
  vi.setSystemTime(Date.now() + 7_000);
  answerDraft();
  await draft;
  expect(await confirm).toMatchObject({ code: 'agent-unreachable', retry: 'yes', detail: { sent: false } });
  expect(server.requests).toHaveLength(1);
  expect(await agent.confirmSave(REQUEST)).toMatchObject({ claimCode: 'PP0000000001' });
});

test('what is sent: JSON asked for and declared, no empty keys, the photo not wanted, prefix kept', async () => {
  const server = await rawServer((socket, request) =>
    socket.write(http(200, request.startsWith('GET') ? JSON.stringify({ pid: PID }) : receipt)),
  );
  open.push(server);
  const agent = agentAt(`${server.url}/counter-1/`);
  await agent.read();
  await agent.confirmSave({ ...REQUEST, hn: null });
  const [read = '', confirm = ''] = server.requests;
  expect(read).toMatch(/^GET \/counter-1\/api\/smartcard\/read\?readImageFlag=false HTTP\/1\.1\r\n/);
  expect(confirm).toMatch(/^POST \/counter-1\/api\/nhso-service\/confirm-save HTTP/);
  expect(confirm).toContain('content-type: application/json');
  const { hn: _, ...sent } = REQUEST;
  expect(JSON.parse(confirm.split('\r\n\r\n')[1] ?? '')).toEqual(sent);
  expect(agent.url).toBe(`${server.url}/counter-1`);
});
