/**
 * `commit`: the one way in which cases change. Everything that a change brings — the case, its history, the pairing of
 * reads, the next step for the outbox — is written in one transaction, together with all other changes of the call.
 */

import type { CompiledQuery, Kysely } from 'kysely';
import { BridgeError } from '../src/domain/bridge-error.ts';
import type { Case, HistoryEntry } from '../src/domain/case.ts';
import type { CaseChange } from '../src/service/ports/ledger.ts';
import { askMarks } from './ask-marks.ts';
import { CASE_COLUMNS, toCaseRow } from './case-row.ts';
import { chunks } from './chunks.ts';
import { ask, change, type Script } from './engine.ts';
import { alreadyAsked, conflict } from './errors.ts';
import { patientMoves } from './patients.ts';
import { prepared } from './prepared.ts';
import type { CaseRow, Tables } from './tables.ts';

/** Rows of one insert. SQLite takes 32,766 values a statement, PostgreSQL 65,535; a case has 38. */
const ROWS = 200;

export type Commit = (changes: readonly CaseChange[]) => Script<void>;

/** A query, how many rows it must change, and the error when they are fewer: somebody else was there first. */
interface Effect {
  query: CompiledQuery;
  rows: number;
  orElse?: () => BridgeError;
}

export function makeCommit(db: Kysely<Tables>): Commit {
  const queries = commitQueries(db);
  const moved = patientMoves(db);
  const marks = askMarks(db);

  /**
   * Another process may have made the case since `rowsBefore` looked. It is then passed over, and missed in the count:
   * were it left to the primary key, the engine might complain first of the code that both rows hold.
   */
  function insertCases(changes: readonly CaseChange[]): Effect[] {
    const steps = changes.flatMap((c) => stepRow(c.next) ?? []);
    const cases = insert(
      changes.map((c) => toCaseRow(c.next)),
      queries.insertCase,
      (rows) => insertNew(db, rows),
    );
    return [
      ...cases.map((effect) => ({
        ...effect,
        orElse: () => conflict('a case that was to be new is there already'),
      })),
      ...insert(steps, queries.insertStep, (rows) => db.insertInto('outbox').values(rows)),
    ];
  }

  /**
   * One case from `old` to `next`. The row as it was says whether the change sets a new step (another `step_seq`), and
   * which of the columns that have indexes changed; the others are left alone. Should another process change the row in
   * between, the update finds no row of that version, and nothing of this transaction stays.
   */
  function updateCase(next: Case, row: CaseRow, old: Before): Effect[] {
    const effects: Effect[] = [
      {
        query: queries.update(row, old),
        rows: 1,
        orElse: () => hasChanged(next),
      },
      ...asks(row, old),
    ];
    if (old.hn !== null && old.hn !== row.hn) {
      const versions = old.version + 1;
      effects.push({
        query: moved({ hcode: next.hcode, hn: old.hn, versions, at: next.updatedAt }),
        rows: 1,
      });
    }
    const step = stepRow(next);
    if (step !== null && old.step_seq !== next.stepSeq)
      effects.push({ query: queries.insertStep(step), rows: 1 });
    return effects;
  }

  /**
   * The case begins to ask: its mark stands in the row that a client of the agent API would have to take, and takes it from
   * nobody. The unique index over the cases decides among the cases; this decides between them and those clients.
   */
  function asks(row: CaseRow, old: Before): Effect[] {
    if (row.asked_at === null || row.pid === null || row.claim_type === null) return [];
    const isSame = (['asked_at', 'pid', 'service_date', 'claim_type'] as const).every(
      (c) => old[c] === row[c],
    );
    if (isSame) return [];
    const orElse = () =>
      alreadyAsked('a client of the agent API asks for the same person, day and claim type');
    return [{ query: marks.mark(row), rows: 1, orElse }];
  }

  function takes(changes: readonly CaseChange[]): Effect[] {
    return changes.flatMap(({ next, takes: taken }) =>
      taken === undefined
        ? []
        : [
            {
              query: marks.take({ ...taken, vn: next.vn, at: next.updatedAt }),
              rows: 1,
              orElse: () =>
                conflict('what a client of the agent API has asked for has changed since it was read'),
            },
          ],
    );
  }

  function history(changes: readonly CaseChange[]): Effect[] {
    return insert(
      changes.flatMap((c) => c.history.map((h) => historyRow(c.next, h))),
      queries.insertHistory,
      (rows) => db.insertInto('history').values(rows),
    );
  }

  /** Releases go first, so that a read can go from one visit to another within one commit. */
  function reads(changes: readonly CaseChange[]): Effect[] {
    const wanted = changes.flatMap((c) => (c.reads ?? []).map((r) => ({ ...r, of: c.next })));
    return [...wanted.filter((r) => r.pairedVn === null), ...wanted.filter((r) => r.pairedVn !== null)].map(
      ({ id, pairedVn, of }) => ({
        query: queries.pair({ id, pairedVn, hcode: of.hcode, vn: of.vn }),
        rows: 1,
        orElse: () => conflict(`card read ${id} serves another visit, or is not there`),
      }),
    );
  }

  /** Changes go in the caller's order: one case may let go of a code that the next one takes. */
  return function* commit(changes) {
    const known = yield* rowsBefore(changes);
    const effects = takes(changes);
    for (const { isNew, run } of runs(changes)) {
      if (isNew) effects.push(...insertCases(run));
      for (const { next, from } of run) {
        const old = known.get(keyOf(next));
        if ((old?.version ?? null) !== from) throw hasChanged(next);
        const row = toCaseRow(next);
        if (old !== undefined) effects.push(...updateCase(next, row, old));
        known.set(keyOf(next), row);
      }
    }
    effects.push(...history(changes), ...reads(changes));
    const done = yield* change(effects.map((e) => e.query));
    const missed = effects.find((e, i) => e.orElse !== undefined && (done[i] ?? 0) < e.rows);
    if (missed?.orElse !== undefined) throw missed.orElse();
  };

  /**
   * The rows as they are, also of cases that are to be new: a caller who has not seen the newest state is told so
   * (`conflict`) before anything else, because whatever else is wrong may follow from that.
   */
  function* rowsBefore(changes: readonly CaseChange[]): Script<Map<string, Before>> {
    const keys = new Map(changes.map((c) => [keyOf(c.next), c.next]));
    const rows = yield* ask([...keys.values()].map(({ hcode, vn }) => queries.before({ hcode, vn })));
    return new Map(rows.map((row) => [keyOf(row), row]));
  }
}

/** What the visit says; one of them seldom changes alone. */
const FACTS = ['hn', 'pid', 'service_date', 'visit', 'started_at', 'visit_kind'] as const;
/** Each has an index of its own, and each write of an index another page to bring to the disk. */
const INDEXED = ['correlation_id', 'claim_type', 'asked_at', 'claim_code'] as const;
/** The row as it was, as far as it decides what is written. */
const BEFORE = [
  ...(['hcode', 'vn', 'version', 'step_seq'] as const),
  ...(['hn', 'pid', 'service_date', 'visit'] as const),
  ...INDEXED,
] as const;

type Before = Pick<CaseRow, (typeof BEFORE)[number]>;

function keyOf(c: { hcode: string; vn: string }): string {
  return `${c.hcode}/${c.vn}`;
}

function hasChanged(c: Case): BridgeError {
  return conflict(`case ${keyOf(c)} has changed since it was read`);
}

/** One row by the prepared query, more in as few statements as possible. */
function insert<R>(
  rows: readonly R[],
  one: (row: R) => CompiledQuery,
  many: (rows: R[]) => { compile(): CompiledQuery },
): Effect[] {
  const [only] = rows;
  if (only !== undefined && rows.length === 1) return [{ query: one(only), rows: 1 }];
  return chunks(rows, ROWS).map((some) => ({ query: many(some).compile(), rows: some.length }));
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

function insertNew(db: Kysely<Tables>, rows: CaseRow[]) {
  return db
    .insertInto('visit_case')
    .values(rows)
    .onConflict((key) => key.columns(['hcode', 'vn']).doNothing());
}

function commitQueries(db: Kysely<Tables>) {
  const address = ['hcode', 'vn', 'created_at'] as const;
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
  const updates = new Map<string, ReturnType<typeof updateWithout>>();

  return {
    update(row: CaseRow, old: Before): CompiledQuery {
      const sameFacts =
        old.visit === row.visit &&
        old.hn === row.hn &&
        old.pid === row.pid &&
        old.service_date === row.service_date;
      const same = [...(sameFacts ? FACTS : []), ...INDEXED.filter((c) => old[c] === row[c])];
      const key = same.join();
      const update = updates.get(key) ?? updateWithout([...address, ...same]);
      updates.set(key, update);
      return update({ ...row, from: old.version });
    },
    before: prepared((v: { hcode: string; vn: string }) =>
      db.selectFrom('visit_case').select(BEFORE).where('hcode', '=', v.hcode).where('vn', '=', v.vn),
    ),
    insertCase: prepared((v: CaseRow) =>
      insertNew(db, [Object.fromEntries(CASE_COLUMNS.map((c) => [c, v[c]])) as unknown as CaseRow]),
    ),
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
    insertStep: prepared((v: NonNullable<ReturnType<typeof stepRow>>) =>
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

/**
 * The outbox row of a case's next step; null when it has none, or one that is due later: that one stays in the case
 * until `casesWithWork` finds it. A step without a time is due at once.
 */
function stepRow(c: Case) {
  const dueAt = c.dueAt ?? c.updatedAt;
  if (c.nextStep === null || dueAt > c.updatedAt) return null;
  return {
    hcode: c.hcode,
    vn: c.vn,
    step: c.nextStep as string,
    step_seq: c.stepSeq,
    service_date: c.serviceDate as string,
    due_at: dueAt,
  };
}

/** Neighbours that are all new, or all not. */
function runs(changes: readonly CaseChange[]): { isNew: boolean; run: CaseChange[] }[] {
  const found: { isNew: boolean; run: CaseChange[] }[] = [];
  for (const c of changes) {
    const last = found.at(-1);
    if (last?.isNew === (c.from === null)) last.run.push(c);
    else found.push({ isNew: c.from === null, run: [c] });
  }
  return found;
}
