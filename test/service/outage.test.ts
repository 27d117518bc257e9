/** NHSO away, the queue away, the queue lost: the ledger holds the work until it can be done. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { HisOfTheFile, type Hospital, openHospital } from './support/hospital.ts';
import { seconds as pass } from './support/seconds.ts';

let his: HisOfTheFile;
let hospital: Hospital;

beforeAll(async () => {
  his = await HisOfTheFile.start();
}, 60_000);
afterAll(() => his.close());
beforeEach(async () => {
  // the bridge's own seconds pass when the test says so
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  hospital = await openHospital(his);
});
afterEach(async () => {
  await hospital.close();
  vi.useRealTimers();
});

const PEOPLE = [1, 2, 3, 4, 5, 6];

async function patientsWithCards(): Promise<string[]> {
  const vns: string[] = [];
  for (const n of PEOPLE) vns.push(await hospital.visit(n, { at: hospital.now + n * 1000 }));
  await hospital.poll();
  for (const n of PEOPLE) await hospital.card(n);
  return vns;
}

/** What reached NHSO; the agents' own terminals are looked at all the time. */
function asked(): number {
  return hospital.nhso.requests().filter((r) => r.call !== 'terminals').length;
}

async function states(vns: readonly string[]): Promise<string[]> {
  return Promise.all(vns.map(async (vn) => (await hospital.case(vn)).state));
}

const seconds = (n: number): Promise<void> => pass(hospital, n);

it('stops asking when NHSO is down, probes once a minute, and goes on by itself', async () => {
  const vns = await patientsWithCards();
  hospital.nhso.nhsoDown('500');
  await hospital.work();
  expect(hospital.bridge.nhsoStatus('10978')).toBe('down');
  // three failures open the breaker; what had queued up behind them is not sent any more
  expect(asked()).toBe(3);
  for (const vn of vns)
    expect(await hospital.case(vn)).toMatchObject({ state: 'ready', reason: 'waiting-nhso' });
  await seconds(30);
  await hospital.queue.tick('keep-house');
  await hospital.work();
  expect(asked()).toBe(3);
  await seconds(45);
  await expect.poll(asked).toBe(4);
  await seconds(20);
  expect(asked()).toBe(4);
  hospital.nhso.nhsoUp();
  await seconds(60);
  await expect.poll(() => hospital.bridge.nhsoStatus('10978')).toBe('up');
  await seconds(2);
  expect(await states(vns)).toEqual(vns.map(() => 'written'));
  for (const n of PEOPLE) expect(hospital.confirms(n)).toBe(1);
});

it('goes on as soon as a counter has read a card with NHSO', async () => {
  const [vn = ''] = await patientsWithCards();
  hospital.nhso.nhsoDown('html');
  await hospital.work();
  expect(await hospital.card(9, 'card-only')).toMatchObject({ nhso: 'down' });
  hospital.nhso.nhsoUp();
  expect(await hospital.card(8)).toMatchObject({ nhso: 'up' });
  // those that failed wait a moment longer, for their back-off
  await seconds(2);
  expect((await hospital.case(vn)).state).toBe('written');
});

it('is no storm when NHSO answers look-ups and card reads, and fails every draft', async () => {
  await patientsWithCards();
  hospital.nhso.failNext({ call: 'save-as-draft', next: 10_000 });
  await hospital.work();
  expect(hospital.bridge.nhsoStatus('10978')).toBe('down');
  await seconds(60);
  const before = asked();
  const MINUTES = 6;
  for (let minute = 0; minute < MINUTES; minute++) {
    for (let n = 0; n < 6; n++) {
      await seconds(10);
      await hospital.card(7 + n);
    }
    await hospital.queue.tick('keep-house');
    await hospital.work();
  }
  // a probe or a card read lets one draft try, which stops the rest
  expect(asked() - before).toBeLessThanOrEqual(MINUTES + 1);
  hospital.nhso.clearFaults();
  await seconds(125);
  expect(hospital.bridge.nhsoStatus('10978')).toBe('up');
  for (const n of PEOPLE) expect(hospital.confirms(n)).toBe(1);
}, 60_000);

it('with three bridges makes one probe a minute, however many visits wait', async () => {
  const others = [await hospital.anotherBridge(), await hospital.anotherBridge()];
  hospital.queue.isDoubled = true;
  await patientsWithCards();
  hospital.nhso.nhsoDown('500');
  await hospital.work();
  await seconds(60);
  const before = asked();
  for (let minute = 0; minute < 3; minute++) {
    await seconds(60);
    await hospital.queue.tick('keep-house');
    await hospital.work();
  }
  const times = hospital.nhso
    .requests()
    .filter((r) => r.call !== 'terminals')
    .map((r) => Date.parse(r.at))
    .slice(before);
  expect(times.length).toBeGreaterThanOrEqual(2);
  // whoever makes them: the real moment of a call lies within a second or two of its turn
  const pauses = times.slice(1).map((at, n) => at - (times[n] ?? 0));
  for (const pause of pauses) expect(pause).toBeGreaterThan(57_000);
  hospital.nhso.nhsoUp();
  const all = [hospital.bridge, ...others.map((o) => o.bridge)];
  const found = () => all.map((bridge) => bridge.nhsoStatus('10978'));
  await seconds(62);
  // the answer to the probe takes real time, in which no second of the bridges' own passes
  await expect.poll(() => hospital.work().then(found)).toEqual(['up', 'up', 'up']);
}, 60_000);

/** Two bridges that have met an outage with these visits. `both`: how NHSO is for either. */
async function twoBridgesDown(): Promise<{ vns: string[]; both: () => string[] }> {
  const other = await hospital.anotherBridge();
  hospital.queue.isDoubled = true;
  const vns = await patientsWithCards();
  hospital.nhso.nhsoDown('500');
  await hospital.work();
  hospital.queue.isDoubled = false;
  const both = () => [hospital.bridge, other.bridge].map((bridge) => bridge.nhsoStatus('10978'));
  expect(both()).toEqual(['down', 'down']);
  return { vns, both };
}

it('with two bridges both go on as soon as one has found NHSO to answer', async () => {
  const { vns, both } = await twoBridgesDown();
  hospital.nhso.nhsoUp();
  await seconds(1);
  expect(both()).toEqual(['down', 'down']);
  expect(await hospital.card(8)).toMatchObject({ nhso: 'up' });
  await seconds(3);
  expect(both()).toEqual(['up', 'up']);
  await seconds(2);
  expect(await states(vns)).toEqual(vns.map(() => 'written'));
  for (const n of PEOPLE) expect(hospital.confirms(n)).toBe(1);
});

it('with two bridges leaves nothing at the one that has not looked yet: the oldest work goes first', async () => {
  const { vns, both } = await twoBridgesDown();
  await seconds(1);
  expect(hospital.queue.due).toEqual([]);
  hospital.nhso.nhsoUp();
  await hospital.card(8);
  expect(both()).toEqual(['up', 'down']);
  await expect.poll(() => hospital.queue.due.length).toBe(vns.length);
  // no second passes: either takes its half of the jobs as they lie there
  await hospital.work();
  expect(await states(vns)).toEqual(vns.map(() => 'written'));
  for (const n of PEOPLE) expect(hospital.confirms(n)).toBe(1);
});

it('asks for the patients who are there before it looks up what any day would do for', async () => {
  const MANY = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
  for (const n of MANY) {
    await hospital.visit(n, { at: hospital.now + n * 1000 });
    await hospital.card(n, 'card-only');
  }
  hospital.pass(11 * 60_000);
  await hospital.poll();
  await hospital.queue.tick('keep-house');
  await expect.poll(() => hospital.queue.due.length).toBe(MANY.length);
  const there = [await hospital.visit(1), await hospital.visit(2, { at: hospital.now + 1000 })];
  await hospital.poll();
  await hospital.card(1);
  await hospital.card(2);
  await expect.poll(() => hospital.queue.due.length).toBe(MANY.length + there.length);
  expect(hospital.queue.due.filter((job) => job.isUrgent).map((job) => job.vn)).toEqual(there);
  await hospital.queue.work();
  const calls = hospital.nhso.requests().map((r) => r.call);
  const drafts = calls.filter((call) => call !== 'terminals').slice(0, 5);
  expect(drafts.filter((call) => call === 'save-as-draft')).toHaveLength(there.length);
  await hospital.work();
  expect(await states(there)).toEqual(['written', 'written']);
});

it('rebuilds every job from the ledger when the queue has lost them all', async () => {
  const vns = await patientsWithCards();
  await vi.waitFor(async () => expect(await hospital.ledger.outbox(1)).toEqual([]), { timeout: 20_000 });
  hospital.queue.loseEverything();
  expect(hospital.queue.due).toEqual([]);
  await hospital.work();
  expect(await states(vns)).toEqual(vns.map(() => 'ready'));
  await hospital.queue.tick('keep-house');
  expect(hospital.queue.due).toHaveLength(vns.length);
  await hospital.work();
  expect(await states(vns)).toEqual(vns.map(() => 'written'));
});

it('rebuilds them at the start of another bridge', async () => {
  const vns = await patientsWithCards();
  hospital.queue.loseEverything();
  await hospital.killAndStart();
  await hospital.work();
  expect(await states(vns)).toEqual(vns.map(() => 'written'));
});

it('keeps the work in the outbox while the queue is away', async () => {
  hospital.queue.isAway = true;
  const vns = await patientsWithCards();
  await expect.poll(async () => (await hospital.ledger.outbox(100)).length).toBe(vns.length);
  hospital.queue.isAway = false;
  await seconds(1);
  await hospital.work();
  expect(await hospital.ledger.outbox(1)).toEqual([]);
  expect(await states(vns)).toEqual(vns.map(() => 'written'));
});

it('tries again later when the agent’s PC is off, without counting NHSO as down', async () => {
  const [vn = ''] = await patientsWithCards();
  await hospital.nhso.stop();
  await hospital.queue.work();
  expect(hospital.bridge.nhsoStatus('10978')).toBe('up');
  expect(await hospital.case(vn)).toMatchObject({ state: 'ready', reason: 'waiting-nhso' });
  await hospital.nhso.start();
  await seconds(2);
  expect((await hospital.case(vn)).state).toBe('written');
});

it('is ready again within five seconds of an outage’s end, and looks at what is well four times a minute', async () => {
  const agent = async () =>
    (await hospital.bridge.readiness()).find((f) => f.check === 'agent-10978-counter-1')?.level;
  const looks = (): number => hospital.nhso.requests({ call: 'terminals' }).length;
  const before = looks();
  await seconds(60);
  await expect.poll(looks).toBe(before + 4);
  expect(await agent()).toBe('ok');
  await hospital.nhso.stop();
  await seconds(16);
  await expect.poll(agent).toBe('fail');
  await hospital.nhso.start();
  await seconds(4);
  await expect.poll(agent, { timeout: 1_000 }).toBe('ok');
});
