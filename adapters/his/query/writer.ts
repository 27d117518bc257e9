/**
 * The write of the configuration: one row, while it is empty, read back through the `visit` SELECT (rule 3, "never overwrite").
 * The statement carries its own guard, which engines without transactions apply as a whole too; where there are transactions
 * it is undone besides when it should ever meet more rows than one.
 */

import type { Instant } from '../../../src/domain/bangkok.ts';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { UndoRequest, WriteBackOutcome, WriteBackRequest } from '../../../src/service/ports/his.ts';
import type { SqlServer } from '../sql/database.ts';
import { isConflict, isDuplicate, isTooLong } from '../sql/errors.ts';
import { isRemnant, writeGuarded } from '../sql/guarded-write.ts';
import type { Values } from './statement.ts';
import { type Standing, WriteStatements } from './write-build.ts';
import { type Proved, parametersOf } from './write-proof.ts';

/** A visit as the `visit` SELECT shows it now. */
export interface Shown {
  /** Each that it shows; more than one only where codes stand in rows of their own. */
  codes: readonly string[];
  isLocked: boolean;
  /** `key_…` columns; one that is null has no row to be written to. */
  keys: Readonly<Record<string, string | null>>;
}

export interface WriterOptions {
  db: SqlServer;
  write: Proved;
  /** Of a `write` that inserts, where it is configured. */
  undo: Proved | null;
  /** Null: the HIS has the visit no more. Throws BridgeError as any call to the HIS. */
  look(vn: string): Promise<Shown | null>;
  /** An instant as the HIS writes it in `:issuedAt`. */
  written(at: Instant): string;
}

type Look = { outcome: WriteBackOutcome } | { values: Values };

/** An INSERT that stood in another's way. */
const ATTEMPTS = 5;

const TABLE = 'table';
const COLUMN = 'column';
/** Before the name of a column that was filled beside the code. */
const FILLED = 'filled.';

export class Writer {
  readonly #options: WriterOptions;
  readonly #write: WriteStatements;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#write = new WriteStatements(options.write, options.db.dialect);
  }

  async write(request: WriteBackRequest): Promise<WriteBackOutcome> {
    return this.#options.write.kind === 'insert' ? this.#insert(request) : this.#update(request);
  }

  /** True when the row still held the code and holds its old value again. */
  async undo({ claimCode, row, previous }: UndoRequest): Promise<boolean> {
    const { write, undo, db } = this.#options;
    const { name } = write.table;
    if (row[TABLE] !== name || row[COLUMN] !== write.code.name || row.vn === undefined) {
      throw refused(`undo: expected the row of a code in ${name}.${write.code.name}`);
    }
    const values: Values = { ...row, claimCode, claimType: null, issuedAt: null };
    if (write.kind === 'update') return this.#putBack(values, claimCode, previous, filledIn(row));
    if (undo === null) return false;
    const statement = new WriteStatements(undo, db.dialect).takeBack(values);
    return (await db.runIf(statement, (affected) => affected <= 1)).affected === 1;
  }

  async #update(request: WriteBackRequest): Promise<WriteBackOutcome> {
    const { db, write } = this.#options;
    let met: number | null = null;
    let filled: Readonly<Record<string, string>> = {};
    let found: { values: Values; before: Standing } | null = null;
    const outcome = await writeGuarded<{ values: Values; before: Standing }>(request.claimCode, {
      look: async () => {
        const seen = await this.#look(request);
        if ('outcome' in seen) return seen;
        const before = await this.#standing(seen.values);
        if (before === null) return { outcome: { kind: 'no-row' } };
        const holds = before.code?.trim() ?? '';
        // the SELECT takes the code from elsewhere than the UPDATE puts it
        if (holds === request.claimCode) return { outcome: { kind: 'already' } };
        if (holds !== '') return { outcome: { kind: 'occupied', holds } };
        // empty, and yet the UPDATE met no row: a condition of the configuration's own forbids it
        if (met === 0 && write.also.length > 0) return { outcome: { kind: 'locked' } };
        found = { values: seen.values, before };
        return { key: found, holds: before.code };
      },
      fill: async ({ values }) => {
        met = (await db.runIf(this.#write.update(values), (rows) => rows <= 1)).affected;
        if (met > 1) throw refused(`"write" met ${met} rows and was undone`);
        return met;
      },
      read: async ({ values, before }) => {
        const after = await this.#standing(values);
        if (after === null) return null;
        filled = newlyFilled(before, after);
        return { holds: after.code, row: this.#rowName(values, filled) };
      },
      putBack: async ({ values }, holds, previous) => {
        await this.#putBack(values, holds, previous, filled);
      },
    });
    if (outcome.kind !== 'written' || found === null) return outcome;
    const shown = await this.#options.look(request.vn);
    if (shown === null) return { kind: 'no-visit' };
    const [holds = null] = shown.codes;
    if (holds === request.claimCode) return outcome;
    // nobody would ever see the code that stands there
    const { values } = found as { values: Values };
    await this.#putBack(values, request.claimCode, outcome.previous, filled);
    return { kind: 'not-kept', holds };
  }

  async #insert(request: WriteBackRequest, attempt = 1): Promise<WriteBackOutcome> {
    const { db } = this.#options;
    const { claimCode } = request;
    const before = await this.#look(request);
    if ('outcome' in before) return before.outcome;
    const { values } = before;
    let affected = 0;
    try {
      // of two that look and find nothing only one may put its row
      const options = { isSerializable: true };
      ({ affected } = await db.runIf(this.#write.insert(values), (rows) => rows <= 1, options));
    } catch (error) {
      if (isTooLong(error)) return { kind: 'not-kept', holds: null };
      if (isConflict(error) && attempt < ATTEMPTS) return this.#insert(request, attempt + 1);
      // a row of that key came in between, or stands and is shown to nobody
      if (!isDuplicate(error)) throw error;
    }
    if (affected !== 1) {
      const now = await this.#look(request);
      return 'outcome' in now ? now.outcome : { kind: 'not-kept', holds: null };
    }
    const shown = await this.#options.look(request.vn);
    const codes = shown?.codes ?? [];
    const row = this.#rowName(values, {});
    if (codes.length === 1 && codes[0] === claimCode) return { kind: 'written', row, previous: null };
    // somebody else's stands beside it, or the database has made something else of it: ours goes again, never theirs
    const remnant = codes.find((code) => isRemnant(code, claimCode));
    if (codes.length > 0) await this.undo({ claimCode: remnant ?? claimCode, row, previous: null });
    if (shown === null) return { kind: 'no-visit' };
    const other = codes.find((code) => code !== claimCode && code !== remnant);
    return other === undefined
      ? { kind: 'not-kept', holds: remnant ?? null }
      : { kind: 'occupied', holds: other };
  }

  /** What the visit's row says, or the outcome that follows from it before anything is written. */
  async #look(request: WriteBackRequest): Promise<Look> {
    const { vn, claimCode, claimType, issuedAt } = request;
    const shown = await this.#options.look(vn);
    if (shown === null) return { outcome: { kind: 'no-visit' } };
    const at = issuedAt === null ? null : this.#options.written(issuedAt);
    const values: Values = { vn, claimCode, claimType, issuedAt: at, ...shown.keys };
    const other = shown.codes.find((code) => code !== claimCode);
    if (other !== undefined) return { outcome: { kind: 'occupied', holds: other } };
    if (shown.codes.length > 0) return { outcome: await this.#already(values) };
    if (shown.isLocked) return { outcome: { kind: 'locked' } };
    const { write, undo } = this.#options;
    const asked = [...parametersOf(write), ...(undo === null ? [] : parametersOf(undo))];
    for (const name of asked.filter((one) => one.startsWith('key_'))) {
      const given = values[name];
      if (given === undefined) {
        throw refused(`"visit" has no column ${name}, which "write" asks for`);
      }
      if (given === null) return { outcome: { kind: 'no-row' } };
    }
    return { values };
  }

  /** The bridge's own when the time beside the code is the one that the bridge writes there; then undo may name the row. */
  async #already(values: Values): Promise<WriteBackOutcome> {
    const { write } = this.#options;
    const beside = [...write.others].flatMap(([column, { value }]) =>
      value.kind === 'parameter' ? [[column, value.name] as const] : [],
    );
    const stamp = beside.find(([, name]) => name === 'issuedAt')?.[0];
    const isNamed = [...write.key.values()].every(
      (v) => v.kind !== 'parameter' || typeof values[v.name] === 'string',
    );
    const standing = stamp === undefined || !isNamed ? null : await this.#standing(values);
    if (stamp === undefined || standing?.code !== values.claimCode) return { kind: 'already' };
    const holds = (column: string, name: string): boolean =>
      typeof values[name] === 'string' && standing?.others[column]?.startsWith(values[name]) === true;
    if (!holds(stamp, 'issuedAt')) return { kind: 'already' };
    const ours = beside.flatMap(([column, name]) =>
      holds(column, name) ? [[column, standing?.others[column] ?? ''] as const] : [],
    );
    return { kind: 'already', row: this.#rowName(values, Object.fromEntries(ours)) };
  }

  async #standing(values: Values): Promise<Standing | null> {
    const { rows } = await this.#options.db.run(this.#write.standing(values));
    const [row] = rows;
    return row === undefined ? null : this.#write.readStanding(row);
  }

  async #putBack(
    values: Values,
    holds: string,
    previous: string | null,
    filled: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    const statement = this.#write.putBack(values, holds, previous, filled);
    return (await this.#options.db.runIf(statement, (affected) => affected <= 1)).affected === 1;
  }

  /** Everything that undo must know. */
  #rowName(values: Values, filled: Readonly<Record<string, string>>): Record<string, string> {
    const { write, undo } = this.#options;
    const row: Record<string, string> = { [TABLE]: write.table.name, [COLUMN]: write.code.name };
    const named = [...parametersOf(write), ...(undo === null ? [] : parametersOf(undo))];
    for (const name of ['vn', ...named.filter((one) => one.startsWith('key_'))]) {
      const value = values[name];
      if (typeof value === 'string') row[name] = value;
    }
    for (const [column, value] of Object.entries(filled)) row[`${FILLED}${column}`] = value;
    return row;
  }
}

function newlyFilled(before: Standing, after: Standing): Record<string, string> {
  return Object.fromEntries(
    Object.entries(after.others).flatMap(([column, value]) =>
      value !== null && value !== before.others[column] ? [[column, value]] : [],
    ),
  );
}

function filledIn(row: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      name.startsWith(FILLED) ? [[name.slice(FILLED.length), value]] : [],
    ),
  );
}

function refused(message: string): BridgeError {
  return new BridgeError('his-schema', message, { retry: 'no' });
}
