/** What is said of a token and of the account behind it, and when it becomes a warning. */

import { expect, it } from 'vitest';
import { parseBangkokDateTime } from '../../../src/domain/bangkok.ts';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { TokenKind } from '../../../src/domain/token.ts';
import type { StoredToken } from '../../../src/service/ports/tokens.ts';
import { tokenFindings } from '../../../src/service/tokens/findings.ts';

function at(text: string): number {
  const read = parseBangkokDateTime(text);
  if (read === null) throw new Error(`no time: ${text}`);
  return read;
}

function findings(
  given: { kind?: TokenKind; trouble?: BridgeError; stored?: Partial<StoredToken> | null },
  now: string,
) {
  const { kind = 'uc', trouble = null, stored } = given;
  const source = { kind, name: 'file /mnt/uc/x.txt', read: async () => null, watch: () => () => undefined };
  const token: StoredToken = {
    ...{ hcode: '10978', kind, generation: 1, source: source.name, value: 'a', account: null, refresh: null },
    ...{ obtainedAt: at('2026-11-20T07:05'), expiresAt: null, refusedAt: null, lastUsedAt: null, ...stored },
  };
  const seen = { place: { hcode: '10978', source }, openingTime: '07:00', trouble };
  return tokenFindings({ ...seen, stored: stored === null ? null : token }, at(now));
}

const AWAY = new BridgeError('token-unreadable', 'the share is away', { retry: 'yes' });
const FORM = new BridgeError('token-unreadable', 'expected one line', { retry: 'no' });

it.each([
  ['alive', {}, '2026-11-20T12:00', 'ok', 'alive until 2026-11-21T00:00:00+07:00'],
  ['alive, its share away', { trouble: AWAY }, '2026-11-20T12:00', 'ok', 'the share is away'],
  [
    'alive, but its file is of another form',
    { trouble: FORM },
    '2026-11-20T12:00',
    'warn',
    'expected one line',
  ],
  ['none, in the night', { stored: null }, '2026-11-20T06:59', 'ok', 'missing; needed from 07:00 on'],
  ['none, when the counters open', { stored: null }, '2026-11-20T07:00', 'warn', 'missing'],
  ["yesterday's, in the night", {}, '2026-11-21T00:00', 'ok', 'expired; needed from 07:00 on'],
  ["yesterday's, when the counters open", { trouble: AWAY }, '2026-11-21T07:00', 'warn', 'the share is away'],
  [
    "yesterday's, and a file that is none",
    { trouble: FORM },
    '2026-11-21T02:00',
    'warn',
    'expected one line',
  ],
  ['refused', { stored: { refusedAt: at('2026-11-20T12:00') } }, '2026-11-20T12:00', 'warn', 'refused'],
  ['the UUID', { kind: 'service' as const }, '2030-11-20T12:00', 'ok', 'alive'],
])('%s', (_, given, now, level, words) => {
  const [life] = findings(given, now);
  expect(life).toMatchObject({ check: `token-${'kind' in given ? given.kind : 'uc'}-10978`, level });
  expect(life?.message).toContain(words);
  expect(life?.fix === undefined).toBe(level === 'ok');
});

it.each([
  [149, undefined],
  [150, 'not been used for 150 days; NHSO cancels it on 2027-05-19 at 12:30'],
  [175, 'not been used for 175 days'],
  [181, 'NHSO has cancelled it by now'],
])('an account that nobody has used for %i days', (days, words) => {
  const now = new Date(at('2026-11-20T07:05') + days * 86_400_000).toISOString();
  const account = findings({}, now).find((f) => f.check === 'token-account-10978');
  if (words === undefined) expect(account).toBeUndefined();
  else expect(account).toMatchObject({ level: 'warn', message: expect.stringContaining(words) });
  expect(findings({ kind: 'srm' }, now)).toHaveLength(1);
});
