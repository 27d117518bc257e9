/** The ledger, put together from its parts on whatever engine. */

import type { Ledger } from '../src/service/ports/ledger.ts';
import { cardReads } from './card-reads.ts';
import { caseReading } from './cases.ts';
import { checkLedger } from './check.ts';
import { checkVersions, makeCommit } from './commit.ts';
import { doorAsks } from './door-asks.ts';
import type { Engine } from './engine.ts';
import { foundRights } from './found-rights.ts';
import { keysAndMemory } from './keys-and-memory.ts';
import { leases } from './leases.ts';
import { lineage } from './lineage.ts';
import { photoStore } from './photos.ts';
import { reconciliations } from './reconciliations.ts';
import { reportedCodes } from './reported.ts';
import { ledgerSearch } from './search.ts';
import { type Secrets, secretsOf } from './secrets/secrets.ts';
import { tokenStore } from './tokens.ts';
import { work } from './work.ts';

/** `secrets`: for tokens and photos; a ledger without them does everything else. */
export function ledgerOn(engine: Engine, secrets: Secrets = secretsOf({})): Ledger {
  const commit = makeCommit(engine.db);
  const photos = photoStore(engine, secrets, commit);
  return {
    migrate: () => engine.migrate(),
    async commit(changes) {
      checkVersions(changes);
      if (changes.length > 0) await engine.write(() => commit(changes));
    },
    ...caseReading(engine),
    ...cardReads(engine, photos),
    ...work(engine),
    ...keysAndMemory(engine),
    ...lineage(engine),
    doorAsks: doorAsks(engine),
    reported: reportedCodes(engine),
    rights: foundRights(engine, commit),
    search: ledgerSearch(engine),
    photos,
    tokens: tokenStore(engine, secrets, photos),
    leases: leases(engine),
    reconciliations: reconciliations(engine),
    check: () => checkLedger(engine),
    close: () => engine.close(),
  };
}
