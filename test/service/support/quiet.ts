/** What the tests of the service do not look at. */

import { plainPerson } from '../../../simulators/his/hosxp/sample-people.ts';
import type { Log } from '../../../src/service/ports/log.ts';
import type { Metrics } from '../../../src/service/ports/metrics.ts';

export const silentMetrics: Metrics = { count: nothing, observe: nothing, set: nothing };

export const quietLog: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => quietLog,
};

/** The citizen id of sample person number `n`. */
export function citizenIdOf(n: number): string {
  const { cid } = plainPerson(n);
  if (cid === null) throw new Error('a plain person has a citizen id');
  return cid;
}

function nothing(): void {
  // said to nobody
}
