/** `token.txt` of NHSO's SRM program, and its renewal at the portal. The file is NHSO's: the bridge never writes to it. */

import type { Instant } from '../../../src/domain/bangkok.ts';
import type { TokenSource } from '../../../src/service/ports/tokens.ts';
import { refreshSrm } from './srm-refresh.ts';
import { parseSrmFile, timesOf } from './srm-text.ts';
import { TokenFile } from './token-file.ts';

export function openSrmFile(path: string, refreshUrl: string, now: () => Instant): TokenSource {
  const file = new TokenFile(path);
  return {
    kind: 'srm',
    name: file.name,
    async read() {
      const content = await file.read();
      const pair = content === null ? null : parseSrmFile(content.bytes, file.name);
      if (content === null || pair === null) return null;
      const { issuedAt, expiresAt } = timesOf(pair.value);
      return { ...pair, account: null, obtainedAt: issuedAt ?? content.writtenAt, expiresAt };
    },
    async renew(old) {
      const pair = await refreshSrm(refreshUrl, old.refresh);
      const at = now();
      return { ...pair, account: old.account, obtainedAt: at, expiresAt: endByOurClock(pair.value, at) };
    },
    watch: (onChange) => file.watch(onChange),
  };
}

/** An end that is nearer than this, or over, of a token that was made this moment: the clocks differ. */
const TOO_NEAR_MS = 2 * 60_000;

/**
 * Of a token that was had just now: its length of life counts, not NHSO's clock. Where that makes no sense it lives until it is
 * refused; taken for dead it would be renewed at each use, while our clock is ahead.
 */
function endByOurClock(token: string, at: Instant): Instant | null {
  const { issuedAt, expiresAt } = timesOf(token);
  if (expiresAt === null) return null;
  const end = issuedAt === null ? expiresAt : at + (expiresAt - issuedAt);
  return end < at + TOO_NEAR_MS ? null : end;
}
