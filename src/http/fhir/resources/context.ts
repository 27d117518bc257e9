/** What the mappings need beside the case itself. They read it and nothing else: no clock, no ledger. */

import type { CardRead } from '../../../domain/card-read.ts';
import type { Case } from '../../../domain/case.ts';
import type { FoundRight } from '../../../domain/found-right.ts';
import type { Seal } from '../seal.ts';

export interface MappingContext {
  seal: Seal;
  /** Whether the caller may see whole citizen ids and phones. */
  showCitizenIds: boolean;
}

/** A case with the card read that it was paired with, and with what NHSO told without a card, as far as there is either. */
export interface CaseWithRead {
  case: Case;
  read: CardRead | null;
  found: FoundRight | null;
}
