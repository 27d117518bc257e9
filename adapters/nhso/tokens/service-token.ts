/** The hospital's own UUID for check-authen-status, out of the configuration. */

import type { Instant } from '../../../src/domain/bangkok.ts';
import type { TokenSource } from '../../../src/service/ports/tokens.ts';

export function openServiceToken(value: string, now: () => Instant): TokenSource {
  return {
    kind: 'service',
    name: 'configuration nhso.serviceToken',
    read: async () => ({ value, account: null, refresh: null, obtainedAt: now(), expiresAt: null }),
    // the configuration is read once: nothing changes until the next start
    watch: () => () => undefined,
  };
}
