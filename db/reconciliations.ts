/** Runs of the night's reconciliation and their items. */

import type { CompiledQuery, Kysely } from 'kysely';
import { z } from 'zod';
import { BridgeError } from '../src/domain/bridge-error.ts';
import type { Outcome } from '../src/domain/reconcile.ts';
import type { Reconciliation, Reconciliations } from '../src/service/ports/reconciliations.ts';
import { chunks } from './chunks.ts';
import { checkLimit, fromMark, pageOf, sortsAfter, toMark } from './cursor.ts';
import { ask, change, changeOne, type Engine, type Script } from './engine.ts';
import { fromItemRow, fromRunRow, toItemRow, toRunRow } from './reconciliation-row.ts';
import type { Tables } from './tables.ts';

/** Rows of one insert; an item has 13 values. */
const ROWS = 200;
const LISTING = ['started_at', 'id'] as const;
const LISTING_KEY = [z.number(), z.string()] as const;
const ITEM_KEY = [z.string()] as const;

type Counts = Partial<Record<Outcome, number>>;

export function reconciliations(engine: Engine): Reconciliations {
  const { db } = engine;

  /** Of a run that has ended they stand in its row; one that goes on is counted. */
  async function told(rows: readonly Parameters<typeof fromRunRow>[0][]): Promise<Reconciliation[]> {
    const runs: Reconciliation[] = [];
    for (const row of rows) {
      runs.push(fromRunRow(row, row.counts ?? toCounts(await engine.read(counting(db, row.id)))));
    }
    return runs;
  }

  return {
    async begin(run) {
      const insert = db.insertInto('reconciliation').values(toRunRow(run)).compile();
      await engine.write(() => changeOne(insert));
    },

    async run(id) {
      const query = db.selectFrom('reconciliation').selectAll().where('id', '=', id);
      return (await told(await engine.read(query.compile())))[0] ?? null;
    },

    async list({ hcode, serviceDate }, page) {
      const limit = checkLimit(page.limit);
      const after = page.after === undefined ? null : fromMark(page.after, 'reconciliations', LISTING_KEY);
      const query = db
        .selectFrom('reconciliation')
        .selectAll()
        .$if(hcode !== undefined, (q) => q.where('hcode', '=', hcode ?? ''))
        .$if(serviceDate !== undefined, (q) => q.where('service_date', '=', serviceDate ?? ''))
        .$if(after !== null, (q) => q.where(sortsAfter(LISTING, after ?? [], 'desc')))
        .orderBy('started_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1);
      const { items, next } = pageOf(
        await engine.read(query.compile()),
        limit,
        (row) => row,
        (row) => toMark('reconciliations', [row.started_at, row.id]),
      );
      return { items: await told(items), next };
    },

    async unfinished(hcode, serviceDate, dryRun) {
      const query = db
        .selectFrom('reconciliation')
        .selectAll()
        .where('service_date', '=', serviceDate)
        .where('hcode', '=', hcode)
        .where('dry_run', '=', dryRun ? 1 : 0)
        .where('state', 'in', ['running', 'failed'])
        .orderBy('started_at', 'desc')
        .orderBy('id', 'desc')
        .limit(1);
      return (await told(await engine.read(query.compile())))[0] ?? null;
    },

    async putItems(id, items, calls) {
      const puts = chunks(items, ROWS).map((some) =>
        putting(
          db,
          some.map((item) => toItemRow(id, item)),
        ),
      );
      const count = db
        .updateTable('reconciliation')
        .set((eb) => ({ calls: eb('calls', '+', calls) }))
        .where('id', '=', id)
        .compile();
      await engine.write(() => changeRun(id, count, puts));
    },

    async reopen(id) {
      const set = { state: 'running', trouble: null, finished_at: null, his_count: null, counts: null };
      const again = db.updateTable('reconciliation').set(set).where('id', '=', id).compile();
      await engine.write(() => changeRun(id, again, []));
    },

    async removeItems(id, vns) {
      const removes = chunks(vns, ROWS).map((some) =>
        db.deleteFrom('reconciliation_item').where('run', '=', id).where('vn', 'in', some).compile(),
      );
      if (removes.length > 0) await engine.write(() => change(removes));
    },

    async thinOut({ id, hcode, serviceDate, startedAt }) {
      const older = db
        .selectFrom('reconciliation')
        .select('id')
        .where('service_date', '=', serviceDate)
        .where('hcode', '=', hcode)
        .where('started_at', '<=', startedAt)
        .where('id', '<>', id)
        .where('state', '=', 'finished')
        .where('started_by', '=', 'bridge');
      const remove = db
        .deleteFrom('reconciliation_item')
        .where('run', 'in', older)
        .where('outcome', 'in', ['had-one', 'not-required'])
        .where('written', 'is', null);
      await engine.write(() => changeOne(remove.compile()));
    },

    async items(id, page) {
      const limit = checkLimit(page.limit);
      const { outcome } = page;
      const after = page.after === undefined ? null : fromMark(page.after, 'items', ITEM_KEY);
      const query = db
        .selectFrom('reconciliation_item')
        .selectAll()
        .where('run', '=', id)
        .$if(outcome !== undefined, (q) => q.where('outcome', '=', outcome ?? ''))
        .$if(after !== null, (q) => q.where('vn', '>', after?.[0] ?? ''))
        .orderBy('vn')
        .limit(limit + 1);
      return pageOf(await engine.read(query.compile()), limit, fromItemRow, (row) =>
        toMark('items', [row.vn]),
      );
    },

    async close(id, { state, trouble, hisCount, finishedAt }) {
      const count = counting(db, id);
      await engine.write(function* () {
        const counts = JSON.stringify(toCounts(yield* ask([count])));
        const set = { state, trouble, his_count: hisCount, finished_at: finishedAt, counts };
        const end = db.updateTable('reconciliation').set(set).where('id', '=', id).compile();
        yield* changeRun(id, end, []);
      });
    },
  };
}

function* changeRun(id: string, run: CompiledQuery, items: readonly CompiledQuery[]): Script<void> {
  const [found] = yield* change([run, ...items]);
  if (found === 0) throw new BridgeError('not-found', `no reconciliation ${id}`, { retry: 'no' });
}

function counting(db: Kysely<Tables>, id: string) {
  return db
    .selectFrom('reconciliation_item')
    .select(['outcome', (eb) => eb.fn.countAll<number>().as('n')])
    .where('run', '=', id)
    .groupBy('outcome')
    .compile();
}

function toCounts(rows: readonly { outcome: string; n: number }[]): Counts {
  return Object.fromEntries(rows.map((r) => [r.outcome, r.n])) as Counts;
}

function putting(db: Kysely<Tables>, rows: ReturnType<typeof toItemRow>[]): CompiledQuery {
  const columns = Object.keys(rows[0] ?? {}) as (keyof ReturnType<typeof toItemRow>)[];
  return db
    .insertInto('reconciliation_item')
    .values(rows)
    .onConflict((key) =>
      key
        .columns(['run', 'vn'])
        .doUpdateSet((eb) => Object.fromEntries(columns.map((c) => [c, eb.ref(`excluded.${c}`)]))),
    )
    .compile();
}
