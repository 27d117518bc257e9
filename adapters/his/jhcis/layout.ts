/** JHCIS's tables. The names that the adapter uses stand here and nowhere else. */

import { readCatalog } from '../sql/catalog.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { complete, Layout, tablesOf } from '../sql/layout.ts';

/** Without these no visit can be told, and no code written. */
export const REQUIRED = {
  visit: ['pcucode', 'visitno', 'visitdate', 'pcucodeperson', 'pid', 'rightcode', 'claimcode_nhso'],
  person: ['pcucodeperson', 'pid', 'idcard', 'fname', 'lname'],
} as const;

/** Used where present. */
export const OPTIONAL = {
  visit: [
    'timestart',
    'flagservice',
    'dateupdate',
    'hosmain',
    'hossub',
    'main_inscl',
    'hiciauthen_nhso',
    'datetime_claim',
  ],
  person: ['prename', 'birth', 'sex', 'nation', 'mobile', 'telephoneperson'],
  cright: ['rightcode', 'rightname'],
  ctitle: ['titlecode', 'titlename'],
  office: ['offid'],
} as const;

export const TABLES = tablesOf({ required: REQUIRED, optional: OPTIONAL });

/** As far as the account can see it. */
export async function seeLayout(db: SqlDatabase): Promise<Layout> {
  return new Layout(await readCatalog(db, TABLES), { required: REQUIRED, optional: OPTIONAL });
}

/** Throws `his-schema` when something required is missing or may not be read. */
export async function readLayout(db: SqlDatabase): Promise<Layout> {
  return complete(await seeLayout(db), 'JHCIS');
}
