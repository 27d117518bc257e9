/** The reads behind FHIR: cases and patients by any mix of conditions, in pages. */

import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import { z } from 'zod';
import type { LedgerSearch, SearchQuery, SearchSort } from '../src/service/ports/ledger.ts';
import { fromCaseRow } from './case-row.ts';
import { checkLimit, fromMark, pageOf, sortsAfter, toMark } from './cursor.ts';
import type { Engine } from './engine.ts';
import { patientRows } from './patients.ts';
import type { Tables } from './tables.ts';

const BY_DATE = ['service_date', 'created_at', 'hcode', 'vn'] as const;
const BY_UPDATE = ['updated_at', 'hcode', 'vn'] as const;

/** A case that changes while somebody pages by time of change moves to where its new time puts it. */
const SORTS = {
  date: { columns: BY_DATE, direction: 'asc', key: [z.string(), z.number(), z.string(), z.string()] },
  '-date': { columns: BY_DATE, direction: 'desc', key: [z.string(), z.number(), z.string(), z.string()] },
  updated: { columns: BY_UPDATE, direction: 'asc', key: [z.number(), z.string(), z.string()] },
  '-updated': { columns: BY_UPDATE, direction: 'desc', key: [z.number(), z.string(), z.string()] },
} as const satisfies Record<SearchSort, unknown>;

export function ledgerSearch(engine: Engine): LedgerSearch {
  const { db } = engine;
  return {
    async cases(query, page) {
      const limit = checkLimit(page.limit);
      const sort = page.sort ?? '-date';
      const { columns, direction, key } = SORTS[sort];
      const after = page.after === undefined ? null : fromMark<readonly z.ZodType[]>(page.after, sort, key);
      let select = db
        .selectFrom('visit_case')
        .selectAll()
        .where((eb) => eb.and(conditions(eb, query)))
        .$if(after !== null, (q) =>
          q.where(sortsAfter(columns, (after ?? []) as (string | number)[], direction)),
        );
      for (const column of columns) select = select.orderBy(column, direction);
      const rows = await engine.read(select.limit(limit + 1).compile());
      return pageOf(rows, limit, fromCaseRow, (row) =>
        toMark(
          sort,
          columns.map((c) => row[c]),
        ),
      );
    },

    async countCases(query) {
      const count = db
        .selectFrom('visit_case')
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .where((eb) => eb.and(conditions(eb, query)));
      return (await engine.read(count.compile()))[0]?.n ?? 0;
    },

    async patients(query, page) {
      const limit = checkLimit(page.limit);
      const after =
        page.after === undefined ? null : fromMark(page.after, 'patients', [z.string(), z.string()]);
      const keys = db
        .selectFrom('visit_case')
        .select(['hn', 'hcode'])
        .distinct()
        .where('hn', 'is not', null)
        .where((eb) => eb.and(conditions(eb, query)))
        .$if(after !== null, (q) => q.where(sortsAfter(['hn', 'hcode'], after ?? [], 'asc')))
        .orderBy('hn')
        .orderBy('hcode')
        .limit(limit + 1);
      const rows = (await engine.read(keys.compile())).map((r) => ({ hcode: r.hcode, hn: r.hn ?? '' }));
      const { items, next } = pageOf(
        rows,
        limit,
        (row) => row,
        (row) => toMark('patients', [row.hn, row.hcode]),
      );
      return { items: await patientRows(engine, items), next };
    },

    async countPatients(query) {
      const count = db
        .selectFrom((q) =>
          q
            .selectFrom('visit_case')
            .select(['hn', 'hcode'])
            .distinct()
            .where('hn', 'is not', null)
            .where((eb) => eb.and(conditions(eb, query)))
            .as('patient'),
        )
        .select((eb) => eb.fn.countAll<number>().as('n'));
      return (await engine.read(count.compile()))[0]?.n ?? 0;
    },

    async patient(hcode, hn) {
      return (await patientRows(engine, [{ hcode, hn }]))[0] ?? null;
    },
  };
}

type CaseBuilder = ExpressionBuilder<Tables, 'visit_case'>;

/** All must hold; an empty list holds for no case. */
function conditions(eb: CaseBuilder, query: SearchQuery): Expression<SqlBool>[] {
  const all: Expression<SqlBool>[] = [];
  const oneOf = (column: 'pid' | 'claim_code' | 'state', values: readonly string[] | undefined) => {
    if (values === undefined) return;
    all.push(values.length === 0 ? eb.lit(false) : eb(column, 'in', values));
  };
  const anyOf = <T>(list: readonly T[] | undefined, test: (item: T) => Expression<SqlBool>) => {
    if (list !== undefined) all.push(list.length === 0 ? eb.lit(false) : eb.or(list.map(test)));
  };

  if (query.hcode !== undefined) all.push(eb('hcode', '=', query.hcode));
  anyOf(query.keys, (k) => eb.and({ hcode: k.hcode, vn: k.vn }));
  anyOf(query.patients, (p) => eb.and({ hn: p.hn, hcode: p.hcode }));
  anyOf(query.vns, (v) => (v.hcode === null ? eb('vn', '=', v.vn) : eb.and({ hcode: v.hcode, vn: v.vn })));
  anyOf(query.hns, (h) => (h.hcode === null ? eb('hn', '=', h.hn) : eb.and({ hn: h.hn, hcode: h.hcode })));
  oneOf('pid', query.pids);
  oneOf('claim_code', query.claimCodes);
  oneOf('state', query.states);
  if (query.codeMissing !== undefined) {
    all.push(eb('claim_code', query.codeMissing ? 'is' : 'is not', null));
  }
  for (const range of query.dates ?? []) {
    if (range.from !== undefined) all.push(eb('service_date', '>=', range.from));
    if (range.to !== undefined) all.push(eb('service_date', '<', range.to));
  }
  for (const range of query.updated ?? []) {
    if (range.from !== undefined) all.push(eb('updated_at', '>=', range.from));
    if (range.to !== undefined) all.push(eb('updated_at', '<', range.to));
  }
  if (query.withRight !== undefined) all.push(yesOrNo(eb, hasRight(eb), query.withRight));
  if (query.withAnswer !== undefined) all.push(yesOrNo(eb, hasAnswer(eb), query.withAnswer));
  return all;
}

function yesOrNo(eb: CaseBuilder, test: Expression<SqlBool>, wanted: boolean): Expression<SqlBool> {
  return wanted ? test : eb.not(test);
}

function hasRight(eb: CaseBuilder): Expression<SqlBool> {
  return eb.exists(
    eb
      .selectFrom('card_read')
      .select('card_read.id')
      .whereRef('card_read.id', '=', 'visit_case.read_id')
      .where('card_read.nhso_right', 'is not', null),
  );
}

/** `coalesce`, so that "no code at all" is a no and not a null, which `not` would leave a null. */
function hasAnswer(eb: CaseBuilder): Expression<SqlBool> {
  return eb.or([
    eb(eb.fn.coalesce('read_kind', eb.val('')), '=', 'full'),
    eb(eb.fn.coalesce('code_source', eb.val('')), 'in', ['confirm', 'lookup']),
  ]);
}
