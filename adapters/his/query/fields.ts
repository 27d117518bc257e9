/**
 * What a SELECT of the configuration may tell of a visit. A column of that name is taken as it stands (upper and lower case
 * are one); `columns` in the configuration names it where it is called otherwise. `key_…` columns are carried to `write`.
 */

export const FIELDS = [
  'vn',
  'hn',
  'an',
  'date',
  'time',
  'dateTime',
  'pid',
  'title',
  'fname',
  'lname',
  'birthDate',
  'sex',
  'nationality',
  'phone',
  'phone2',
  'phone3',
  'rightCode',
  'rightName',
  'scheme',
  'hospMain',
  'hospSub',
  'department',
  'departmentName',
  'kind',
  'status',
  'code',
  'locked',
  'loggedCode',
  'loggedType',
  'loggedPid',
  'loggedAt',
] as const;

export type Field = (typeof FIELDS)[number];

/** Without these there is no visit; a date is needed besides, as `date` or within `dateTime`. */
const REQUIRED: readonly Field[] = ['vn', 'pid', 'code'];

/** The column of a SELECT (lower case) that holds each field; absent where it tells nothing of it. */
export class FieldMap {
  readonly #columns: ReadonlyMap<Field, string>;
  readonly #given: readonly string[];
  /** As the SELECT gave them, by their names in lower case. */
  readonly #spelled: ReadonlyMap<string, string>;
  /** Columns to be carried to `write`, in lower case, with their `key_`. */
  readonly keys: readonly string[];
  /** Columns that are neither. */
  readonly extra: readonly string[];
  /** What the SELECT ought to tell and does not, in words. */
  readonly missing: readonly string[];

  /** `columns`: as the SELECT gave them. `named`: those of the configuration. */
  constructor(columns: readonly string[], named: Readonly<Partial<Record<Field, string>>>) {
    this.#given = columns;
    this.#spelled = new Map(columns.map((column) => [column.toLowerCase(), column]));
    const there = new Set(this.#spelled.keys());
    const found = new Map<Field, string>();
    const missing: string[] = [];
    for (const field of FIELDS) {
      const column = (named[field] ?? field).toLowerCase();
      if (there.has(column)) found.set(field, column);
      else if (named[field] !== undefined) missing.push(`${named[field]} (columns.${field})`);
      else if (REQUIRED.includes(field)) missing.push(field);
    }
    if (!found.has('date') && !found.has('dateTime')) missing.push('date or dateTime');
    this.#columns = found;
    this.missing = missing;
    this.keys = [...there].filter((column) => column.startsWith('key_'));
    const used = new Set([...found.values(), ...this.keys]);
    this.extra = [...there].filter((column) => !used.has(column));
  }

  /** Whether it was made of these columns. */
  isOf(columns: readonly string[]): boolean {
    return columns.length === this.#given.length && columns.every((column, i) => column === this.#given[i]);
  }

  column(field: Field): string | undefined {
    return this.#columns.get(field);
  }

  /** Every column that a visit is made of, as the SELECT spells it. */
  get all(): string[] {
    const used = new Set([...this.#columns.values(), ...this.keys]);
    return [...used].map((column) => this.#spelled.get(column) ?? column);
  }
}
