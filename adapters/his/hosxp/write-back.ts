/**
 * The one thing the bridge writes into a HOSxP: a code into `visit_pttype`, by the row's full key (vn, pttype), only
 * while the column is empty, read back afterwards (`guarded-write.ts`).
 */

import { sql } from 'kysely';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { UndoRequest, WriteBackOutcome, WriteBackRequest } from '../../../src/service/ports/his.ts';
import { rawText, wallClock } from '../fields.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { type Prepared, prepared, type SqlText } from '../sql/dialect.ts';
import { writeGuarded } from '../sql/guarded-write.ts';
import type { CodeWriter } from '../sql/tables.ts';
import type { HosxpLayout } from './layout.ts';

const TABLE = 'visit_pttype';

interface NewCode {
  vn: string;
  pttype: string;
  claimCode: string;
}

/** What `#look` finds: the right whose row takes the code, and what it holds. */
type Found = { outcome: WriteBackOutcome } | { key: string; holds: string | null };

export class HosxpWriter implements CodeWriter {
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
    const { vn, claimCode } = request;
    const stamp = this.#withTime && request.issuedAt !== null ? wallClock(request.issuedAt) : null;
    return writeGuarded<string>(claimCode, {
      look: () => this.#look(request, stamp),
      fill: async (pttype) => {
        const update =
          stamp === null
            ? this.#update({ vn, pttype, claimCode })
            : this.#updateWithTime({ vn, pttype, claimCode, stamp });
        return (await this.#db.run(update)).affected;
      },
      read: async (pttype) => {
        const [row] = (await this.#db.run(this.#row({ vn, pttype }))).rows;
        if (row === undefined) return null;
        return { holds: rawText(row.code), row: this.#rowName(vn, pttype, stamp, rawText(row.stamp)) };
      },
      putBack: async (pttype, holds, previous) => {
        await this.#putBack({ vn, pttype, holds, previous, stamp });
      },
    });
  }

  async undo({ claimCode, row, previous }: UndoRequest): Promise<boolean> {
    const { vn, pttype, column, auth_datetime: stamp = null } = row;
    if (vn === undefined || pttype === undefined || column !== this.#layout.codeColumn) {
      throw new BridgeError(
        'his-schema',
        `undo: expected the row of a code in ${TABLE}.${this.#layout.codeColumn}`,
        { retry: 'no' },
      );
    }
    const { affected } = await this.#putBack({ vn, pttype, holds: claimCode, previous, stamp });
    return affected > 0;
  }

  async #look({ vn, claimCode }: WriteBackRequest, stamp: string | null): Promise<Found> {
    const { rows } = await this.#db.run(this.#current({ vn }));
    const [row] = rows;
    if (row === undefined) return { outcome: { kind: 'no-visit' } };
    const pttype = rawText(row.pttype);
    if (pttype === null) return { outcome: { kind: 'no-row' } };
    const holds = rawText(row.code);
    const held = holds?.trim() ?? '';
    if (held === claimCode) {
      const isOurs = stamp !== null && rawText(row.stamp)?.startsWith(stamp) === true;
      const named = isOurs ? { row: this.#rowName(vn, pttype, stamp, rawText(row.stamp)) } : {};
      return { outcome: { kind: 'already', ...named } };
    }
    if (held !== '') return { outcome: { kind: 'occupied', holds: held } };
    if (rawText(row.locked)?.trim() === 'Y') return { outcome: { kind: 'locked' } };
    return { key: pttype, holds };
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

  #rowOf(vn: string, pttype: string): SqlText {
    const stamp = this.#db.dialect.asText(this.#layout.ref('r', TABLE, 'auth_datetime'));
    return sql`select ${this.#layout.ref('r', TABLE, this.#layout.codeColumn)} as code, ${stamp} as stamp
      from visit_pttype r where r.vn = ${vn} and r.pttype = ${pttype}`;
  }

  #putBack({ vn, pttype, holds, previous, stamp }: OldValue): Promise<{ affected: number }> {
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

interface OldValue {
  vn: string;
  pttype: string;
  /** Only while the column holds this. */
  holds: string;
  previous: string | null;
  stamp: string | null;
}
