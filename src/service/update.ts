/** Changing a case: decide from what the ledger holds now, commit, and decide again when somebody else was faster. */

import { BridgeError, isBridgeError } from '../domain/bridge-error.ts';
import type { Case } from '../domain/case.ts';
import type { Change } from '../domain/machine/transition.ts';
import type { CaseChange, CaseKey } from './ports/ledger.ts';
import type { House } from './site.ts';

const TRIES = 8;

/** Pure, or at least repeatable: it is called again with the newer case after a conflict. Null leaves the case alone. */
export type Decide = (current: Case) => Change | null | Promise<Change | null>;

/**
 * Applies `decide` to the case. Returns the changed case, or null when it decided on nothing.
 * `known` saves a read when the caller has just read the case. Throws what the ledger throws (`code-held`,
 * `already-asked`, `ledger-unavailable`), and `not-found`.
 */
export async function updateCase(
  house: Pick<House, 'ledger' | 'metrics'>,
  key: CaseKey,
  decide: Decide,
  known?: Case,
): Promise<Case | null> {
  let current = known ?? (await house.ledger.case(key));
  for (let attempt = 1; ; attempt++) {
    if (current === null)
      throw new BridgeError('not-found', `no case ${key.hcode}/${key.vn}`, { retry: 'no' });
    const decided = await decide(current);
    if (decided === null) return null;
    try {
      await house.ledger.commit([toCaseChange(current, decided)]);
      countChange(house, current, decided.next);
      return decided.next;
    } catch (error) {
      if (!isBridgeError(error, 'conflict') || attempt === TRIES) throw error;
      current = await house.ledger.case(key);
    }
  }
}

export function toCaseChange(current: Case | null, change: Change, reads?: CaseChange['reads']): CaseChange {
  const { next, history } = change;
  // a read that the case has let go of is free for another visit, in the same transaction
  const isLetGo = current !== null && current.readId !== null && next.readId === null;
  const released = isLetGo ? [{ id: current.readId ?? '', pairedVn: null }] : [];
  const all = [...released, ...(reads ?? [])];
  const base = { next, from: current?.version ?? null, history };
  return all.length === 0 ? base : { ...base, reads: all };
}

export function countChange(house: Pick<House, 'metrics'>, from: Case | null, to: Case): void {
  if (from?.state === to.state) return;
  house.metrics.count('state-changes', { site: to.hcode, state: to.state });
}
