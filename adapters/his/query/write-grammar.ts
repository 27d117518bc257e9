/**
 * Reads the statement that writes: one UPDATE or INSERT (and for `undo` an UPDATE or DELETE) of one table, in a form so
 * small that everything in it is understood. Whatever is of another form is refused; nothing is passed over. The bridge then
 * puts together its own statement from what was read (`write-build.ts`): the text itself is never run.
 *
 * ```
 * update [schema.]table [alias] set column = value, … where condition
 * insert into [schema.]table (column, …) values (value, …)
 * insert into [schema.]table (column, …) select value, … [from dual] where not exists (select … from table where condition)
 * delete from [schema.]table where condition
 * ```
 */

import { ScanError, type Token } from './scan.ts';

export type Value =
  | { kind: 'parameter'; name: string }
  | { kind: 'text'; text: string }
  | { kind: 'number'; text: string }
  | { kind: 'null' }
  /** A clock or an id that the engine makes. */
  | { kind: 'made'; by: string };

export type Operand =
  | Value
  | { kind: 'column'; name: string }
  | { kind: 'function'; name: string; of: readonly Operand[] };

export type Condition =
  | { kind: 'and' | 'or'; of: readonly Condition[] }
  | { kind: 'not'; of: Condition }
  | { kind: 'compare'; sign: string; left: Operand; right: Operand }
  | { kind: 'null'; of: Operand; isNull: boolean }
  | { kind: 'in'; of: Operand; isIn: boolean; list: readonly Operand[] };

export type WriteText =
  | { kind: 'update'; table: readonly string[]; set: ReadonlyMap<string, Value>; where: Condition }
  | { kind: 'delete'; table: readonly string[]; where: Condition }
  | {
      kind: 'insert';
      table: readonly string[];
      values: ReadonlyMap<string, Value>;
      /** The rows that must not stand in the same table; null for `values (…)`. */
      unless: Condition | null;
    };

const COMPARES = new Set(['=', '<>', '!=', '<', '>', '<=', '>=']);
const FUNCTIONS = new Set([
  'trim',
  'ltrim',
  'rtrim',
  'coalesce',
  'ifnull',
  'isnull',
  'nullif',
  'lower',
  'upper',
]);
const MAKERS = new Set([
  ...['now', 'getdate', 'sysdatetime', 'current_timestamp', 'localtimestamp', 'current_date'],
  ...['uuid', 'gen_random_uuid', 'newid'],
]);
/** These stand without brackets. */
const BARE_MAKERS = new Set(['current_timestamp', 'localtimestamp', 'current_date']);
const RESERVED = new Set([
  'select',
  'from',
  'where',
  'set',
  'and',
  'or',
  'not',
  'null',
  'is',
  'in',
  'values',
  'exists',
]);

/** Throws ScanError with a sentence. */
export function readWrite(tokens: readonly Token[]): WriteText {
  const reader = new Reader(tokens);
  const read = reader.statement();
  reader.end();
  return read;
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;
  /** What the table is called in the statement, by which a column may be named. */
  #names: readonly string[] = [];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  statement(): WriteText {
    if (this.#takes('update')) return this.#update();
    if (this.#takes('insert')) return this.#insert();
    if (this.#takes('delete')) return this.#delete();
    throw this.#expected('UPDATE or INSERT of one table');
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw this.#expected('the end of the statement');
  }

  #update(): WriteText {
    const table = this.#table('set');
    this.#word('set');
    const set = new Map<string, Value>();
    do {
      const column = this.#column();
      if ([...set.keys()].some((known) => known.toLowerCase() === column.toLowerCase())) {
        throw new ScanError(`${column} is set twice`);
      }
      this.#sign('=');
      set.set(column, this.#value());
    } while (this.#takesSign(','));
    if (!this.#takes('where')) throw this.#expected('WHERE');
    return { kind: 'update', table, set, where: this.#condition() };
  }

  #delete(): WriteText {
    this.#word('from');
    const table = this.#table('where');
    if (!this.#takes('where')) throw this.#expected('WHERE');
    return { kind: 'delete', table, where: this.#condition() };
  }

  #insert(): WriteText {
    this.#word('into');
    const table = this.#table(null);
    this.#sign('(');
    const columns: string[] = [];
    do columns.push(this.#name('a column'));
    while (this.#takesSign(','));
    this.#sign(')');
    if (new Set(columns.map((column) => column.toLowerCase())).size < columns.length) {
      throw new ScanError('a column is named twice');
    }
    const isSelect = this.#takes('select');
    if (!isSelect) {
      this.#word('values');
      this.#sign('(');
    }
    const values: Value[] = [];
    do values.push(this.#value());
    while (this.#takesSign(','));
    if (values.length !== columns.length) {
      throw new ScanError(`${columns.length} columns, but ${values.length} values`);
    }
    const named = new Map(columns.map((column, i) => [column, values[i] as Value]));
    if (!isSelect) {
      this.#sign(')');
      return { kind: 'insert', table, values: named, unless: null };
    }
    return { kind: 'insert', table, values: named, unless: this.#unless(table) };
  }

  /** `[from dual] where not exists (select 1 from <the same table> where …)` */
  #unless(table: readonly string[]): Condition {
    if (this.#takes('from')) this.#word('dual');
    for (const word of ['where', 'not', 'exists']) this.#word(word);
    this.#sign('(');
    this.#word('select');
    // what the inner SELECT would give plays no part
    if (!this.#takesSign('*')) this.#operand();
    this.#word('from');
    const inner = this.#table('where');
    if (inner.join('.').toLowerCase() !== table.join('.').toLowerCase()) {
      throw new ScanError(
        `NOT EXISTS looks into ${inner.join('.')}: expected ${table.join('.')}, where the row is put`,
      );
    }
    this.#word('where');
    const condition = this.#condition();
    this.#sign(')');
    return condition;
  }

  /** `[database.][schema.]table [[as] alias]`; `until`: the word that ends it, where an alias may stand before. */
  #table(until: string | null): string[] {
    const table = [this.#name('a table')];
    while (this.#takesSign('.')) table.push(this.#name('a table'));
    this.#names = [table.at(-1) ?? ''];
    if (until !== null && !this.#isWord(until)) {
      this.#takes('as');
      this.#names = [this.#name('an alias')];
    }
    return table;
  }

  #condition(): Condition {
    return this.#chain('or', () => this.#chain('and', () => this.#not()));
  }

  #chain(word: 'and' | 'or', next: () => Condition): Condition {
    const of = [next()];
    while (this.#takes(word)) of.push(next());
    return of.length === 1 ? (of[0] as Condition) : { kind: word, of };
  }

  #not(): Condition {
    if (this.#takes('not')) return { kind: 'not', of: this.#not() };
    if (this.#takesSign('(')) {
      const inner = this.#condition();
      this.#sign(')');
      return inner;
    }
    return this.#predicate();
  }

  #predicate(): Condition {
    const left = this.#operand();
    if (this.#takes('is')) {
      const isNull = !this.#takes('not');
      this.#word('null');
      return { kind: 'null', of: left, isNull };
    }
    const isIn = !this.#takes('not');
    if (!isIn || this.#isWord('in')) {
      this.#word('in');
      this.#sign('(');
      const list: Operand[] = [];
      do list.push(this.#value());
      while (this.#takesSign(','));
      this.#sign(')');
      return { kind: 'in', of: left, isIn, list };
    }
    const sign = this.#tokens[this.#at];
    if (sign?.kind !== 'sign' || !COMPARES.has(sign.text)) throw this.#expected('=, <>, IS NULL or IN');
    this.#at++;
    return { kind: 'compare', sign: sign.text, left, right: this.#operand() };
  }

  #operand(): Operand {
    const token = this.#tokens[this.#at];
    const isCalled = this.#tokens[this.#at + 1]?.kind === 'sign' && this.#tokens[this.#at + 1]?.text === '(';
    const word = token?.kind === 'word' ? token.text.toLowerCase() : '';
    if (isCalled && FUNCTIONS.has(word)) {
      this.#at += 2;
      const of: Operand[] = [];
      do of.push(this.#operand());
      while (this.#takesSign(','));
      this.#sign(')');
      return { kind: 'function', name: word, of };
    }
    return this.#valueOrNull() ?? { kind: 'column', name: this.#column() };
  }

  #value(): Value {
    const value = this.#valueOrNull();
    if (value === null) {
      throw this.#expected('a :parameter, a text, a number, NULL or the engine’s clock such as now()');
    }
    return value;
  }

  #valueOrNull(): Value | null {
    const token = this.#tokens[this.#at];
    if (token === undefined) return null;
    if (token.kind === 'parameter') return this.#took({ kind: 'parameter', name: token.text });
    if (token.kind === 'text' || token.kind === 'number')
      return this.#took({ kind: token.kind, text: token.text });
    const word = token.kind === 'word' ? token.text.toLowerCase() : '';
    if (word === 'null') return this.#took({ kind: 'null' });
    if (!MAKERS.has(word)) return null;
    const [open, close] = [this.#tokens[this.#at + 1], this.#tokens[this.#at + 2]];
    if (open?.text === '(' && close?.text === ')') {
      this.#at += 3;
      return { kind: 'made', by: word };
    }
    return BARE_MAKERS.has(word) ? this.#took({ kind: 'made', by: word }) : null;
  }

  #took<T>(value: T): T {
    this.#at++;
    return value;
  }

  /** `[table.]column` */
  #column(): string {
    const name = this.#name('a column');
    if (!this.#takesSign('.')) return name;
    if (!this.#names.some((known) => known.toLowerCase() === name.toLowerCase())) {
      throw new ScanError(`${name}: expected ${this.#names.join(' or ')} before the dot`);
    }
    return this.#name('a column');
  }

  #name(what: string): string {
    const token = this.#tokens[this.#at];
    const isName =
      token?.kind === 'name' || (token?.kind === 'word' && !RESERVED.has(token.text.toLowerCase()));
    if (token === undefined || !isName || token.text === '') throw this.#expected(what);
    this.#at++;
    return token.text;
  }

  #isWord(word: string): boolean {
    const token = this.#tokens[this.#at];
    return token?.kind === 'word' && token.text.toLowerCase() === word;
  }

  #takes(word: string): boolean {
    if (!this.#isWord(word)) return false;
    this.#at++;
    return true;
  }

  #word(word: string): void {
    if (!this.#takes(word)) throw this.#expected(word.toUpperCase());
  }

  #takesSign(sign: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'sign' || token.text !== sign) return false;
    this.#at++;
    return true;
  }

  #sign(sign: string): void {
    if (!this.#takesSign(sign)) throw this.#expected(`"${sign}"`);
  }

  #expected(what: string): ScanError {
    const token = this.#tokens[this.#at];
    const stands = token === undefined ? 'at its end' : `where "${token.text.slice(0, 30)}" stands`;
    return new ScanError(`expected ${what} ${stands}`);
  }
}
