/** HOSxP's tables. The names that the adapter uses stand here and nowhere else. */

import { type Catalog, readCatalog } from '../sql/catalog.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { complete, Layout, tablesOf } from '../sql/layout.ts';

/** Without these no visit can be told. `visit_pttype` also needs the column that takes the code. */
export const REQUIRED = {
  ovst: ['vn', 'hn', 'vstdate', 'vsttime', 'pttype'],
  patient: ['hn', 'cid', 'fname', 'lname'],
  pttype: ['pttype', 'name'],
  visit_pttype: ['vn', 'pttype'],
} as const;

/** Used where present. */
export const OPTIONAL = {
  ovst: ['an', 'hospmain', 'hospsub', 'main_dep', 'cur_dep', 'ovstost'],
  patient: ['pname', 'birthday', 'sex', 'hometel', 'informtel', 'mobile_phone_number', 'nationality'],
  pttype: ['hipdata_code'],
  visit_pttype: [
    'pttype_number',
    'hospmain',
    'hospsub',
    'auth_code',
    'claim_code',
    'auth_datetime',
    'confirm_and_locked',
  ],
  authenhos: ['vn', 'pid', 'claim_type', 'claim_code', 'created_date', 'created_time'],
  kskdepartment: ['depcode', 'department'],
  opdconfig: ['hospitalcode', 'hospitalname'],
} as const;

export const TABLES = tablesOf({ required: REQUIRED, optional: OPTIONAL });

export type CodeColumn = 'auth_code' | 'claim_code';

export class HosxpLayout extends Layout {
  /** The column of `visit_pttype` that takes the code. */
  readonly codeColumn: CodeColumn;

  constructor(catalog: Catalog, codeColumn: CodeColumn) {
    const required = { ...REQUIRED, visit_pttype: [...REQUIRED.visit_pttype, codeColumn] };
    super(catalog, { required, optional: OPTIONAL });
    this.codeColumn = codeColumn;
  }
}

/** As far as the account can see it. */
export async function seeLayout(db: SqlDatabase, codeColumn: CodeColumn): Promise<HosxpLayout> {
  return new HosxpLayout(await readCatalog(db, TABLES), codeColumn);
}

/** Throws `his-schema` when something required is missing or may not be read. */
export async function readLayout(db: SqlDatabase, codeColumn: CodeColumn): Promise<HosxpLayout> {
  return complete(await seeLayout(db, codeColumn), 'HOSxP');
}
