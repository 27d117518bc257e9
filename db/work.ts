/** What must be put on the queue: the outbox of new steps, and every case that has work, for the sweep. */

import type { CompiledQuery, Kysely } from 'kysely';
import { z } from 'zod';
import type { ServiceDate } from '../src/domain/bangkok.ts';
import type { CaseState, Step } from '../src/domain/case.ts';
import type { Ledger, OutboxEntry } from '../src/service/ports/ledger.ts';
import { chunks } from './chunks.ts';
import { checkLimit, fromMark, pageOf, sortsAfter, toMark } from './cursor.ts';
import { change, type Engine } from './engine.ts';
import { prepared } from './prepared.ts';
import type { Tables } from './tables.ts';

type Work = Pick<Ledger, 'casesWithWork' | 'outbox' | 'removeFromOutbox'>;

/** Ids in one delete. */
const IDS = 500;
const ORDER = ['service_date', 'vn', 'hcode'] as const;

export function work(engine: Engine): Work {
  const { db } = engine;
  const outbox = outboxQuery(db);
  const remove = deletions(db);
  return {
    async outbox(limit) {
      return (await engine.read(outbox({ limit: checkLimit(limit) }))).map(toEntry);
    },

    async removeFromOutbox(ids) {
      if (ids.length === 0) return;
      const deletes = chunks(ids, IDS).map((some) => remove(some));
      await engine.write(() => change(deletes));
    },

    async casesWithWork(options) {
      const { dueBy, dueAfter, updatedAfter, hcode } = options;
      const limit = checkLimit(options.limit);
      const after =
        options.after === undefined
          ? null
          : fromMark(options.after, 'work', [z.string(), z.string(), z.string()]);
      const query = db
        .selectFrom('visit_case')
        .select(['hcode', 'vn', 'next_step', 'step_seq', 'service_date', 'state', 'due_at', 'updated_at'])
        .where('next_step', 'is not', null)
        .where((eb) => eb.or([eb('due_at', 'is', null), eb('due_at', '<=', dueBy)]))
        .$if(dueAfter !== undefined, (q) =>
          q.where((eb) => eb.or([eb('due_at', 'is', null), eb('due_at', '>', dueAfter ?? 0)])),
        )
        .$if(updatedAfter !== undefined, (q) => q.where('updated_at', '>', updatedAfter ?? 0))
        .$if(hcode !== undefined, (q) => q.where('hcode', '=', hcode ?? ''))
        .$if(after !== null, (q) => q.where(sortsAfter(ORDER, after ?? [], 'asc')))
        .orderBy('service_date')
        .orderBy('vn')
        .orderBy('hcode')
        .limit(limit + 1);
      return pageOf(
        await engine.read(query.compile()),
        limit,
        (row) => toEntry({ ...row, id: 0, step: row.next_step ?? '', due_at: row.due_at ?? row.updated_at }),
        (row) =>
          toMark(
            'work',
            ORDER.map((c) => row[c]),
          ),
      );
    },
  };
}

function outboxQuery(db: Kysely<Tables>) {
  return prepared((v: { limit: number }) =>
    db
      .selectFrom('outbox')
      .innerJoin('visit_case', (on) =>
        on.onRef('visit_case.hcode', '=', 'outbox.hcode').onRef('visit_case.vn', '=', 'outbox.vn'),
      )
      .selectAll('outbox')
      .select('visit_case.state')
      .orderBy('outbox.id')
      .limit(v.limit),
  );
}

/** By id. A list is filled up with its last one to a power of two: there are few queries then, and each is made once. */
function deletions(db: Kysely<Tables>): (ids: readonly number[]) => CompiledQuery {
  const queries = new Map<number, (ids: Readonly<Record<string, number>>) => CompiledQuery>();
  return (ids) => {
    const length = 2 ** Math.ceil(Math.log2(ids.length));
    const names = Array.from({ length }, (_, i) => `id${i}`);
    const query =
      queries.get(length) ??
      prepared((v: Record<string, number>) =>
        db.deleteFrom('outbox').where(
          'id',
          'in',
          names.map((name) => v[name] ?? 0),
        ),
      );
    queries.set(length, query);
    return query(Object.fromEntries(names.map((name, i) => [name, ids[Math.min(i, ids.length - 1)] ?? 0])));
  };
}

function toEntry(row: {
  id: number;
  hcode: string;
  vn: string;
  step: string;
  step_seq: number;
  service_date: string;
  state: string;
  due_at: number;
}): OutboxEntry {
  return {
    id: row.id,
    hcode: row.hcode,
    vn: row.vn,
    step: row.step as Step,
    stepSeq: row.step_seq,
    serviceDate: row.service_date as ServiceDate,
    state: row.state as CaseState,
    dueAt: row.due_at,
  };
}
