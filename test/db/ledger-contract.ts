/** What every ledger must do, run by `sqlite.test.ts` and `postgres.test.ts` on their engine. */

import { commitContract } from './contract/commit.ts';
import { doorAsksContract } from './contract/door-asks.ts';
import { foundRightsContract } from './contract/found-rights.ts';
import { keysContract } from './contract/keys.ts';
import { killContract } from './contract/kill.ts';
import { leasesContract } from './contract/leases.ts';
import { listsContract } from './contract/lists.ts';
import { modelContract } from './contract/model.ts';
import { photosContract } from './contract/photos.ts';
import { racesContract } from './contract/races.ts';
import { reconciliationsContract } from './contract/reconciliations.ts';
import { reportedContract } from './contract/reported.ts';
import { searchContract } from './contract/search.ts';
import { smallTablesContract } from './contract/small-tables.ts';
import type { MakeStore } from './contract/store.ts';
import { tokensContract } from './contract/tokens.ts';

export function ledgerContract(make: MakeStore): void {
  commitContract(make);
  smallTablesContract(make);
  reportedContract(make);
  listsContract(make);
  searchContract(make);
  foundRightsContract(make);
  racesContract(make);
  doorAsksContract(make);
  modelContract(make);
  tokensContract(make);
  keysContract(make);
  photosContract(make);
  leasesContract(make);
  reconciliationsContract(make);
  killContract(make);
}
