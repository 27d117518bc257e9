/** How long a token lives, and the account behind it. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, type Instant, parseBangkokDateTime, serviceDateOf } from '../../src/domain/bangkok.ts';
import {
  accountAge,
  daysUnused,
  diesAt,
  isAlive,
  isDueForRenewal,
  TOKEN_KINDS,
  type TokenFacts,
  tokenState,
} from '../../src/domain/token.ts';

const HOUR_MS = 3_600_000;

function at(text: string): Instant {
  const read = parseBangkokDateTime(text);
  if (read === null) throw new Error(`no time: ${text}`);
  return read;
}

function token(facts: Partial<TokenFacts> = {}): TokenFacts {
  return { kind: 'uc', obtainedAt: at('2026-11-20T07:05'), expiresAt: null, refusedAt: null, ...facts };
}

describe('a UC token', () => {
  it.each([
    ['the moment it was made', '2026-11-20T07:05', true],
    ['the last moment of its day', '2026-11-20T23:59:59.999', true],
    ['midnight', '2026-11-21T00:00', false],
    ['the evening before, by a clock that was set back', '2026-11-19T20:00', true],
    ['a year later', '2027-11-20T08:00', false],
  ])('at %s', (_, now, alive) => {
    expect(isAlive(token(), at(now))).toBe(alive);
    expect(tokenState(token(), at(now))).toBe(alive ? 'alive' : 'expired');
  });

  it('is dead once NHSO has refused it, whatever the clock says of when that was', () => {
    for (const refusedAt of ['2026-11-20T09:00', '2026-11-20T23:00']) {
      const refused = token({ refusedAt: at(refusedAt) });
      expect(isAlive(refused, at('2026-11-20T10:00'))).toBe(false);
      expect(tokenState(refused, at('2026-11-20T10:00'))).toBe('refused');
      expect(tokenState(refused, at('2026-11-21T10:00'))).toBe('expired');
    }
  });

  it('dies at the midnight after it was made', () => {
    expect(diesAt(token(), at('2026-11-20T12:00'))).toBe(at('2026-11-21T00:00'));
    expect(diesAt(token({ obtainedAt: at('2026-11-20T00:00') }), at('2026-11-20T12:00'))).toBe(
      at('2026-11-21T00:00'),
    );
  });
});

describe('an SRM token', () => {
  const srm = (facts: Partial<TokenFacts> = {}) =>
    token({ kind: 'srm', expiresAt: at('2026-11-20T15:00'), ...facts });

  it.each([
    ['2026-11-20T14:58:59', true],
    ['2026-11-20T14:59:00', false],
    ['2026-11-20T15:00', false],
  ])('lives until a minute before it says: %s', (now, alive) => {
    expect(isAlive(srm(), at(now))).toBe(alive);
  });

  it('that says nothing of its end lives until it is refused', () => {
    const silent = srm({ expiresAt: null });
    expect(isAlive(silent, at('2026-12-20T15:00'))).toBe(true);
    expect(tokenState({ ...silent, refusedAt: at('2026-11-21T00:00') }, at('2026-12-20T15:00'))).toBe(
      'refused',
    );
  });

  it.each([
    ['alive, of today', {}, '2026-11-20T12:00', false],
    ['alive, but midnight has passed', { expiresAt: at('2026-11-21T15:00') }, '2026-11-21T00:00', true],
    ['its time is over', {}, '2026-11-20T15:00', true],
    ['refused', { refusedAt: at('2026-11-20T11:00') }, '2026-11-20T12:00', true],
    [
      'of tomorrow, by a clock that was ahead',
      { obtainedAt: at('2026-11-21T00:30') },
      '2026-11-20T12:00',
      false,
    ],
  ])('is to be renewed: %s', (_, facts, now, due) => {
    expect(isDueForRenewal({ ...srm(facts), refresh: 'r' }, at(now))).toBe(due);
    expect(isDueForRenewal({ ...srm(facts), refresh: null }, at(now))).toBe(false);
  });
});

describe("the hospital's own UUID", () => {
  const service = (facts: Partial<TokenFacts> = {}) => token({ kind: 'service', ...facts });

  it.each([
    ['years later', null, '2030-01-01T00:00', true],
    ['refused a moment ago', '2026-11-20T11:59', '2026-11-20T12:00', false],
    ['refused by a clock a little ahead', '2026-11-20T12:00:30', '2026-11-20T12:00', false],
    ['refused an hour ago: it is tried again', '2026-11-20T11:00', '2026-11-20T12:00', true],
    ['refused by a clock that was an hour ahead', '2026-11-20T13:00', '2026-11-20T12:00', true],
  ])('%s', (_, refusedAt, now, alive) => {
    const refused = refusedAt === null ? null : at(refusedAt);
    expect(isAlive(service({ refusedAt: refused }), at(now))).toBe(alive);
  });
});

describe('whatever the clocks say', () => {
  const instant = fc.integer({ min: at('2020-01-01T00:00'), max: at('2040-01-01T00:00') });
  const facts = fc.record({
    kind: fc.constantFrom(...TOKEN_KINDS),
    obtainedAt: instant,
    expiresAt: fc.option(instant),
    refusedAt: fc.option(instant),
  });

  it('a token is alive or has one word for why not, and then it is before its end', () => {
    fc.assert(
      fc.property(facts, instant, (one, now) => {
        const end = diesAt(one, now);
        expect(isAlive(one, now)).toBe(tokenState(one, now) === 'alive');
        if (isAlive(one, now) && end !== null) expect(now).toBeLessThan(end);
      }),
    );
  });

  it('a UC token of the future is alive today and dies at the next midnight', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: 0, max: 400 * DAY_MS }), (now, ahead) => {
        const one = token({ obtainedAt: now + ahead });
        expect(isAlive(one, now)).toBe(true);
        const end = diesAt(one, now) ?? 0;
        expect(end - now).toBeLessThanOrEqual(DAY_MS);
        expect(serviceDateOf(end - 1)).toBe(serviceDateOf(now));
      }),
    );
  });

  it('no refusal of the future keeps a service token closed for longer than an hour', () => {
    fc.assert(
      fc.property(instant, instant, (refusedAt, now) => {
        const one = token({ kind: 'service', refusedAt });
        expect(isAlive(one, now) || isAlive(one, now + HOUR_MS + 60_000)).toBe(true);
      }),
    );
  });

  it('the account grows older by a day each day, and never below none', () => {
    fc.assert(
      fc.property(instant, fc.option(instant), instant, (obtainedAt, lastUsedAt, now) => {
        const account = { obtainedAt, lastUsedAt };
        const days = daysUnused(account, now);
        expect(days).toBeGreaterThanOrEqual(0);
        expect(Number.isInteger(days)).toBe(true);
        if (days > 0) expect(daysUnused(account, now + DAY_MS)).toBe(days + 1);
        expect(accountAge(account, now).warning === null).toBe(days < 150);
      }),
    );
  });
});

describe('an account that nobody uses', () => {
  const LAST = '2026-01-10T16:00';

  it.each([
    [0, '12:00', null],
    [149, '23:59', null],
    [150, '00:00', 150],
    [164, '23:59', 150],
    [165, '00:00', 165],
    [174, '12:00', 165],
    [175, '08:00', 175],
    [180, '12:29', 175],
    [180, '12:30', 'cancelled'],
    [400, '00:00', 'cancelled'],
  ])('after %i days, at %s: %s', (days, time, warning) => {
    const date = serviceDateOf(at(LAST) + days * DAY_MS);
    const age = accountAge(
      { obtainedAt: at('2025-12-01T07:00'), lastUsedAt: at(LAST) },
      at(`${date}T${time}`),
    );
    expect(age).toEqual({ days, warning, cancelledAt: at('2026-07-09T12:30') });
  });

  it('counts from the log-in where it has not been used since', () => {
    expect(daysUnused({ obtainedAt: at(LAST), lastUsedAt: null }, at('2026-01-12T00:00'))).toBe(2);
    expect(
      daysUnused({ obtainedAt: at(LAST), lastUsedAt: at('2025-01-01T00:00') }, at('2026-01-12T00:00')),
    ).toBe(2);
  });
});
