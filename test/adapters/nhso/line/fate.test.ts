/** What becomes of a call when the worker at the other end hangs, dies, is replaced or answers too late. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openCarriedAgent } from '../../../../adapters/nhso/line/carried-agent.ts';
import type { FromBridge, FromWorker } from '../../../../adapters/nhso/line/messages.ts';
import type { NhsoAgent } from '../../../../src/service/ports/nhso-agent.ts';
import { everythingOf, faultOf, PID, REQUEST, TIMEOUTS } from '../given.ts';
import { HCODE, openRig, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
}, 60_000);
afterAll(() => rig.close());
const sockets: WebSocket[] = [];
afterEach(() => {
  for (const ws of sockets.splice(0)) ws.terminate();
});

let stations = 0;
function station(timeouts = TIMEOUTS): { id: string; agent: NhsoAgent } {
  stations += 1;
  const id = `hand-${stations}`;
  const own = { hcode: HCODE, zone: 'test', timeouts, stationId: id } as const;
  return { id, agent: openCarriedAgent({ ...own, lines: rig.house.lines }) };
}

/** A worker made by hand: does what the test says with what it hears. */
async function worker(id: string, hear: (message: FromBridge, ws: WebSocket) => void): Promise<WebSocket> {
  const headers = { authorization: `Bearer ${await rig.keyOf(id)}` };
  const ws = new WebSocket(`${rig.house.url.replace('http', 'ws')}/api/agent-line`, PROTOCOL, { headers });
  sockets.push(ws);
  ws.on('message', (data) => hear(JSON.parse(String(data)), ws));
  ws.on('error', () => ws.terminate());
  await new Promise((resolve, reject) => {
    ws.once('open', resolve);
    ws.once('close', reject);
  });
  return ws;
}
const PROTOCOL = 'authen-bridge.agent-line.1';

const say = (ws: WebSocket, message: FromWorker) => ws.send(JSON.stringify(message));
const receipt = JSON.stringify({ pid: PID, claimType: 'PG0060001', claimCode: 'PP0000000001' });
const answered = (id: string): FromWorker => ({
  ...{ say: 'answer', id },
  answer: { status: 200, contentType: 'application/json', date: null, text: receipt },
});
/** Takes every call, and does the given with its go. */
const onGo = (does: (id: string, ws: WebSocket) => void) => (message: FromBridge, ws: WebSocket) => {
  if (message.say === 'ask') say(ws, { say: 'taken', id: message.id });
  else does(message.id, ws);
};
const code = (fault: { code: string; retry: string }) => `${fault.code} ${fault.retry}`;

test('no line: nothing was sent, and that is known at once when it has been away for a while', async () => {
  const { agent } = station();
  const first = await faultOf(agent.confirmSave(REQUEST));
  expect(first).toMatchObject({ code: 'agent-unreachable', retry: 'yes', detail: { sent: false } });
  await sleep(8_000);
  const begun = performance.now();
  expect(code(await faultOf(agent.confirmSave(REQUEST)))).toBe('agent-unreachable yes');
  expect(performance.now() - begun).toBeLessThan(1_000);
});

test('a line that comes within a moment is waited for', async () => {
  const { id, agent } = station();
  const confirm = agent.confirmSave(REQUEST);
  await sleep(200);
  await worker(
    id,
    onGo((call, ws) => say(ws, answered(call))),
  );
  expect(await confirm).toMatchObject({ claimCode: 'PP0000000001' });
});

test('a worker that hangs before it takes the call: nothing was sent, and no go comes after the time', async () => {
  const { id, agent } = station();
  const heard: FromBridge[] = [];
  const ws = await worker(id, (message) => heard.push(message));
  expect(code(await faultOf(agent.confirmSave(REQUEST)))).toBe('agent-unreachable yes');
  const [ask] = heard;
  say(ws, { say: 'taken', id: ask?.id ?? '' });
  await sleep(300);
  expect(heard.map((h) => h.say)).toEqual(['ask']);
});

test('a line that breaks before the call is taken: nothing was sent', async () => {
  const { id, agent } = station();
  await worker(id, (_, ws) => ws.terminate());
  expect(code(await faultOf(agent.confirmSave(REQUEST)))).toBe('agent-unreachable yes');
});

test('a line that breaks after go: a confirm must ask first, all else may be tried again, and NHSO is not to blame', async () => {
  for (const [call, outcome] of [
    [(a: NhsoAgent) => a.confirmSave(REQUEST), 'agent-unreachable ask-first'],
    [(a: NhsoAgent) => a.saveAsDraft(REQUEST), 'agent-unreachable yes'],
    [(a: NhsoAgent) => a.latestAuthenCode(PID), 'agent-unreachable yes'],
    [(a: NhsoAgent) => a.terminals(), 'agent-unreachable yes'],
  ] as const) {
    const { id, agent } = station();
    await worker(
      id,
      onGo((_, ws) => ws.terminate()),
    );
    const fault = await faultOf(call(agent));
    expect(code(fault)).toBe(outcome);
    expect(fault.detail.sent).toBe(true);
    expect(everythingOf(fault)).not.toContain(PID);
  }
});

test('an answer after the time is nobody’s, and the line goes on', async () => {
  const short = { ...TIMEOUTS, confirmMs: 100 };
  const { id, agent } = station(short);
  let late = '';
  const ws = await worker(
    id,
    onGo((call, line) => {
      if (late === '') late = call;
      else say(line, answered(call));
    }),
  );
  expect(code(await faultOf(agent.confirmSave(REQUEST)))).toBe('agent-timeout ask-first');
  say(ws, answered(late));
  expect(await agent.confirmSave(REQUEST)).toMatchObject({ claimCode: 'PP0000000001' });
});

test('a worker that answers what it was never let go is not believed', async () => {
  const { id, agent } = station();
  await worker(id, (message, ws) => {
    if (message.say !== 'ask') return;
    say(ws, answered(message.id));
    say(ws, { say: 'no-answer', id: message.id, why: { kind: 'lost', sent: true, reason: 'x' } });
  });
  // whatever it claims to have sent, it was not this
  expect(code(await faultOf(agent.confirmSave(REQUEST)))).toBe('agent-unreachable yes');
});

test('what the worker knows of the agent counts as if the bridge had seen it', async () => {
  for (const [kind, sent, outcome] of [
    ['unreachable', false, 'agent-unreachable yes'],
    ['timeout', true, 'agent-timeout ask-first'],
    ['timeout', false, 'agent-timeout yes'],
    ['lost', true, 'nhso-unavailable ask-first'],
    ['cut-off', true, 'nhso-unavailable ask-first'],
    ['too-large', true, 'agent-bad-answer ask-first'],
  ] as const) {
    const { id, agent } = station();
    const why = { kind, sent, reason: 'ECONNX' };
    await worker(
      id,
      onGo((call, ws) => say(ws, { say: 'no-answer', id: call, why })),
    );
    expect([kind, code(await faultOf(agent.confirmSave(REQUEST)))]).toEqual([kind, outcome]);
  }
});

test('a second line of a station replaces the first, and what the first had in hand is not known', async () => {
  const { id, agent } = station();
  const gone = Promise.withResolvers<void>();
  const old = await worker(
    id,
    onGo(() => gone.resolve()),
  );
  const closed = new Promise((resolve) => old.once('close', resolve));
  const confirm = faultOf(agent.confirmSave(REQUEST));
  await gone.promise;
  await worker(
    id,
    onGo((call, ws) => say(ws, answered(call))),
  );
  expect(code(await confirm)).toBe('agent-unreachable ask-first');
  expect(await closed).toBe(4001);
  expect(await agent.confirmSave(REQUEST)).toMatchObject({ claimCode: 'PP0000000001' });
});

test('a worker that speaks another language is shown out', async () => {
  for (const words of ['hello', '{}', '[]', JSON.stringify({ say: 'answer', id: 'x', answer: {} })]) {
    const { id, agent } = station();
    const ws = await worker(id, () => undefined);
    const closed = new Promise((resolve) => ws.once('close', resolve));
    const confirm = faultOf(agent.confirmSave(REQUEST));
    ws.send(words);
    expect(await closed).toBe(1008);
    expect(code(await confirm)).toBe('agent-unreachable yes');
  }
});

test('two calls at a time on one line each get their own answer', async () => {
  const { id, agent } = station();
  const waiting: string[] = [];
  await worker(
    id,
    onGo((call, ws) => {
      waiting.push(call);
      if (waiting.length < 2) return;
      const [first = '', second = ''] = waiting;
      // the later first
      say(ws, {
        ...answered(second),
        answer: { status: 200, contentType: '', date: null, text: '[]' },
      } as FromWorker);
      say(ws, answered(first));
    }),
  );
  const confirm = agent.confirmSave(REQUEST);
  await expect.poll(() => waiting.length).toBe(1);
  expect(await agent.latestFiveAllHospitals(PID)).toEqual([]);
  expect(await confirm).toMatchObject({ claimCode: 'PP0000000001' });
});
