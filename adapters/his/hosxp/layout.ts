/**
 * HOSxP's tables as one hospital has them. The names that the adapter uses stand here and nowhere else; what is
 * optional is left out of the queries where the hospital lacks it, or where the account may not see it.
 */

import { sql } from 'kysely';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import { type Catalog, type Column, readCatalog } from '../sql/catalog.ts';
import type { SqlDatabase } from '../sql/database.ts';
import type { SqlText } from '../sql/dialect.ts';

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

export const TABLES = [...new Set([...Object.keys(REQUIRED), ...Object.keys(OPTIONAL)])];

export type CodeColumn = 'auth_code' | 'claim_code';

export class HosxpLayout {
  readonly #catalog: Catalog;
  /** The column of `visit_pttype` that takes the code. */
  readonly codeColumn: CodeColumn;

  constructor(catalog: Catalog, codeColumn: CodeColumn) {
    this.#catalog = catalog;
    this.codeColumn = codeColumn;
  }

  has(table: string, column: string): boolean {
    return this.#catalog.column(table, column) !== null;
  }

  hasTable(table: string): boolean {
    return this.#catalog.hasTable(table);
  }

  column(table: string, column: string): Column | null {
    return this.#catalog.column(table, column);
  }

  /** The column as the database spells it, of the table under its alias; NULL where the hospital has none. */
  ref(alias: string, table: string, column: string): SqlText {
    const found = this.#catalog.column(table, column);
    return found === null ? sql`null` : sql.ref(`${alias}.${found.name}`);
  }

  /** The bare name of a column, for SET. */
  name(table: string, column: string): SqlText {
    return sql.ref(this.#catalog.column(table, column)?.name ?? column);
  }

  /** What is required and cannot be seen: `table` or `table.column`. */
  missing(): string[] {
    const wanted = { ...REQUIRED, visit_pttype: [...REQUIRED.visit_pttype, this.codeColumn] };
    return Object.entries(wanted).flatMap(([table, columns]) =>
      this.hasTable(table)
        ? columns.filter((column) => !this.has(table, column)).map((column) => `${table}.${column}`)
        : [table],
    );
  }
}

/** Throws `his-schema` when something required is missing or may not be read. */
export async function readLayout(db: SqlDatabase, codeColumn: CodeColumn): Promise<HosxpLayout> {
  const layout = new HosxpLayout(await readCatalog(db, TABLES), codeColumn);
  const missing = layout.missing();
  if (missing.length > 0) {
    throw new BridgeError(
      'his-schema',
      `HOSxP: not there, or the account may not read it: ${missing.join(', ')}`,
      { retry: 'no', detail: { missing: missing.join(', ') } },
    );
  }
  return layout;
}
