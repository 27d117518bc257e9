/**
 * The one thing the bridge writes into a HospitalOS: a row of `t_nhso_authencode`, only while no code stands for the visit,
 * read back afterwards (rule 3, "never overwrite"). The INSERT carries its own guard, but of two programs that insert at
 * the same moment neither sees the other's row. So the bridge looks again: where another row stands, its own goes out
 * again (deleted as HospitalOS deletes, by date), never the other's. No lock is taken.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { UndoRequest, WriteBackOutcome, WriteBackRequest } from '../../../src/service/ports/his.ts';
import { textOf } from '../fields.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { type Prepared, prepared, type SqlText } from '../sql/dialect.ts';
import { isDuplicate, isTooLong } from '../sql/errors.ts';
import type { CodeWriter } from '../sql/tables.ts';
import { CODES, type HospitalOsLayout } from './layout.ts';
import { createdDate, newRow, type Signature } from './new-row.ts';
import { readMoment, shownAsText, stamp } from './times.ts';
import { hasAdmissionCode, hasNumber, isCodeOf, isUndeleted } from './visit-query.ts';

/** How often a write begins anew after it met another bridge's and both gave way. */
const TURNS = 5;
/** Up to so long it waits before that, ms: whoever waits longer finds the other's row. */
const WAIT_MS = 250;

/** A visit with the number, and one code that stands for it. */
interface Found {
  visitId: string;
  date: string;
  status: string | null;
  admissionCode: string | null;
  row: CodeRow | null;
}

interface CodeRow {
  id: string;
  code: string;
  isOurs: boolean;
}

export class HospitalOsWriter implements CodeWriter {
  readonly #db: SqlDatabase;
  readonly #layout: HospitalOsLayout;
  readonly #cancelledStatuses: readonly string[];
  readonly #signature: Signature;
  readonly #look: Prepared<{ vn: string }>;
  readonly #kept: Prepared<{ id: string }>;

  constructor(
    db: SqlDatabase,
    layout: HospitalOsLayout,
    options: Signature & { cancelledStatuses: readonly string[] },
  ) {
    this.#db = db;
    this.#layout = layout;
    this.#cancelledStatuses = options.cancelledStatuses;
    this.#signature = options;
    this.#look = prepared(db.dialect, (v) => this.#lookFor(v.vn));
    this.#kept = prepared(
      db.dialect,
      (v) => sql`select c.claim_code as code from t_nhso_authencode c where ${this.#is(v.id)}`,
    );
  }

  async write(request: WriteBackRequest): Promise<WriteBackOutcome> {
    let isSwallowed = false;
    for (let turn = 0; turn < TURNS; turn++) {
      if (turn > 0) await sleep(Math.random() * WAIT_MS);
      const before = await this.#standing(request);
      if ('outcome' in before) return before.outcome;
      const inserted = await this.#insert(request, before.visitId);
      isSwallowed = inserted.kind === 'guarded';
      if (inserted.kind === 'inserted') {
        const outcome = await this.#confirm(request, inserted.id);
        if (outcome !== null) return outcome;
      } else if (inserted.kind !== 'guarded') {
        // an index, or the column's length: what stands there now decides
        const now = await this.#standing(request);
        return 'outcome' in now ? now.outcome : { kind: 'not-kept', holds: null };
      }
    }
    // no row and nothing in its way, again and again: a trigger lets none in
    if (isSwallowed) return { kind: 'not-kept', holds: null };
    throw new BridgeError(
      'his-timeout',
      'another program writes the code of the same visit again and again',
      {
        retry: 'yes',
      },
    );
  }

  /** True when the row still stood and held the code, and is now deleted as HospitalOS deletes. */
  async undo({ claimCode, row }: UndoRequest): Promise<boolean> {
    if (row.id === undefined || row.table !== CODES) {
      throw new BridgeError('his-schema', `undo: expected the row of a code in ${CODES}`, { retry: 'no' });
    }
    return this.#delete(row.id, claimCode);
  }

  /** Of the row that was just written: what became of it. Null when it went out again and nothing stands any more. */
  async #confirm(request: WriteBackRequest, id: string): Promise<WriteBackOutcome | null> {
    const { rows } = await this.#db.run(this.#kept({ id }));
    const kept = textOf(rows[0]?.code);
    if (kept !== request.claimCode) {
      if (kept !== null) await this.#delete(id, kept);
      return { kind: 'not-kept', holds: kept };
    }
    const found = await this.#find(request);
    if (found.every(({ row, admissionCode }) => (row === null || row.id === id) && admissionCode === null)) {
      return { kind: 'written', row: this.#rowName(request.vn, id), previous: null };
    }
    await this.#delete(id, request.claimCode);
    const now = await this.#standing(request);
    return 'outcome' in now ? now.outcome : null;
  }

  /** The visit that the code is for, or the outcome that follows before anything is written. */
  async #standing(request: WriteBackRequest): Promise<{ outcome: WriteBackOutcome } | { visitId: string }> {
    const found = await this.#find(request);
    const ids = [...new Set(found.map((f) => f.visitId))];
    const [visitId] = ids;
    if (visitId === undefined) return { outcome: { kind: 'no-visit' } };
    const rows = found.flatMap((f) => f.row ?? []);
    const codes = found.flatMap((f) => [f.row?.code ?? [], f.admissionCode ?? []].flat());
    // also beside the very code: which of the two counts, a person must say
    const holds = codes.find((code) => code !== request.claimCode);
    if (holds !== undefined) return { outcome: { kind: 'occupied', holds } };
    if (codes.length > 0) {
      const ours = rows.find((row) => row.isOurs);
      const named = ours === undefined ? {} : { row: this.#rowName(request.vn, ours.id) };
      return { outcome: { kind: 'already', ...named } };
    }
    // two visits with the number: whose code it is, the table could not say
    return ids.length > 1 ? { outcome: { kind: 'no-row' } } : { visitId };
  }

  /** The newest visit of the number, as `to-visit.ts` chooses it; more than one when more than one stands. */
  async #find({ vn, issuedAt }: WriteBackRequest): Promise<Found[]> {
    const { rows } = await this.#db.run(this.#look({ vn }));
    const created = issuedAt === null ? null : createdDate(issuedAt);
    const { employeeId, authenFrom } = this.#signature;
    const found = rows.map((row): Found => {
      const code = textOf(row.code);
      const isOurs =
        created !== null &&
        textOf(row.created) === created &&
        textOf(row.mobile) === null &&
        textOf(row.correlation) === null &&
        textOf(row.employee) === (employeeId ?? null) &&
        textOf(row.origin) === (authenFrom ?? null);
      return {
        visitId: String(row.visit_id),
        date: readMoment(textOf(row.begun) ?? '')?.date ?? '',
        status: textOf(row.status),
        admissionCode: textOf(row.admission_code),
        row: code === null ? null : { id: String(row.id), code, isOurs },
      };
    });
    const newest = found
      .map((f) => f.date)
      .sort()
      .at(-1);
    const ofDay = found.filter((f) => f.date === newest);
    const standing = ofDay.filter((f) => f.status === null || !this.#cancelledStatuses.includes(f.status));
    return standing.length === 0 ? ofDay : standing;
  }

  #lookFor(vn: string): SqlText {
    const c = (column: string): SqlText => this.#layout.ref('c', CODES, column);
    const begun = this.#layout.ref('v', 't_visit', 'visit_begin_visit_time');
    const recorded = shownAsText(c('record_date_time'), this.#layout.kindOf(CODES, 'record_date_time'));
    return sql`select v.t_visit_id as visit_id, v.f_visit_status_id as status,
        ${shownAsText(begun, this.#layout.kindOf('t_visit', 'visit_begin_visit_time'))} as begun,
        case when ${hasAdmissionCode(this.#layout)}
          then ${this.#layout.ref('v', 't_visit', 'visit_ipd_authen_code')} end as admission_code,
        cast(${c(this.#key)} as text) as id, c.claim_code as code, ${c('created_date')} as created,
        ${c('mobile')} as mobile, cast(${c('correlation_id')} as text) as correlation,
        ${c('user_record_id')} as employee, ${c('authen_from')} as origin
      from t_visit v left join t_nhso_authencode c on ${isCodeOf(this.#layout, 'c')}
      where ${hasNumber(this.#layout, vn)}
      order by ${recorded}, cast(${c(this.#key)} as text)`;
  }

  async #insert(
    request: WriteBackRequest,
    visitId: string,
  ): Promise<{ kind: 'inserted'; id: string } | { kind: 'guarded' | 'duplicate' | 'too-long' }> {
    try {
      const { rows } = await this.#db.run(this.#insertOf(request, visitId));
      const [row] = rows;
      return row === undefined ? { kind: 'guarded' } : { kind: 'inserted', id: String(row.id) };
    } catch (error) {
      if (isTooLong(error)) return { kind: 'too-long' };
      if (isDuplicate(error)) return { kind: 'duplicate' };
      throw error;
    }
  }

  #insertOf(request: WriteBackRequest, visitId: string): SqlText {
    const { vn, claimType } = request;
    if (claimType === null && this.#layout.mustFill.includes('claim_type')) {
      throw new BridgeError(
        'his-schema',
        `${CODES}.claim_type must be filled, and the type of the code is not known`,
        {
          retry: 'no',
        },
      );
    }
    const { columns, values } = newRow(this.#layout, request, this.#signature);
    return sql`insert into t_nhso_authencode (${columns})
      select ${values}
      from t_visit v left join t_patient p on p.t_patient_id = v.t_patient_id
      where v.t_visit_id = ${visitId} and not ${hasAdmissionCode(this.#layout)} and not exists (
        select 1 from t_nhso_authencode h where (h.vn = ${vn} or h.vn = v.visit_vn)
          and ${isUndeleted(this.#layout, 'h')} and trim(h.claim_code) <> '')
      returning cast(${this.#layout.name(CODES, this.#key)} as text) as id`;
  }

  /** Deletes one row of ours as HospitalOS deletes: by date. Only while it stands and holds the code. */
  async #delete(id: string, claimCode: string): Promise<boolean> {
    const { employeeId } = this.#signature;
    const sets = [
      sql`delete_date_time = ${stamp(Date.now(), this.#layout.kindOf(CODES, 'delete_date_time'))}`,
    ];
    if (employeeId !== undefined && this.#layout.has(CODES, 'user_delete_id')) {
      sets.push(sql`user_delete_id = ${employeeId}`);
    }
    const { affected } = await this.#db.run(
      sql`update t_nhso_authencode as c set ${sql.join(sets)}
        where ${this.#is(id)} and c.claim_code = ${claimCode} and ${isUndeleted(this.#layout, 'c')}`,
    );
    return affected > 0;
  }

  get #key(): string {
    return this.#layout.key ?? 'id';
  }

  #is(id: string): SqlText {
    return sql`${this.#layout.ref('c', CODES, this.#key)} = ${id}`;
  }

  /** Everything that undo must know. */
  #rowName(vn: string, id: string): Record<string, string> {
    return { table: CODES, vn, id, column: 'claim_code' };
  }
}
