/** One row of a SELECT of the configuration, by our fields' names. */

import { rawText, textOf } from '../fields.ts';
import type { SqlRow } from '../sql/database.ts';
import type { Field, FieldMap } from './fields.ts';

export class Row {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #fields: FieldMap;

  constructor(row: SqlRow, fields: FieldMap) {
    this.#values = new Map(Object.entries(row).map(([column, value]) => [column.toLowerCase(), value]));
    this.#fields = fields;
  }

  text(field: Field): string | null {
    const column = this.#fields.column(field);
    return column === undefined ? null : textOf(this.#values.get(column));
  }

  /** The column that the field stands in; null where the SELECT tells nothing of it. */
  column(field: Field): string | null {
    return this.#fields.column(field) ?? null;
  }

  get keyNames(): readonly string[] {
    return this.#fields.keys;
  }

  key(name: string): string | null {
    return rawText(this.#values.get(name));
  }
}
