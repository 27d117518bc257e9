/** What the HIS answered to a write-back. Rule 3: nothing is overwritten; whatever stands in the way goes to a person. */

import type { Instant } from '../bangkok.ts';
import type { Case, NeedsStaffReason } from '../case.ts';
import { maskCitizenIds } from '../citizen-id.ts';
import { toStaff } from './facts.ts';
import { type Change, change, NO_REASON, NOTHING_TO_DO } from './transition.ts';

/**
 * What became of a write-back. Nothing is ever overwritten: the row is addressed by its full key, changed only while
 * the column is empty, and read back.
 * - `written`: the column was empty and now holds the code. `row` names the row for undo, `previous` is its old value.
 * - `already`: the column holds this very code (an earlier answer was lost, or a clerk typed it). `row` names the row for undo
 *   when the time beside the code is the one that the bridge writes there: then the code is the bridge's own.
 * - `occupied`: the column holds something else, which stays.
 * - `no-row`: the visit stands, but has no row that could hold the code.
 * - `no-visit`: the HIS no longer has the visit.
 * - `locked`: the HIS has locked the row (HOSxP `confirm_and_locked`).
 * - `not-kept`: the read-back differs from what was written; the old value was put back.
 */
export type WriteBackResult =
  | { kind: 'written'; row: Readonly<Record<string, string>>; previous: string | null }
  | { kind: 'already'; row?: Readonly<Record<string, string>> }
  | { kind: 'occupied'; holds: string }
  | { kind: 'no-row' }
  | { kind: 'no-visit' }
  | { kind: 'locked' }
  | { kind: 'not-kept'; holds: string | null };

export function writtenBack(current: Case, result: WriteBackResult, at: Instant): Change {
  const claimCode = current.code?.claimCode ?? null;
  const told = 'holds' in result && result.holds !== null ? { holds: maskCitizenIds(result.holds) } : {};
  const blocked = (reason: NeedsStaffReason, detail: string | null): Change =>
    toStaff(current, reason, detail, {
      event: 'write-back-blocked',
      at,
      detail: { claimCode, ...result, ...told },
    });
  switch (result.kind) {
    case 'written':
    case 'already': {
      const event = result.kind === 'written' ? 'code-written' : 'code-already-in-his';
      // row and previous are what an undo needs
      const cause = { event, at, detail: { claimCode, ...result } };
      const second = current.candidates.map((c) => c.claimCode).join(', ');
      if (second !== '') return toStaff({ ...current, writtenAt: at }, 'second-code', second, cause);
      return change(current, { state: 'written', ...NO_REASON, writtenAt: at, ...NOTHING_TO_DO }, cause);
    }
    case 'occupied':
      return blocked('his-holds-other-code', maskCitizenIds(result.holds));
    case 'no-row':
      return blocked('his-row-missing', claimCode);
    case 'no-visit':
      return toStaff({ ...current, visitGone: true }, 'visit-cancelled-after-code', claimCode, {
        event: 'visit-cancelled',
        at,
        detail: { claimCode },
      });
    case 'locked':
      return blocked('his-row-locked', claimCode);
    case 'not-kept':
      return blocked('his-refused', result.holds === null ? null : maskCitizenIds(result.holds));
  }
}

/** The HIS has decided against it: the account may not, or the table is not as it should be. Trying again is no help. */
export function writeBackRefused(current: Case, why: string, at: Instant): Change {
  const detail = { claimCode: current.code?.claimCode ?? null, why };
  return toStaff(current, 'his-refused', why, { event: 'write-back-blocked', at, detail });
}

/** The HIS could not be reached; the write-back stays to be done. Null when the case says so already. */
export function waitForHis(current: Case, why: string, at: Instant): Change | null {
  if (current.reason === 'waiting-his' && current.reasonDetail === why) return null;
  return change(
    current,
    { reason: 'waiting-his', reasonDetail: why },
    { event: 'his-not-reached', at, detail: { why } },
  );
}
