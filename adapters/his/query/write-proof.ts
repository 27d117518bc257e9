/**
 * Whether a statement that writes can touch more than one row, or write over something: proved from its own WHERE and from the
 * unique indexes of the table, or refused with every reason. What is proved is all that `write-build.ts` needs.
 */

import type { TableColumn, TableFacts } from './table-facts.ts';
import type { Condition, Operand, Value, WriteText } from './write-grammar.ts';

/** `= value` over every column of a unique key. */
export type Key = ReadonlyMap<string, Value>;

/** Names are those of the catalogue. */
export interface Proved {
  kind: 'update' | 'insert' | 'delete';
  table: TableFacts;
  /** The row: columns that together are unique, with the values that they must have. Empty for `insert … unless`. */
  key: Key;
  /** The column that takes the code (or, of an undo, must hold it). */
  code: TableColumn;
  /** What is set besides. */
  others: ReadonlyMap<string, { column: TableColumn; value: Value }>;
  /** What else must hold: the HIS's own lock, for instance. */
  also: readonly Condition[];
  /** For `insert`: the whole row, and the rows that must not stand (null: a unique key says so). */
  row: ReadonlyMap<string, Value>;
  unless: Condition | null;
}

export type Proof = { proved: Proved } | { faults: string[] };

const CODE = 'claimCode';

/** `write` of the configuration: an UPDATE or an INSERT. */
export function proveWrite(text: WriteText, table: TableFacts): Proof {
  if (text.kind === 'delete') return { faults: ['expected UPDATE or INSERT'] };
  return text.kind === 'update' ? proveUpdate(text, table) : proveInsert(text, table);
}

function proveUpdate(text: WriteText & { kind: 'update' }, table: TableFacts): Proof {
  const book = new Book(table);
  const set = book.values(text.set);
  const code = codeOf(set, book);
  const others = new Map([...set].filter(([, { column }]) => column !== code));
  const conditions = flat(text.where).map((condition) => book.resolve(condition));
  const key = keyOf(conditions, table, book);
  const guards = code === null ? [] : conditions.filter((condition) => isEmptyGuard(condition, code.name));
  if (code !== null && guards.length === 0) {
    book.faults.push(
      `nothing in WHERE says that ${code.name} must be empty: expected (${code.name} is null or ${code.name} = '')`,
    );
  }
  for (const { column } of set.values()) {
    if (key.has(column.name)) book.faults.push(`${column.name} is set and is a part of the row's key`);
  }
  if (book.faults.length > 0 || code === null) return { faults: book.faults };
  const also = conditions.filter((condition) => !guards.includes(condition) && !isOfKey(condition, key));
  return { proved: { kind: 'update', table, key, code, others, also, row: new Map(), unless: null } };
}

function proveInsert(text: WriteText & { kind: 'insert' }, table: TableFacts): Proof {
  const book = new Book(table);
  const values = book.values(text.values);
  const code = codeOf(values, book);
  const row = new Map([...values.values()].map(({ column, value }) => [column.name, value]));
  const unless = text.unless === null ? null : book.resolve(text.unless);
  let key: Key = new Map();
  if (unless === null) {
    key = keyIn(new Map([...row].filter(([, value]) => isStill(value))), table);
    if (key.size === 0) {
      const of = table.uniqueKeys.map((columns) => `(${columns.join(', ')})`).join(', ');
      book.faults.push(
        `VALUES would put a second row beside the first: expected … NOT EXISTS (…), or values of :vn or :key_… for every column of a unique index (${of === '' ? 'the table has none' : of})`,
      );
    }
  } else if (code !== null && !hidesItself(unless, row, code.name)) {
    book.faults.push(
      'NOT EXISTS would not find the row that is put: expected column = :vn in it, each column with the value that is put',
    );
  }
  if (book.faults.length > 0 || code === null) return { faults: book.faults };
  return { proved: { kind: 'insert', table, key, code, others: new Map(), also: [], row, unless } };
}

/**
 * `undo` of the configuration, for a `write` that inserts: takes back a row only while it holds the very code that the bridge has
 * put there for this visit.
 */
export function proveUndo(text: WriteText, table: TableFacts): Proof {
  if (text.kind === 'insert') return { faults: ['expected UPDATE or DELETE'] };
  const book = new Book(table);
  const set = text.kind === 'update' ? book.values(text.set) : new Map<string, Set>();
  const conditions = flat(text.where).map((condition) => book.resolve(condition));
  const equal = equals(conditions);
  const holding = [...equal].find(([, value]) => isParameter(value, CODE))?.[0];
  const code = holding === undefined ? null : book.column(holding);
  if (code === null)
    book.faults.push('expected column = :claimCode in WHERE, so that no other code is taken back');
  const isNamed = [...equal.values()].some((value) => value.kind === 'parameter' && value.name !== CODE);
  if (!isNamed)
    book.faults.push(
      'expected column = :vn (or = :key_…) in WHERE, so that no other visit’s row is taken back',
    );
  if (book.faults.length > 0 || code === null) return { faults: book.faults };
  const proved: Proved = {
    ...{ kind: text.kind, table, key: equal, code, others: set, row: new Map(), unless: null },
    also: conditions.filter((condition) => !isOfKey(condition, equal)),
  };
  return { proved };
}

interface Set {
  column: TableColumn;
  value: Value;
}

/** Names as the catalogue spells them; what it does not know is a fault. */
class Book {
  readonly faults: string[] = [];
  readonly #table: TableFacts;

  constructor(table: TableFacts) {
    this.#table = table;
  }

  column(name: string): TableColumn | null {
    const { columns } = this.#table;
    const alike = columns.filter((column) => column.name.toLowerCase() === name.toLowerCase());
    const exact = alike.find((column) => column.name === name);
    if (exact !== undefined) return exact;
    if (alike.length === 1) return alike[0] ?? null;
    this.faults.push(
      alike.length === 0
        ? `${this.#table.name} has no column ${name}, or the account may not see it`
        : `${this.#table.name} has several columns ${name} that differ in upper and lower case`,
    );
    return null;
  }

  values(values: ReadonlyMap<string, Value>): Map<string, Set> {
    const found = new Map<string, Set>();
    for (const [name, value] of values) {
      const column = this.column(name);
      if (column !== null) found.set(column.name, { column, value });
    }
    return found;
  }

  resolve(condition: Condition): Condition {
    switch (condition.kind) {
      case 'and':
      case 'or':
        return { ...condition, of: condition.of.map((one) => this.resolve(one)) };
      case 'not':
        return { ...condition, of: this.resolve(condition.of) };
      case 'compare':
        return { ...condition, left: this.#operand(condition.left), right: this.#operand(condition.right) };
      case 'null':
      case 'in':
        return { ...condition, of: this.#operand(condition.of) };
    }
  }

  #operand(operand: Operand): Operand {
    if (operand.kind === 'column')
      return { kind: 'column', name: this.column(operand.name)?.name ?? operand.name };
    if (operand.kind === 'function') return { ...operand, of: operand.of.map((one) => this.#operand(one)) };
    return operand;
  }
}

/** The one column that is given the code. */
function codeOf(set: ReadonlyMap<string, Set>, book: Book): TableColumn | null {
  const taking = [...set.values()].filter(({ value }) => isParameter(value, CODE));
  const [first, second] = taking;
  if (first === undefined || second !== undefined) {
    book.faults.push(`expected one column that is given :${CODE}, found ${taking.length}`);
    return null;
  }
  if (!first.column.isText) book.faults.push(`${first.column.name} is no text: a code could not stand in it`);
  return first.column;
}

/** Conditions that must all hold. */
function flat(condition: Condition): Condition[] {
  return condition.kind === 'and' ? condition.of.flatMap(flat) : [condition];
}

/** Columns that must equal something that does not change: a visit's key or a written-out text. */
function equals(conditions: readonly Condition[]): Map<string, Value> {
  const found = new Map<string, Value>();
  for (const condition of conditions) {
    if (condition.kind !== 'compare' || condition.sign !== '=') continue;
    for (const [column, value] of [
      [condition.left, condition.right],
      [condition.right, condition.left],
    ] as const) {
      // a number beside a column of texts would be compared as a number, and then equals many texts
      if (column.kind === 'column' && (value.kind === 'parameter' || value.kind === 'text')) {
        if (!found.has(column.name)) found.set(column.name, value);
      }
    }
  }
  return found;
}

function keyOf(conditions: readonly Condition[], table: TableFacts, book: Book): Key {
  const equal = equals(conditions);
  for (const [column, value] of equal) if (!isStill(value)) equal.delete(column);
  const key = keyIn(equal, table);
  if (key.size === 0) {
    const of = table.uniqueKeys.map((columns) => `(${columns.join(', ')})`).join(' or ');
    book.faults.push(
      of === ''
        ? `${table.name} has no unique index: nothing proves that only one row is touched`
        : `more than one row of ${table.name} could be touched: expected column = :vn or = :key_… for every column of a unique index, ${of}`,
    );
  }
  return key;
}

/** The smallest unique key whose every column has its value. */
function keyIn(equal: ReadonlyMap<string, Value>, table: TableFacts): Key {
  const lower = new Map([...equal].map(([column, value]) => [column.toLowerCase(), { column, value }]));
  const [key] = table.uniqueKeys
    .filter((columns) => columns.length > 0 && columns.every((column) => lower.has(column)))
    .toSorted((a, b) => a.length - b.length);
  return new Map(
    (key ?? []).flatMap((column) => {
      const found = lower.get(column);
      return found === undefined ? [] : [[found.column, found.value] as const];
    }),
  );
}

/** Names a visit's row, and no other the next time: not the code, nor what comes with it. */
function isStill(value: Value): boolean {
  if (value.kind === 'parameter') return value.name === 'vn' || value.name.startsWith('key_');
  return value.kind === 'text';
}

function isParameter(value: Value | Operand, name: string): boolean {
  return value.kind === 'parameter' && value.name === name;
}

function isOfKey(condition: Condition, key: Key): boolean {
  return [...equals([condition])].some(([column, value]) => key.get(column) === value);
}

/**
 * A NOT EXISTS that finds the row which is put, once it stands: each of its equalities is a value of that row, and what it says
 * besides holds for it too.
 */
function hidesItself(unless: Condition, row: ReadonlyMap<string, Value>, code: string): boolean {
  const all = flat(unless);
  const equal = equals(all);
  const isAlike = (a: Value, b: Value | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);
  return (
    [...equal.values()].some((value) => value.kind === 'parameter' && isStill(value)) &&
    [...equal].every(([column, value]) => isAlike(value, row.get(column))) &&
    all.every((condition) => equals([condition]).size > 0 || holdsFor(condition, row, code))
  );
}

/** `column is null` of one that is not put (`deleted_at is null`); `code is not null`; `code <> ''`. */
function holdsFor(condition: Condition, row: ReadonlyMap<string, Value>, code: string): boolean {
  if (condition.kind === 'null' && condition.of.kind === 'column') {
    const put = row.get(condition.of.name)?.kind ?? 'null';
    return condition.isNull ? put === 'null' : condition.of.name === code;
  }
  return (
    condition.kind === 'compare' &&
    ['<>', '!='].includes(condition.sign) &&
    condition.left.kind === 'column' &&
    condition.left.name === code &&
    isEmptyText(condition.right)
  );
}

/** `code is null`, `code = ''`, `trim(code) = ''`, `coalesce(code, '') = ''`, `nullif(code, '') is null`, and their like joined by OR. */
function isEmptyGuard(condition: Condition, code: string): boolean {
  if (condition.kind === 'or') return condition.of.every((one) => isEmptyGuard(one, code));
  if (condition.kind === 'null') return condition.isNull && isCode(condition.of, code);
  return (
    condition.kind === 'compare' &&
    condition.sign === '=' &&
    ((isCode(condition.left, code) && isEmptyText(condition.right)) ||
      (isEmptyText(condition.left) && isCode(condition.right, code)))
  );
}

/** The code's column, also within functions that leave every text but the empty one what it is. */
function isCode(operand: Operand, code: string): boolean {
  if (operand.kind === 'column') return operand.name === code;
  if (operand.kind !== 'function') return false;
  const [first, ...rest] = operand.of;
  if (first === undefined || !isCode(first, code)) return false;
  return ['trim', 'ltrim', 'rtrim'].includes(operand.name)
    ? rest.length === 0
    : ['coalesce', 'ifnull', 'isnull', 'nullif'].includes(operand.name) && rest.every(isEmptyText);
}

function isEmptyText(operand: Operand): boolean {
  return operand.kind === 'text' && operand.text.trim() === '';
}

/** Every parameter that stands anywhere in it, each once. */
export function parametersOf({ key, row, others, also, unless }: Proved): string[] {
  const names = new Set<string>();
  const walk = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(walk);
    else if (part !== null && typeof part === 'object') {
      if ('kind' in part && part.kind === 'parameter' && 'name' in part) names.add(String(part.name));
      Object.values(part).forEach(walk);
    }
  };
  walk([
    ...key.values(),
    ...row.values(),
    ...[...others.values()].map(({ value }) => value),
    ...also,
    unless,
  ]);
  return [...names];
}
