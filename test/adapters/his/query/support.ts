/** The invented HIS with the configuration that docs/his-query.md shows for it, as it stands there. */

import type { HisOptions, QueryOptions } from '../../../../adapters/his/options.ts';
import { openHis } from '../../../../adapters/his/registry.ts';
import type { CodePlace } from '../../../../simulators/his/invented/desk.ts';
import {
  createSchema,
  type InventedForm,
  seedReferenceData,
} from '../../../../simulators/his/invented/schema.ts';
import { openSimDb, type SimDb } from '../../../../simulators/his/sim-db.ts';
import { parseConfig } from '../../../../src/config.ts';
import type { HisAdapter } from '../../../../src/service/ports/his.ts';
import { blocks, read } from '../../../docs/markdown.ts';
import type { FreshDatabase } from '../../../support/services.ts';
import { HCODE } from '../support.ts';

const [WHOLE = '', WITH_ROWS = ''] = blocks(read('docs/his-query.md'), 'json');

export type Statements = QueryOptions['statements'];

/** Codes in `visit_right`, as the whole example has them; or in `nhso_authen`, as the second one changes it. */
export function documentedStatements(place: CodePlace = 'visit_right'): Statements {
  const { his } = parseConfig(JSON.parse(WHOLE), { HIS_PASSWORD: 'x' }).sites[0] ?? {};
  if (his?.kind !== 'query') throw new Error('docs/his-query.md: expected a site of kind query');
  if (place === 'visit_right') return his.statements;
  const inRows = (lines: Statements['visits']): string =>
    [lines]
      .flat()
      .join('\n')
      .replace('r.authen_no as code', 'n.authen_no as code')
      .replace(
        '\nwhere ',
        '\nleft join nhso_authen n on n.visit_no = v.visit_no and n.removed is null\nwhere ',
      );
  const { visits, visit, newer } = his.statements;
  return { visits: inRows(visits), visit: inRows(visit), newer, ...JSON.parse(WITH_ROWS) };
}

export function inventedOptions(url: string, more: Partial<QueryOptions> = {}): QueryOptions {
  const [site] = parseConfig(JSON.parse(WHOLE), { HIS_PASSWORD: 'x' }).sites;
  if (site?.his.kind !== 'query') throw new Error('docs/his-query.md: expected a site of kind query');
  return { ...site.his, hcode: HCODE, ...more, url };
}

export interface Invented {
  url: string;
  db: SimDb;
  open(more?: Partial<QueryOptions>): HisAdapter;
  drop(): Promise<void>;
}

/** A fresh one with tables and codes of rights, and nobody in it. */
export async function inventedHis(fresh: FreshDatabase, form: InventedForm = {}): Promise<Invented> {
  const db = await openSimDb(fresh.url);
  await createSchema(db, form);
  await seedReferenceData(db);
  return {
    url: fresh.url,
    db,
    open: (more = {}) => openHis(inventedOptions(fresh.url, more) satisfies HisOptions),
    drop: async () => {
      await db.close();
      await fresh.drop();
    },
  };
}
