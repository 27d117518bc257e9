/** What lies at each source of a site's tokens. NHSO is not asked whether it takes them, and nothing is stored. */

import { openTokenSources } from '../../../adapters/nhso/tokens/open.ts';
import type { SiteConfig } from '../../config.ts';
import type { Instant } from '../../domain/bangkok.ts';
import { isBridgeError } from '../../domain/bridge-error.ts';
import { isAlive } from '../../domain/token.ts';
import type { Finding } from '../../service/ports/finding.ts';
import type { StoredToken, TokenSource } from '../../service/ports/tokens.ts';
import { tokenFindings } from '../../service/tokens/findings.ts';

export async function checkTokens({ hcode, nhso }: SiteConfig, now: Instant): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const source of openTokenSources(nhso, () => now)) {
    const place = { hcode, source };
    const { stored, trouble } = await lookAt(hcode, source);
    if (stored !== null && !isAlive(stored, now) && source.renew !== undefined && stored.refresh !== null) {
      const message = `${source.kind} token of ${hcode} (${source.name}): its time is over; the bridge renews it`;
      found.push({ check: `token-${source.kind}-${hcode}`, level: 'ok', message });
    } else {
      found.push(...tokenFindings({ place, openingTime: nhso.openingTime, stored, trouble }, now));
    }
  }
  return found;
}

/** As it would stand in the ledger if it were new there. */
async function lookAt(hcode: string, source: TokenSource) {
  const { kind, name } = source;
  const fresh = { hcode, kind, generation: 1, source: name, refusedAt: null, lastUsedAt: null };
  try {
    const token = await source.read();
    const stored: StoredToken | null = token === null ? null : { ...token, ...fresh };
    return { stored, trouble: null };
  } catch (error) {
    if (!isBridgeError(error, 'token-unreadable')) throw error;
    return { stored: null, trouble: error };
  }
}
