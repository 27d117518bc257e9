/**
 * A HIS's tables as one hospital has them. What is optional is left out of the queries where the hospital lacks it, or
 * where the account may not see it.
 */

import { sql } from 'kysely';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { Catalog, Column } from './catalog.ts';
import type { SqlText } from './dialect.ts';

/** Columns by table, in lower case. */
export type Columns = Readonly<Record<string, readonly string[]>>;

export interface Wanted {
  /** Without these no visit can be told. */
  required: Columns;
  /** Used where present. */
  optional: Columns;
}

export function tablesOf({ required, optional }: Wanted): string[] {
  return [...new Set([...Object.keys(required), ...Object.keys(optional)])];
}

export class Layout {
  readonly wanted: Wanted;
  readonly #catalog: Catalog;

  constructor(catalog: Catalog, wanted: Wanted) {
    this.#catalog = catalog;
    this.wanted = wanted;
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
    return this.#unseen(this.wanted.required, (table) => [table]);
  }

  /** Optional columns that are absent from tables that are there. */
  absent(): string[] {
    return this.#unseen(this.wanted.optional, () => []);
  }

  #unseen(columns: Columns, withoutTable: (table: string) => string[]): string[] {
    return Object.entries(columns).flatMap(([table, names]) =>
      this.hasTable(table)
        ? names.filter((column) => !this.has(table, column)).map((column) => `${table}.${column}`)
        : withoutTable(table),
    );
  }
}

/** Throws `his-schema` when something required is missing or may not be read. `his`: as people call it. */
export function complete<L extends Layout>(layout: L, his: string): L {
  const missing = layout.missing().join(', ');
  if (missing === '') return layout;
  throw new BridgeError('his-schema', `${his}: not there, or the account may not read it: ${missing}`, {
    retry: 'no',
    detail: { missing },
  });
}
