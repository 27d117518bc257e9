/** Pairing of one person's visits and card reads of a day, from what the ledger holds. */

import type { ServiceDate } from '../domain/bangkok.ts';
import { isBridgeError } from '../domain/bridge-error.ts';
import { cardPaired } from '../domain/machine/facts.ts';
import { pairReads } from '../domain/pairing.ts';
import type { CaseChange } from './ports/ledger.ts';
import type { House } from './site.ts';
import { countChange, toCaseChange } from './update.ts';

const TRIES = 8;

/**
 * Pairs what can be paired. Called after a visit and after a read has been committed, so that whichever came second
 * sees both. Returns the visit numbers that were paired.
 */
export async function pairPerson(
  house: Pick<House, 'ledger' | 'clock' | 'metrics' | 'sites'>,
  hcode: string,
  pid: string,
  serviceDate: ServiceDate,
): Promise<string[]> {
  const site = house.sites.get(hcode);
  if (site === undefined) return [];
  for (let attempt = 1; ; attempt++) {
    const [cases, reads] = await Promise.all([
      house.ledger.casesOfPerson(hcode, pid, serviceDate),
      house.ledger.readsOfPerson(hcode, pid, serviceDate),
    ]);
    const pairs = pairReads(cases, reads);
    if (pairs.length === 0) return [];
    const changes: CaseChange[] = pairs.flatMap(({ vn, readId }) => {
      const current = cases.find((c) => c.vn === vn);
      const read = reads.find((r) => r.id === readId);
      if (current === undefined || read === undefined) return [];
      const changed = cardPaired(current, read, site.policy, house.clock.now());
      return [toCaseChange(current, changed, [{ id: readId, pairedVn: vn }])];
    });
    try {
      await house.ledger.commit(changes);
      for (const c of changes) countChange(house, cases.find((k) => k.vn === c.next.vn) ?? null, c.next);
      return pairs.map((p) => p.vn);
    } catch (error) {
      if (!isBridgeError(error, 'conflict') || attempt === TRIES) throw error;
    }
  }
}
