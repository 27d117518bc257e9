/** All items of a run, page by page. */

import type { Ledger, Page } from '../ports/ledger.ts';
import type { ReconciliationItem } from '../ports/reconciliations.ts';

const PAGE = 500;

export async function* everyItem(
  { reconciliations }: Pick<Ledger, 'reconciliations'>,
  run: string,
): AsyncGenerator<ReconciliationItem> {
  let after: string | undefined;
  do {
    const page: Page<ReconciliationItem> = await reconciliations.items(run, {
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    yield* page.items;
    after = page.next ?? undefined;
  } while (after !== undefined);
}
