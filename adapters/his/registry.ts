/** Every HIS that the bridge speaks to. A new one: a folder beside `hosxp/`, and a line here. */

import type { HisAdapter } from '../../src/service/ports/his.ts';
import { CsvHis } from './csv/adapter.ts';
import { hospitalOsTables } from './hospitalos/tables.ts';
import { hosxpTables } from './hosxp/tables.ts';
import { jhcisTables } from './jhcis/tables.ts';
import type { HisOptions } from './options.ts';
import { QueryAdapter } from './query/adapter.ts';
import { SqlHis } from './sql/sql-his.ts';

/** Opens the adapter of a site. It connects at the first call. Throws BridgeError `config` when the URL is none. */
export function openHis(options: HisOptions): HisAdapter {
  switch (options.kind) {
    case 'hosxp':
      return new SqlHis(options, hosxpTables(options));
    case 'jhcis':
      return new SqlHis(options, jhcisTables(options));
    case 'hospitalos':
      return new SqlHis(options, hospitalOsTables(options));
    case 'csv':
      return new CsvHis(options);
    case 'query':
      return new QueryAdapter(options);
  }
}
