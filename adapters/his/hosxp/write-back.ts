/**
 * The one thing the bridge writes into a HOSxP: a code into `visit_pttype`, by the row's full key (vn, pttype), only
 * while the column is empty, read back afterwards (rule 3, "never overwrite"). MyISAM is met, so no transaction is
 * relied on: each UPDATE carries its own guard, which both engines apply atomically.
 */

import { sql } from 'kysely';
import { bangkokIso } from '../../../src/domain/bangkok.ts';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { UndoRequest, WriteBackOutcome, WriteBackRequest } from '../../../src/service/ports/his.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { type Prepared, prepared, type SqlText } from '../sql/dialect.ts';
import { isTooLong } from '../sql/errors.ts';
import type { HosxpLayout } from './layout.ts';

const TABLE = 'visit_pttype';

interface NewCode {
  vn: string;
  pttype: string;
  claimCode: string;
}

export class WriteBack {
  readonly #db: SqlDatabase;
  readonly #layout: HosxpLayout;
  readonly #withTime: boolean;
  readonly #code: SqlText;
  readonly #current: Prepared<{ vn: string }>;
  readonly #update: Prepared<NewCode>;
  readonly #updateWithTime: Prepared<NewCode & { stamp: string }>;
  readonly #row: Prepared<{ vn: string; pttype: string }>;

  constructor(db: SqlDatabase, layout: HosxpLayout, withTime: boolean) {
    this.#db = db;
    this.#layout = layout;
    this.#withTime = withTime && layout.has(TABLE, 'auth_datetime');
    this.#code = layout.name(TABLE, layout.codeColumn);
    const { dialect } = db;
    this.#current = prepared(dialect, (v) => this.#currentOf(v.vn));
    this.#update = prepared(dialect, (v) => this.#updateOf(v, null));
    this.#updateWithTime = prepared(dialect, (v) => this.#updateOf(v, v.stamp));
    this.#row = prepared(dialect, (v) => this.#rowOf(v.vn, v.pttype));
  }

  async write(request: WriteBackRequest): Promise<WriteBackOutcome> {
    const stamp = this.#withTime && request.issuedAt !== null ? wallClock(request.issuedAt) : null;
    const before = await this.#look(request, stamp);
    if ('outcome' in before) return before.outcome;
    const { pttype, holds: previous } = before;
    let affected: number;
    try {
      const { vn, claimCode } = request;
      const update =
        stamp === null
          ? this.#update({ vn, pttype, claimCode })
          : this.#updateWithTime({ vn, pttype, claimCode, stamp });
      affected = (await this.#db.run(update)).affected;
    } catch (error) {
      if (isTooLong(error)) return { kind: 'not-kept', holds: previous };
      throw error;
    }
    const after = await this.#read(request.vn, pttype);
    if (after === null) return { kind: 'no-row' };
    if (affected > 0 && after.code === request.claimCode) {
      return { kind: 'written', row: this.#rowName(request.vn, pttype, stamp, after.stamp), previous };
    }
    if (affected > 0 && isRemnant(after.code, request.claimCode)) {
      await this.#putBack(request.vn, pttype, after.code, previous, stamp);
      return { kind: 'not-kept', holds: after.code };
    }
    // somebody else was quicker, or wrote over it at once: what stands there now decides
    const now = await this.#look(request, stamp);
    return 'outcome' in now ? now.outcome : { kind: 'not-kept', holds: now.holds };
  }

  /** True when the row still held the code and now holds its old value again. */
  async undo({ claimCode, row, previous }: UndoRequest): Promise<boolean> {
    const { vn, pttype, column, auth_datetime: stamp } = row;
    if (vn === undefined || pttype === undefined || column !== this.#layout.codeColumn) {
      throw new BridgeError(
        'his-schema',
        `undo: expected the row of a code in ${TABLE}.${this.#layout.codeColumn}`,
        {
          retry: 'no',
        },
      );
    }
    const { affected } = await this.#putBack(vn, pttype, claimCode, previous, stamp ?? null);
    return affected > 0;
  }

  /** What stands in the visit's row, or the outcome that follows from it before anything is written. */
  async #look(
    request: WriteBackRequest,
    stamp: string | null,
  ): Promise<{ outcome: WriteBackOutcome } | { pttype: string; holds: string | null }> {
    const { rows } = await this.#db.run(this.#current({ vn: request.vn }));
    const [row] = rows;
    if (row === undefined) return { outcome: { kind: 'no-visit' } };
    const pttype = textOrNull(row.pttype);
    if (pttype === null) return { outcome: { kind: 'no-row' } };
    const holds = textOrNull(row.code);
    const held = holds?.trim() ?? '';
    if (held === request.claimCode) {
      const isOurs = stamp !== null && textOrNull(row.stamp)?.startsWith(stamp) === true;
      const named = isOurs ? { row: this.#rowName(request.vn, pttype, stamp, textOrNull(row.stamp)) } : {};
      return { outcome: { kind: 'already', ...named } };
    }
    if (held !== '') return { outcome: { kind: 'occupied', holds: held } };
    if (textOrNull(row.locked)?.trim() === 'Y') return { outcome: { kind: 'locked' } };
    return { pttype, holds };
  }

  /** The row of the visit's own right; where it has none, the one with pttype_number 1. */
  #currentOf(vn: string): SqlText {
    const r = (column: string): SqlText => this.#layout.ref('r', TABLE, column);
    const numbered = this.#layout.has(TABLE, 'pttype_number');
    const main = numbered ? sql` or r.pttype_number = 1` : sql``;
    const stamp = this.#db.dialect.asText(r('auth_datetime'));
    return sql`select r.pttype as pttype, ${r(this.#layout.codeColumn)} as code, ${r('confirm_and_locked')} as locked,
        ${stamp} as stamp
      from ovst o left join visit_pttype r on r.vn = o.vn and (r.pttype = o.pttype${main})
      where o.vn = ${vn}
      order by case when r.pttype = o.pttype then 0 else 1 end, r.pttype`;
  }

  #updateOf({ vn, pttype, claimCode }: NewCode, stamp: string | null): SqlText {
    const sets = [sql`${this.#code} = ${claimCode}`];
    const time = this.#layout.name(TABLE, 'auth_datetime');
    if (stamp !== null) {
      // only where no time stands
      sets.push(sql`${time} = case when ${this.#db.dialect.isNoDate(time)} then ${stamp} else ${time} end`);
    }
    const lock = this.#layout.name(TABLE, 'confirm_and_locked');
    const unlocked = this.#layout.has(TABLE, 'confirm_and_locked')
      ? sql` and (${lock} is null or ${lock} <> 'Y')`
      : sql``;
    return sql`update visit_pttype set ${sql.join(sets)} where vn = ${vn} and pttype = ${pttype}
      and (${this.#code} is null or trim(${this.#code}) = '')${unlocked}`;
  }

  async #read(vn: string, pttype: string): Promise<{ code: string | null; stamp: string | null } | null> {
    const { rows } = await this.#db.run(this.#row({ vn, pttype }));
    const [row] = rows;
    return row === undefined ? null : { code: textOrNull(row.code), stamp: textOrNull(row.stamp) };
  }

  #rowOf(vn: string, pttype: string): SqlText {
    const stamp = this.#db.dialect.asText(this.#layout.ref('r', TABLE, 'auth_datetime'));
    return sql`select ${this.#layout.ref('r', TABLE, this.#layout.codeColumn)} as code, ${stamp} as stamp
      from visit_pttype r where r.vn = ${vn} and r.pttype = ${pttype}`;
  }

  #putBack(
    vn: string,
    pttype: string,
    holds: string | null,
    previous: string | null,
    stamp: string | null,
  ): Promise<{ affected: number }> {
    const sets = [sql`${this.#code} = ${previous}`];
    const time = this.#layout.name(TABLE, 'auth_datetime');
    if (stamp !== null && this.#layout.has(TABLE, 'auth_datetime')) {
      sets.push(sql`${time} = case when ${time} = ${stamp} then null else ${time} end`);
    }
    return this.#db.run(
      sql`update visit_pttype set ${sql.join(sets)} where vn = ${vn} and pttype = ${pttype} and ${this.#code} = ${holds}`,
    );
  }

  /** Everything that undo must know; the time only when it is ours. */
  #rowName(
    vn: string,
    pttype: string,
    stamp: string | null,
    standing: string | null,
  ): Record<string, string> {
    const row = { table: TABLE, vn, pttype, column: this.#layout.codeColumn };
    return stamp !== null && standing?.startsWith(stamp) ? { ...row, auth_datetime: stamp } : row;
  }
}

/** What a column that is too short, or a trigger that changes letters, makes of our code; not somebody else's value. */
function isRemnant(holds: string | null, code: string): holds is string {
  const held = holds?.trim().toLowerCase() ?? '';
  return held !== '' && code.toLowerCase().startsWith(held);
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** HOSxP's columns hold Bangkok's wall clock. */
function wallClock(at: number): string {
  return bangkokIso(at).slice(0, 19).replace('T', ' ');
}
