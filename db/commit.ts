/**
 * `commit`: the one way in which cases change. Everything that a change brings — the case, its history, the pairing of
 * reads, the next step for the outbox — is written in one transaction, together with all other changes of the call.
 */

import type { Kysely } from 'kysely';
import { BridgeError } from '../src/domain/bridge-error.ts';
import type { Case, HistoryEntry } from '../src/domain/case.ts';
import type { CaseChange } from '../src/service/ports/ledger.ts';
import { CASE_COLUMNS, toCaseRow } from './case-row.ts';
import { ask, change, type Script } from './engine.ts';
import { conflict } from './errors.ts';
import { patientMoves } from './patients.ts';
import { prepared } from './prepared.ts';
import type { CaseRow, Tables } from './tables.ts';

/** Rows of one insert. SQLite takes 32,766 values a statement, PostgreSQL 65,535; a case has 32. */
const ROWS = 200;

export type Commit = (changes: readonly CaseChange[]) => Script<void>;

export function makeCommit(db: Kysely<Tables>): Commit {
  const queries = commitQueries(db);
  const moved = patientMoves(db);

  /** New cases, in as few statements as possible. Throws `conflict` when one is there already. */
  function* insert(changes: readonly CaseChange[]): Script<void> {
    for (const some of chunks(changes)) {
      const rows = some.map((c) => toCaseRow(c.next));
      const [only] = rows;
      if (only !== undefined && rows.length === 1) yield* change(queries.insertCase(only));
      else yield* change(db.insertInto('visit_case').values(rows).compile());
    }
    const steps = changes.flatMap((c) => stepOf(c.next) ?? []);
    for (const some of chunks(steps)) yield* change(db.insertInto('outbox').values(some).compile());
  }

  /**
   * One case from `from` to `next`. The row as it was says whether the change sets a new step (another `step_seq`), and
   * whether the visit's facts changed; when they did not, the indexes over them are left alone. Should another process
   * change the row in between, the update finds no row of version `from`, and nothing of this transaction stays.
   */
  function* update(next: Case, from: number): Script<void> {
    const row = toCaseRow(next);
    const [old] = (yield* ask(queries.before(row))).rows;
    if (old === undefined || old.version !== from)
      throw conflict(`case ${next.hcode}/${next.vn} has changed`);
    const sameFacts =
      old.visit === row.visit &&
      old.hn === row.hn &&
      old.pid === row.pid &&
      old.service_date === row.service_date;
    const statement = sameFacts ? queries.updateProgress : queries.updateAll;
    if ((yield* change(statement({ ...row, from }))) === 0) {
      throw conflict(`case ${next.hcode}/${next.vn} has changed`);
    }
    if (old.hn !== null && old.hn !== row.hn) {
      yield* change(moved({ hcode: next.hcode, hn: old.hn, versions: from + 1, at: next.updatedAt }));
    }
    const step = stepOf(next);
    if (step !== null && old.step_seq !== next.stepSeq) yield* change(queries.insertStep(step));
  }

  function* history(changes: readonly CaseChange[]): Script<void> {
    const rows = changes.flatMap((c) => c.history.map((h) => historyRow(c.next, h)));
    for (const some of chunks(rows)) {
      const [only] = some;
      if (only !== undefined && some.length === 1) yield* change(queries.insertHistory(only));
      else yield* change(db.insertInto('history').values(some).compile());
    }
  }

  /** Releases go first, so that a read can go from one visit to another within one commit. */
  function* reads(changes: readonly CaseChange[]): Script<void> {
    const wanted = changes.flatMap((c) => (c.reads ?? []).map((r) => ({ ...r, of: c.next })));
    const inOrder = [
      ...wanted.filter((r) => r.pairedVn === null),
      ...wanted.filter((r) => r.pairedVn !== null),
    ];
    for (const { id, pairedVn, of } of inOrder) {
      const done = yield* change(queries.pair({ id, pairedVn, hcode: of.hcode, vn: of.vn }));
      if (done === 0) throw conflict(`card read ${id} serves another visit, or is not there`);
    }
  }

  return function* commit(changes) {
    for (const run of runs(changes)) {
      if (run.from === null) yield* insert(run.changes);
      else for (const c of run.changes) yield* update(c.next, c.from ?? 0);
    }
    yield* history(changes);
    yield* reads(changes);
  };
}

/** Throws BridgeError `bad-input`: versions grow by one, from 1. */
export function checkVersions(changes: readonly CaseChange[]): void {
  const wrong = changes.find((c) => c.next.version !== (c.from ?? 0) + 1);
  if (wrong === undefined) return;
  throw new BridgeError(
    'bad-input',
    `case ${wrong.next.hcode}/${wrong.next.vn}: expected version ${(wrong.from ?? 0) + 1}, got ${wrong.next.version}`,
    { retry: 'no' },
  );
}

function commitQueries(db: Kysely<Tables>) {
  const address = ['hcode', 'vn', 'created_at'] as const;
  const facts = ['hn', 'pid', 'service_date', 'visit'] as const;
  type Update = CaseRow & { from: number };

  const updateWithout = (columns: readonly (keyof CaseRow)[]) =>
    prepared((v: Update) =>
      db
        .updateTable('visit_case')
        .set(Object.fromEntries(CASE_COLUMNS.filter((c) => !columns.includes(c)).map((c) => [c, v[c]])))
        .where('hcode', '=', v.hcode)
        .where('vn', '=', v.vn)
        .where('version', '=', v.from),
    );

  return {
    before: prepared((v: { hcode: string; vn: string }) =>
      db
        .selectFrom('visit_case')
        .select(['version', 'step_seq', 'hn', 'pid', 'service_date', 'visit'])
        .where('hcode', '=', v.hcode)
        .where('vn', '=', v.vn),
    ),
    insertCase: prepared((v: CaseRow) =>
      db
        .insertInto('visit_case')
        .values(Object.fromEntries(CASE_COLUMNS.map((c) => [c, v[c]])) as unknown as CaseRow),
    ),
    updateAll: updateWithout(address),
    updateProgress: updateWithout([...address, ...facts]),
    insertHistory: prepared((v: ReturnType<typeof historyRow>) =>
      db.insertInto('history').values({
        hcode: v.hcode,
        vn: v.vn,
        version: v.version,
        at: v.at,
        actor: v.actor,
        event: v.event,
        from_state: v.from_state,
        to_state: v.to_state,
        reason: v.reason,
        detail: v.detail,
      }),
    ),
    insertStep: prepared((v: NonNullable<ReturnType<typeof stepOf>>) =>
      db.insertInto('outbox').values({
        hcode: v.hcode,
        vn: v.vn,
        step: v.step,
        step_seq: v.step_seq,
        service_date: v.service_date,
        due_at: v.due_at,
      }),
    ),
    // a read is free, or already as wanted, or this very case's to give away
    pair: prepared((v: { id: string; pairedVn: string | null; hcode: string; vn: string }) =>
      db
        .updateTable('card_read')
        .set({ paired_vn: v.pairedVn })
        .where('id', '=', v.id)
        .where('hcode', '=', v.hcode)
        .where((eb) =>
          eb.or([eb('paired_vn', 'is', null), eb('paired_vn', '=', v.vn), eb('paired_vn', '=', v.pairedVn)]),
        ),
    ),
  };
}

function historyRow(of: Case, entry: HistoryEntry) {
  return {
    hcode: of.hcode,
    vn: of.vn,
    version: of.version,
    at: entry.at,
    actor: entry.actor,
    event: entry.event,
    from_state: entry.fromState,
    to_state: entry.toState,
    reason: entry.reason,
    detail: JSON.stringify(entry.detail),
  };
}

/** The outbox row of a case's next step; a step without a time is due at once. */
function stepOf(c: Case) {
  if (c.nextStep === null) return null;
  return {
    hcode: c.hcode,
    vn: c.vn,
    step: c.nextStep as string,
    step_seq: c.stepSeq,
    service_date: c.serviceDate as string,
    due_at: c.dueAt ?? c.updatedAt,
  };
}

/** Neighbours that are all new, or all not: the caller's order decides which case lets go of a code before another takes it. */
function runs(changes: readonly CaseChange[]): { from: number | null; changes: CaseChange[] }[] {
  const found: { from: number | null; changes: CaseChange[] }[] = [];
  for (const c of changes) {
    const last = found.at(-1);
    if (last !== undefined && (last.from === null) === (c.from === null)) last.changes.push(c);
    else found.push({ from: c.from, changes: [c] });
  }
  return found;
}

function* chunks<T>(all: readonly T[]): Generator<T[]> {
  for (let i = 0; i < all.length; i += ROWS) yield all.slice(i, i + ROWS);
}
