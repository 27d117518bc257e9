/**
 * What the bridge writes into a JHCIS: a code into `visit.claimcode_nhso`, by the row's full key (pcucode, visitno), only
 * while the column is empty, read back afterwards (`guarded-write.ts`); the claim type and the time beside it, each only
 * where nothing stands. The time tells later whose all three are: beside a claim type that is not ours it stays out.
 */

import { sql } from 'kysely';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { UndoRequest, WriteBackOutcome, WriteBackRequest } from '../../../src/service/ports/his.ts';
import { rawText, wallClock } from '../fields.ts';
import type { JhcisOptions } from '../options.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { type Prepared, prepared, type SqlText } from '../sql/dialect.ts';
import { writeGuarded } from '../sql/guarded-write.ts';
import type { Layout } from '../sql/layout.ts';
import type { CodeWriter } from '../sql/tables.ts';
import { isVisitNumber } from './visit-query.ts';

export const TABLE = 'visit';
export const CODE = 'claimcode_nhso';
const TYPE = 'hiciauthen_nhso';
const TIME = 'datetime_claim';

export type WriteOptions = Pick<JhcisOptions, 'hcode' | 'writeClaimType' | 'writeClaimDateTime'>;

/** The three columns as they stand; null for NULL, and for a column that is not there. */
interface Standing {
  code: string | null;
  type: string | null;
  time: string | null;
}

/** What goes beside the code; null for what does not. */
type Beside = Pick<Standing, 'type' | 'time'>;

interface NewCode {
  visitno: string;
  claimCode: string;
  type: string;
  time: string;
}

/** The columns that may be written beside the code, as the configuration says. */
export function besideCode({ writeClaimType, writeClaimDateTime }: WriteOptions): string[] {
  return [...(writeClaimType ? [TYPE] : []), ...(writeClaimDateTime ? [TIME] : [])];
}

export class JhcisWriter implements CodeWriter {
  readonly #db: SqlDatabase;
  readonly #layout: Layout;
  readonly #options: WriteOptions;
  readonly #row: Prepared<{ visitno: string }>;
  readonly #updates = new Map<string, Prepared<NewCode>>();

  constructor(db: SqlDatabase, layout: Layout, options: WriteOptions) {
    this.#db = db;
    this.#layout = layout;
    this.#options = options;
    this.#row = prepared(db.dialect, (v) => this.#rowOf(v.visitno));
  }

  async write(request: WriteBackRequest): Promise<WriteBackOutcome> {
    const { vn: visitno, claimCode } = request;
    const beside = this.#beside(request);
    // what stood beside the code the last time that it was looked at
    let before: Standing = { code: null, type: null, time: null };
    const row = (after: Standing) => ({ ...this.#rowName(visitno), ...ours(before, after, beside) });
    const outcome = await writeGuarded<string>(claimCode, {
      look: async () => {
        const standing = await this.#read(visitno);
        if (standing === null) return { outcome: { kind: 'no-visit' } };
        const held = standing.code?.trim() ?? '';
        if (held === claimCode) return { outcome: this.#already(visitno, standing, beside) };
        if (held !== '') return { outcome: { kind: 'occupied', holds: held } };
        before = standing;
        return { key: visitno, holds: standing.code };
      },
      fill: async () => (await this.#db.run(this.#update(request, beside))).affected,
      read: async () => {
        const after = await this.#read(visitno);
        return after === null ? null : { holds: after.code, row: row(after) };
      },
      putBack: async (_, holds, previous) => {
        const after = await this.#read(visitno);
        if (after !== null) await this.#putBack(visitno, holds, previous, row(after));
      },
    });
    // the row of the code is the visit's own
    return outcome.kind === 'no-row' ? { kind: 'no-visit' } : outcome;
  }

  async undo({ claimCode, row, previous }: UndoRequest): Promise<boolean> {
    const { pcucode, visitno, column } = row;
    if (pcucode !== this.#options.hcode || visitno === undefined || column !== CODE) {
      throw new BridgeError('his-schema', `undo: expected the row of a code in ${TABLE}.${CODE}`, {
        retry: 'no',
      });
    }
    return this.#putBack(visitno, claimCode, previous, row);
  }

  /** A claim type that does not fit into its column stays out: the code matters. */
  #beside({ claimType, issuedAt }: WriteBackRequest): Beside {
    const { writeClaimType, writeClaimDateTime } = this.#options;
    const column = this.#layout.column(TABLE, TYPE);
    const fits = claimType !== null && (column?.length ?? claimType.length) >= claimType.length;
    const hasTime = this.#layout.has(TABLE, TIME) && issuedAt !== null;
    return {
      type: writeClaimType && column !== null && fits ? claimType : null,
      time: writeClaimDateTime && hasTime ? wallClock(issuedAt) : null,
    };
  }

  /** The code is ours when the time beside it is, and then so is the claim type. */
  #already(visitno: string, standing: Standing, { type, time }: Beside): WriteBackOutcome {
    if (time === null || standing.time?.startsWith(time) !== true) return { kind: 'already' };
    const typed = type !== null && standing.type === type ? { [TYPE]: type } : {};
    return { kind: 'already', row: { ...this.#rowName(visitno), ...typed, [TIME]: time } };
  }

  async #read(visitno: string): Promise<Standing | null> {
    if (!isVisitNumber(visitno)) return null;
    const [row] = (await this.#db.run(this.#row({ visitno }))).rows;
    if (row === undefined) return null;
    return { code: rawText(row.code), type: rawText(row.type), time: rawText(row.time) };
  }

  #rowOf(visitno: string): SqlText {
    const ref = (column: string): SqlText => this.#layout.ref('v', TABLE, column);
    return sql`select ${ref(CODE)} as code, ${ref(TYPE)} as type, ${this.#db.dialect.asText(ref(TIME))} as time
      from visit v where v.pcucode = ${this.#options.hcode} and v.visitno = ${visitno}`;
  }

  #update({ vn: visitno, claimCode }: WriteBackRequest, { type, time }: Beside) {
    const kind = `${type !== null}/${time !== null}`;
    let update = this.#updates.get(kind);
    if (update === undefined) {
      update = prepared(this.#db.dialect, (v) => this.#updateOf(v, type !== null, time !== null));
      this.#updates.set(kind, update);
    }
    return update({ visitno, claimCode, type: type ?? '', time: time ?? '' });
  }

  #updateOf(v: NewCode, withType: boolean, withTime: boolean): SqlText {
    const { code, type, time } = this.#columns();
    const sets = [sql`${code} = ${v.claimCode}`];
    if (withTime) {
      // before the claim type: the server sets one after the other, and looks at what is set by then
      const isFree = this.#db.dialect.isNoDate(time);
      const isOurs = withType ? sql`${isFree} and ${isBlank(type)}` : isFree;
      sets.push(sql`${time} = case when ${isOurs} then ${v.time} else ${time} end`);
    }
    if (withType) sets.push(sql`${type} = case when ${isBlank(type)} then ${v.type} else ${type} end`);
    return sql`update visit set ${sql.join(sets)}
      where pcucode = ${this.#options.hcode} and visitno = ${v.visitno} and ${isBlank(code)}`;
  }

  /** `row`: what stands beside the code and is ours, with what it was before. */
  async #putBack(
    visitno: string,
    holds: string,
    previous: string | null,
    row: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    const { code, type, time } = this.#columns();
    const sets = [sql`${code} = ${previous}`];
    for (const [name, column] of [[TYPE, type] as const, [TIME, time] as const]) {
      const written = row[name];
      if (written === undefined || !this.#layout.has(TABLE, name)) continue;
      const old = row[`${name}_before`] ?? null;
      sets.push(sql`${column} = case when ${column} = ${written} then ${old} else ${column} end`);
    }
    const { affected } = await this.#db.run(
      sql`update visit set ${sql.join(sets)}
        where pcucode = ${this.#options.hcode} and visitno = ${visitno} and ${code} = ${holds}`,
    );
    return affected > 0;
  }

  #columns(): { code: SqlText; type: SqlText; time: SqlText } {
    const name = (column: string): SqlText => this.#layout.name(TABLE, column);
    return { code: name(CODE), type: name(TYPE), time: name(TIME) };
  }

  #rowName(visitno: string): Record<string, string> {
    return { table: TABLE, pcucode: this.#options.hcode, visitno, column: CODE };
  }
}

/** The columns beside the code that were free before and now hold what the bridge wrote; `…_before`: a blank that was not NULL. */
function ours(before: Standing, after: Standing, beside: Beside): Record<string, string> {
  const row: Record<string, string> = {};
  if (beside.type !== null && (before.type ?? '').trim() === '' && after.type === beside.type) {
    row[TYPE] = beside.type;
    if (before.type !== null) row[`${TYPE}_before`] = before.type;
  }
  const wasTimeless = before.time === null || before.time.startsWith('0000-00-00');
  if (beside.time !== null && wasTimeless && after.time?.startsWith(beside.time) === true) {
    row[TIME] = beside.time;
    if (before.time !== null) row[`${TIME}_before`] = before.time;
  }
  return row;
}

function isBlank(column: SqlText): SqlText {
  return sql`(${column} is null or trim(${column}) = '')`;
}
