/** The worker's end by itself: what it sends to its agent, and what never. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HttpAnswer, type HttpRequest, NoAnswer } from '../../../../adapters/nhso/http.ts';
import type { FromBridge, FromWorker } from '../../../../adapters/nhso/line/messages.ts';
import { WorkerEnd } from '../../../../adapters/nhso/line/worker-end.ts';
import type { Times } from '../../../../adapters/nhso/stopwatch.ts';
import { quietLog } from '../../../service/support/quiet.ts';
import { REQUEST } from '../given.ts';

const { hn, ...claim } = { ...REQUEST, hn: REQUEST.hn ?? undefined };
const CALL = { call: 'confirm-save', claim: { ...claim, hn } } as const;
const ANSWER: HttpAnswer = { status: 200, contentType: 'application/json', date: null, text: '{}' };

/** A worker whose clocks are set by hand, and all that left it. */
function worker(answer: (request: HttpRequest) => Promise<HttpAnswer> = async () => ANSWER) {
  const times: Times = { steady: 0, wall: 0 };
  const said: FromWorker[] = [];
  const sent: HttpRequest[] = [];
  const end = new WorkerEnd({
    exchange: {
      async send(request) {
        if (request.mayStart?.() === false) throw new NoAnswer('unreachable', false, 'too late');
        sent.push(request);
        return answer(request);
      },
    },
    say: (text) => said.push(JSON.parse(text)),
    log: quietLog,
    now: () => ({ ...times }),
  });
  const hear = (message: FromBridge) => end.hear(JSON.stringify(message));
  const id = crypto.randomUUID();
  return {
    ...{ times, said, sent, end, hear, id },
    ask: { say: 'ask', id, call: CALL, timeoutMs: 500 } as const,
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a call', () => {
  test('is sent on go, once, with its own time, and its answer told as it came', async () => {
    const { hear, said, sent, id, ask } = worker();
    hear(ask);
    expect(sent).toEqual([]);
    expect(said).toEqual([{ say: 'taken', id }]);
    for (let i = 0; i < 3; i++) hear({ say: 'go', id });
    await settled();
    expect(sent).toMatchObject([{ method: 'POST', path: '/api/nhso-service/confirm-save', timeoutMs: 500 }]);
    expect(said.slice(1)).toEqual([{ say: 'answer', id, answer: ANSWER }]);
  });

  test('of an id that was there before is not taken again', async () => {
    const { hear, said, sent, id, ask } = worker();
    hear(ask);
    hear({ say: 'go', id });
    hear(ask);
    hear({ say: 'go', id });
    await settled();
    expect(sent).toHaveLength(1);
    expect(said.filter((s) => s.say === 'taken')).toHaveLength(1);
  });

  test.each([
    ['the steady clock', { steady: 3_001 }],
    ['the wall clock, after a sleep', { wall: 3_600_000 }],
  ])('whose go comes late by %s is not sent, and that is told', async (_, later) => {
    const { times, hear, said, sent, id, ask } = worker();
    hear(ask);
    Object.assign(times, later);
    hear({ say: 'go', id });
    await settled();
    expect(sent).toEqual([]);
    expect(said.at(-1)).toMatchObject({ say: 'no-answer', id, why: { kind: 'unreachable', sent: false } });
  });

  test('whose line is gone, or that took too long to connect, does not start', async () => {
    let mayStart: (() => boolean) | undefined;
    const { times, hear, end, id, ask } = worker(async (request) => {
      mayStart = request.mayStart;
      return ANSWER;
    });
    hear(ask);
    hear({ say: 'go', id });
    await settled();
    expect(mayStart?.()).toBe(true);
    times.wall = 6_001;
    expect(mayStart?.()).toBe(false);
    times.wall = 0;
    end.close();
    expect(mayStart?.()).toBe(false);
  });

  test('that failed is told with what is known of it, and with nothing else', async () => {
    const { hear, said, id, ask } = worker(async () => {
      throw new NoAnswer('lost', true, 'ECONNRESET /9900000000012?!');
    });
    hear(ask);
    hear({ say: 'go', id });
    await settled();
    const why = { kind: 'lost', sent: true, reason: 'ECONNRESET  9900000000012  ' };
    expect(said.at(-1)).toEqual({ say: 'no-answer', id, why });
  });

  test('whose answer is too long for the line is told as such', async () => {
    const { hear, said, id, ask } = worker(async () => ({ ...ANSWER, text: '\u0001'.repeat(300_000) }));
    hear(ask);
    hear({ say: 'go', id });
    await settled();
    expect(said.at(-1)).toMatchObject({ say: 'no-answer', why: { kind: 'too-large', sent: true } });
  });

  test('beyond what one can hold is not taken', () => {
    const { hear, said, ask } = worker();
    for (let i = 0; i < 40; i++) hear({ ...ask, id: crypto.randomUUID() });
    expect(said.filter((s) => s.say === 'taken')).toHaveLength(32);
    expect(said.filter((s) => s.say === 'no-answer')).toHaveLength(8);
  });
});

test('whatever comes in whatever order: each call at most once, never without a go, never late, never after the end', async () => {
  const ids = Array.from({ length: 4 }, () => crypto.randomUUID());
  const id = fc.constantFrom(...ids);
  const event = fc.oneof(
    fc.record({ do: fc.constant('ask' as const), id }),
    fc.record({ do: fc.constant('go' as const), id }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 4_000 }) }),
    fc.record({ do: fc.constant('sleep' as const), ms: fc.integer({ min: 0, max: 9_000_000 }) }),
    fc.record({ do: fc.constant('clock back' as const), ms: fc.integer({ min: 0, max: 9_000_000 }) }),
    fc.record({ do: fc.constant('end' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 30 }), async (events) => {
      const { times, sent, hear, end, ask } = worker();
      const first = new Map<string, Times | 'gone'>();
      let isEnded = false;
      let may = 0;
      for (const e of events) {
        const before = sent.length;
        if (e.do === 'ask') {
          hear({ ...ask, id: e.id });
          if (!first.has(e.id) && !isEnded) first.set(e.id, { ...times });
        } else if (e.do === 'go') {
          const since = first.get(e.id);
          if (since !== undefined && since !== 'gone' && !isEnded) {
            const isLate = times.steady - since.steady > 3_000 || times.wall - since.wall > 3_000;
            if (!isLate) may += 1;
            first.set(e.id, 'gone');
          }
          hear({ say: 'go', id: e.id });
        } else if (e.do === 'wait') {
          times.steady += e.ms;
          times.wall += e.ms;
        } else if (e.do === 'sleep') {
          times.wall += e.ms;
        } else if (e.do === 'clock back') {
          times.wall -= e.ms;
        } else {
          isEnded = true;
          end.close();
        }
        await settled();
        if (e.do !== 'go') expect(sent.length).toBe(before);
      }
      expect(sent.length).toBeLessThanOrEqual(may);
    }),
    { numRuns: 300 },
  );
});

test('told to stop it takes no more, and lets what it has taken come to its end', async () => {
  const answer = Promise.withResolvers<HttpAnswer>();
  const { hear, said, end, id, ask } = worker(() => answer.promise);
  hear(ask);
  let isDrained = false;
  const drained = end.drained().then(() => {
    isDrained = true;
  });
  hear({ ...ask, id: crypto.randomUUID() });
  expect(said.at(-1)).toMatchObject({ say: 'no-answer', why: { sent: false } });
  hear({ say: 'go', id });
  await settled();
  expect(isDrained).toBe(false);
  answer.resolve(ANSWER);
  await drained;
  expect(said.at(-1)).toEqual({ say: 'answer', id, answer: ANSWER });
});
