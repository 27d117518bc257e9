/** What every ledger must do, run by `sqlite.test.ts` and `postgres.test.ts` on their engine. */

import { commitContract } from './contract/commit.ts';
import { killContract } from './contract/kill.ts';
import { listsContract } from './contract/lists.ts';
import { modelContract } from './contract/model.ts';
import { racesContract } from './contract/races.ts';
import { searchContract } from './contract/search.ts';
import { smallTablesContract } from './contract/small-tables.ts';
import type { MakeStore } from './contract/store.ts';

export function ledgerContract(make: MakeStore): void {
  commitContract(make);
  smallTablesContract(make);
  listsContract(make);
  searchContract(make);
  racesContract(make);
  modelContract(make);
  killContract(make);
}
