import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Lanes, type Urgency } from '../../src/service/lanes.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Begun {
  name: string;
  lane: string;
  at: number;
}

/** Calls that take `tookMs` each; what has begun, in its order, and the most at once in any lane. */
function counter(lanes: Lanes, tookMs: number) {
  const begun: Begun[] = [];
  const inHand = new Map<string, number>();
  let mostAtOnce = 0;
  const call = (name: string, lane: string, urgency: Urgency): Promise<void> =>
    lanes.turn(lane, urgency, async () => {
      begun.push({ name, lane, at: performance.now() });
      inHand.set(lane, (inHand.get(lane) ?? 0) + 1);
      mostAtOnce = Math.max(mostAtOnce, inHand.get(lane) ?? 0);
      await new Promise((resolve) => setTimeout(resolve, tookMs));
      inHand.set(lane, (inHand.get(lane) ?? 0) - 1);
    });
  return { begun, call, mostAtOnce: () => mostAtOnce };
}

it('carries one call at a time in a lane, and lanes beside each other', async () => {
  const { begun, call } = counter(new Lanes(0), 100);
  const all = ['a', 'a', 'b', 'a', 'b'].map((lane, i) => call(`${i}`, lane, 'any-day'));
  await vi.runAllTimersAsync();
  await Promise.all(all);
  const from = begun[0]?.at ?? 0;
  expect(begun.map(({ name, at }) => [name, at - from])).toEqual([
    ['0', 0],
    ['2', 0],
    ['1', 100],
    ['4', 100],
    ['3', 200],
  ]);
});

it('gives the caller what the call throws, and the lane to the next', async () => {
  const lanes = new Lanes(0);
  const failed = lanes.turn('a', 'any-day', () => Promise.reject(new RangeError('no')));
  const next = lanes.turn('a', 'any-day', () => Promise.resolve('yes'));
  await expect(failed).rejects.toThrow(RangeError);
  await expect(next).resolves.toBe('yes');
});

it('keeps all lanes together to the rate, to the millisecond over a hundred calls', async () => {
  const { begun, call } = counter(new Lanes(10), 30);
  const all = Array.from({ length: 100 }, (_, i) => call(`${i}`, `${i % 3}`, 'any-day'));
  await vi.runAllTimersAsync();
  await Promise.all(all);
  const from = begun[0]?.at ?? 0;
  expect(begun.map(({ at }) => at - from)).toEqual(begun.map((_, i) => 100 * i));
});

it('makes up for no turn that was not used', async () => {
  const { begun, call } = counter(new Lanes(10), 10);
  await Promise.all([call('first', 'a', 'any-day'), vi.advanceTimersByTimeAsync(5_000)]);
  const all = [call('second', 'a', 'any-day'), call('third', 'b', 'any-day')];
  await vi.runAllTimersAsync();
  await Promise.all(all);
  expect((begun[2]?.at ?? 0) - (begun[1]?.at ?? 0)).toBe(100);
});

it('lets what any day would do for wait for the others, which go in the order of coming', async () => {
  const { begun, call } = counter(new Lanes(0), 10);
  const all = [
    ...['x1', 'x2', 'x3'].map((name) => call(name, 'a', 'any-day')),
    ...['t1', 't2'].map((name) => call(name, 'a', 'today-only')),
    ...['s1', 's2'].map((name) => call(name, 'a', 'somebody-waits')),
    call('t3', 'a', 'today-only'),
  ];
  await vi.runAllTimersAsync();
  await Promise.all(all);
  expect(begun.map((b) => b.name)).toEqual(['x1', 't1', 't2', 's1', 's2', 't3', 'x2', 'x3']);
});

it('does not hold a lane up that is free for one that is not', async () => {
  const { begun, call } = counter(new Lanes(0), 100);
  const all = [
    call('long', 'a', 'any-day'),
    call('urgent', 'a', 'somebody-waits'),
    call('other', 'b', 'any-day'),
  ];
  await vi.runAllTimersAsync();
  await Promise.all(all);
  expect(begun.map((b) => b.name)).toEqual(['long', 'other', 'urgent']);
});

it('begins each call once, never two in a lane, and none has to wait for ever', async () => {
  const call = fc.record({
    lane: fc.constantFrom('a', 'b', 'c'),
    urgency: fc.constantFrom<Urgency>('somebody-waits', 'today-only', 'any-day'),
    afterMs: fc.nat(3_000),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { maxLength: 60 }),
      fc.constantFrom(0, 2, 50),
      fc.nat(400),
      async (calls, rate, tookMs) => {
        const seen = counter(new Lanes(rate), tookMs);
        const all = calls.map(async ({ lane, urgency, afterMs }, i) => {
          await new Promise((resolve) => setTimeout(resolve, afterMs));
          await seen.call(`${i}`, lane, urgency);
        });
        await vi.runAllTimersAsync();
        await Promise.all(all);
        expect(seen.begun.map((b) => Number(b.name)).toSorted((a, b) => a - b)).toEqual(
          calls.map((_, i) => i),
        );
        expect(seen.mostAtOnce()).toBeLessThanOrEqual(1);
        if (rate === 0) return;
        const pauses = seen.begun.slice(1).map(({ at }, i) => at - (seen.begun[i]?.at ?? 0));
        for (const pause of pauses) expect(pause).toBeGreaterThanOrEqual(1000 / rate - 1);
      },
    ),
  );
});

it('gives one turn in ten to the longest wait: what may wait goes on while urgent calls never end', async () => {
  const { begun, call } = counter(new Lanes(0), 10);
  const all = ['first', 'second', 'third'].map((name) => call(name, 'a', 'any-day'));
  for (let i = 0; i < 40; i++) all.push(call(`urgent ${i}`, 'a', 'today-only'));
  await vi.runAllTimersAsync();
  await Promise.all(all);
  expect(['second', 'third'].map((name) => begun.findIndex((b) => b.name === name))).toEqual([9, 19]);
});
