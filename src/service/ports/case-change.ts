/** What a commit to the ledger is made of. */

import type { Case, HistoryEntry } from '../../domain/case.ts';
import type { DoorAsk } from '../../domain/door-ask.ts';

/** One change of one case. All changes of one `commit` become true together or not at all. */
export interface CaseChange {
  /** The case after the change, `version` already grown by one (1 for a new case). */
  next: Case;
  /** The version that the change was made from; null for a new case. */
  from: number | null;
  history: readonly HistoryEntry[];
  /** Pairs (or, with `pairedVn: null`, releases) card reads in the same transaction. */
  reads?: readonly { id: string; pairedVn: string | null }[];
  /** What a client of the agent API has asked for, as it was read: in the same transaction it becomes the case's. */
  takes?: DoorAsk;
}
