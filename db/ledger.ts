/** The ledger, put together from its parts on whatever engine. */

import type { Ledger } from '../src/service/ports/ledger.ts';
import { cardReads } from './card-reads.ts';
import { caseReading } from './cases.ts';
import { checkLedger } from './check.ts';
import { checkVersions, makeCommit } from './commit.ts';
import type { Engine } from './engine.ts';
import { keysAndMemory } from './keys-and-memory.ts';
import { lineage } from './lineage.ts';
import { ledgerSearch } from './search.ts';
import { work } from './work.ts';

export function ledgerOn(engine: Engine): Ledger {
  const commit = makeCommit(engine.db);
  return {
    migrate: () => engine.migrate(),
    async commit(changes) {
      checkVersions(changes);
      if (changes.length > 0) await engine.write(() => commit(changes));
    },
    ...caseReading(engine),
    ...cardReads(engine),
    ...work(engine),
    ...keysAndMemory(engine),
    ...lineage(engine),
    search: ledgerSearch(engine),
    check: () => checkLedger(engine),
    close: () => engine.close(),
  };
}
