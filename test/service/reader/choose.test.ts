import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/domain/bridge-error.ts';
import {
  agentFailed,
  agentRead,
  type Choice,
  choose,
  firstChoice,
  hasCard,
  hasReader,
  readerHeld,
  type Sight,
  type Sights,
  type Why,
} from '../../../src/service/reader/choose.ts';

const T = Date.UTC(2026, 10, 20, 1, 30);
const MINUTE = 60_000;
const BOTH = firstChoice({ agent: true, pcsc: true });

const slots = (...cards: boolean[]): Sight => ({
  is: 'slots',
  slots: cards.map((isPresent, i) => ({ name: `Reader ${i}`, isPresent, insertion: null })),
});
const failed = (code: ErrorCode): Sight => ({ is: 'failed', code });
const [CARD, EMPTY, NO_READER] = [slots(true), slots(false), slots()];
const AWAY = failed('agent-unreachable');
const DIRECT: Choice = { ...BOTH, use: 'pcsc', why: 'agent-away' };

describe('which source is used', () => {
  it.each<[string, Choice, Sights['agent'], Sights['pcsc'], string]>([
    ['both empty', BOTH, EMPTY, EMPTY, 'agent first'],
    ['both see the card', BOTH, CARD, CARD, 'agent first'],
    ['PC/SC not seen yet', BOTH, CARD, 'unknown', 'agent first'],
    ['no pcscd', BOTH, CARD, failed('card-service-away'), 'agent first'],
    ['agent away', BOTH, AWAY, EMPTY, 'pcsc agent-away'],
    ['agent away, a card there', BOTH, AWAY, CARD, 'pcsc agent-away'],
    ['agent hangs', BOTH, failed('agent-timeout'), CARD, 'pcsc agent-away'],
    ['agent answers nonsense', BOTH, failed('agent-bad-answer'), CARD, 'pcsc agent-away'],
    ['agent 418', BOTH, failed('no-reader'), CARD, 'pcsc agent-no-reader'],
    ['agent shows no reader', BOTH, NO_READER, CARD, 'pcsc agent-no-reader'],
    ['agent back with the card', DIRECT, CARD, CARD, 'agent first'],
    ['agent back, no card anywhere', DIRECT, EMPTY, EMPTY, 'agent first'],
    ['agent back, but blind for the card', DIRECT, EMPTY, CARD, 'pcsc agent-sees-no-card'],
    ['agent back, PC/SC gone', DIRECT, EMPTY, failed('card-service-away'), 'agent first'],
    ['agent hangs for long', DIRECT, 'unknown', CARD, 'pcsc agent-away'],
    ['neither, the agent in use', BOTH, AWAY, NO_READER, 'agent first'],
    ['neither, PC/SC in use', DIRECT, AWAY, failed('card-service-away'), 'pcsc agent-away'],
    ['the agent alone', BOTH, AWAY, null, 'agent only'],
    ['PC/SC alone', DIRECT, null, NO_READER, 'pcsc only'],
  ])('%s', (_, before, agent, pcsc, expected) => {
    const { use, why } = choose(before, { agent, pcsc }, T);
    expect(`${use} ${why}`).toBe(expected);
  });

  it('an agent that is a moment behind is waited for, one that does not see the card is not', () => {
    const sights = { agent: EMPTY, pcsc: CARD };
    let choice = choose(BOTH, sights, T);
    expect(choice.use).toBe('agent');
    choice = choose(choice, sights, T + 2_999);
    expect(choice.use).toBe('agent');
    expect(choose(choice, { agent: CARD, pcsc: CARD }, T + 2_999)).toEqual(BOTH);
    choice = choose(choice, sights, T + 3_000);
    expect(choice).toMatchObject({ use: 'pcsc', why: 'agent-sees-no-card' });
    // as long as that card lies there
    choice = choose(choice, sights, T + MINUTE);
    expect(choice.use).toBe('pcsc');
    expect(choose(choice, { agent: EMPTY, pcsc: EMPTY }, T + MINUTE)).toEqual(BOTH);
  });

  it('an agent that cannot read what PC/SC can is left alone for 1, 2, 4 … 10 minutes', () => {
    const sights = { agent: CARD, pcsc: CARD };
    let choice = BOTH;
    let now = T;
    const pauses: number[] = [];
    for (let i = 0; i < 6; i++) {
      choice = agentFailed(choice, now, MINUTE);
      expect(choice).toMatchObject({ use: 'pcsc', why: 'agent-cannot-read' });
      const until = choice.distrust?.until ?? 0;
      expect(choose(choice, sights, until - 1).use).toBe('pcsc');
      choice = choose(choice, sights, until);
      expect(choice.use).toBe('agent');
      pauses.push((until - now) / MINUTE);
      now = until;
    }
    expect(pauses).toEqual([1, 2, 4, 8, 10, 10]);
    expect(agentRead(choice).distrust).toBeNull();
  });

  it('is tried again at once when it was restarted, when it holds the reader, when PC/SC is gone', () => {
    const distrusted = agentFailed(BOTH, T, MINUTE);
    const restarted = choose(distrusted, { agent: AWAY, pcsc: CARD }, T + 1);
    expect(choose(restarted, { agent: CARD, pcsc: CARD }, T + 2).use).toBe('agent');
    expect(choose(readerHeld(distrusted), { agent: CARD, pcsc: CARD }, T + 1).use).toBe('agent');
    expect(choose(distrusted, { agent: CARD, pcsc: NO_READER }, T + 1).use).toBe('agent');
  });
});

describe('whatever is seen', () => {
  const sight = fc.constantFrom<Sight>(
    ...[CARD, EMPTY, NO_READER, slots(true, false), AWAY],
    ...[failed('agent-timeout'), failed('no-reader'), failed('card-service-away')],
  );
  const step = fc.record({
    agent: fc.oneof(
      { arbitrary: sight, weight: 9 },
      { arbitrary: fc.constant('unknown' as const), weight: 1 },
    ),
    pcsc: sight,
    ms: fc.integer({ min: 0, max: 90_000 }),
    after: fc.constantFrom('nothing', 'nothing', 'agent failed', 'agent read', 'held'),
  });
  const DIRECTLY: readonly Why[] = [
    'agent-away',
    'agent-no-reader',
    'agent-sees-no-card',
    'agent-cannot-read',
  ];

  it('the one that can read is used, within one look; the agent wherever it can', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let choice = BOTH;
        let now = T;
        for (const { agent, pcsc, ms, after } of steps) {
          now += ms;
          choice = choose(choice, { agent, pcsc }, now);
          const isTrusted = choice.distrust === null || now >= choice.distrust.until;
          if (agent !== 'unknown' && !hasReader(agent) && hasReader(pcsc)) expect(choice.use).toBe('pcsc');
          if (hasReader(agent) && !hasReader(pcsc)) expect(choice.use).toBe('agent');
          if (hasCard(agent) && isTrusted) expect(choice.use).toBe('agent');
          if (hasReader(agent) && isTrusted && !hasCard(pcsc)) expect(choice.use).toBe('agent');
          expect(DIRECTLY.includes(choice.why)).toBe(choice.use === 'pcsc');
          if (after === 'agent failed' && hasCard(pcsc)) choice = agentFailed(choice, now, MINUTE);
          if (after === 'agent read') choice = agentRead(choice);
          if (after === 'held') choice = readerHeld(choice);
          if (choice.distrust !== null) expect(choice.distrust.until).toBeLessThanOrEqual(now + 10 * MINUTE);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

it('a clock that is set back by hours holds nobody up', () => {
  const HOURS = 7 * 60 * MINUTE;
  const distrusted = agentFailed(BOTH, T, MINUTE);
  expect(choose(distrusted, { agent: CARD, pcsc: CARD }, T + 1_000).use).toBe('pcsc');
  expect(choose(distrusted, { agent: CARD, pcsc: CARD }, T - HOURS).use).toBe('agent');
  const sights = { agent: EMPTY, pcsc: CARD };
  const behind = choose(choose(BOTH, sights, T), sights, T - HOURS);
  expect(choose(behind, sights, T - HOURS + 3_000)).toMatchObject({ use: 'pcsc', why: 'agent-sees-no-card' });
});
