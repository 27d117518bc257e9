/** Secret keys for tests: the n-th is always the same. */

import { createHash } from 'node:crypto';

export function sampleKey(n: number): string {
  return createHash('sha256').update(`sample key ${n}`).digest('base64');
}
