/** The reads behind FHIR: cases and patients by any mix of conditions, in pages. */

import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import { z } from 'zod';
import type { LedgerSearch, SearchQuery, SearchSort } from '../src/service/ports/ledger.ts';
import { fromCaseRow } from './case-row.ts';
import { checkLimit, fromMark, pageOf, sortsAfter, toMark } from './cursor.ts';
import type { Engine } from './engine.ts';
import { patientRows } from './patients.ts';
import type { Tables } from './tables.ts';

const BY_DATE = ['service_date', 'created_at', 'vn', 'hcode'] as const;
const BY_UPDATE = ['updated_at', 'vn', 'hcode'] as const;

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
  return [...byNumber(eb, query), ...byWord(eb, query), ...byTime(eb, query), ...byRead(eb, query)].concat(
    (query.allOf ?? []).map((group) => eb.or(group.map((one) => eb.and(conditions(eb, one))))),
    (query.noneOf ?? []).map((one) => isNot(eb, eb.and(conditions(eb, one)))),
  );
}

function* byNumber(eb: CaseBuilder, query: SearchQuery): Generator<Expression<SqlBool>> {
  if (query.hcode !== undefined) yield eb('hcode', '=', query.hcode);
  if (query.keys !== undefined) yield numbered(eb, 'vn', query.keys, (k) => k.vn);
  if (query.patients !== undefined) yield numbered(eb, 'hn', query.patients, (p) => p.hn);
  if (query.vns !== undefined) yield numbered(eb, 'vn', query.vns, (v) => v.vn);
  if (query.hns !== undefined) yield numbered(eb, 'hn', query.hns, (h) => h.hn);
}

function* byWord(eb: CaseBuilder, query: SearchQuery): Generator<Expression<SqlBool>> {
  const lists = {
    pid: query.pids,
    claim_code: query.claimCodes,
    state: query.states,
    reason: query.reasons,
    visit_kind: query.kinds,
    correlation_id: query.correlationIds,
  };
  for (const [column, words] of Object.entries(lists)) {
    if (words !== undefined) yield isOneOf(eb, column as keyof typeof lists, words);
  }
  const missing = {
    pid: query.pidMissing,
    hn: query.hnMissing,
    claim_code: query.codeMissing,
    correlation_id: query.correlationMissing,
    read_id: query.readMissing,
  };
  for (const [column, isMissing] of Object.entries(missing)) {
    if (isMissing !== undefined) {
      yield eb(column as keyof typeof missing, isMissing ? 'is' : 'is not', null);
    }
  }
}

function* byTime(eb: CaseBuilder, query: SearchQuery): Generator<Expression<SqlBool>> {
  const ranges = { service_date: query.dates, started_at: query.started, updated_at: query.updated };
  for (const [name, list] of Object.entries(ranges)) {
    const column = name as keyof typeof ranges;
    for (const { from, to } of list ?? []) {
      if (from !== undefined) yield eb(column, '>=', from);
      if (to !== undefined) yield eb(column, '<', to);
    }
  }
}

function* byRead(eb: CaseBuilder, query: SearchQuery): Generator<Expression<SqlBool>> {
  const { mainInscls, withRight, withAnswer } = query;
  const told = eb
    .selectFrom('card_read')
    .select('card_read.id')
    .whereRef('card_read.id', '=', 'visit_case.read_id')
    .where('card_read.nhso_right', 'is not', null);
  const found = eb
    .selectFrom('found_right')
    .select('found_right.pid')
    .whereRef('found_right.pid', '=', 'visit_case.pid')
    .whereRef('found_right.service_date', '=', 'visit_case.service_date')
    .whereRef('found_right.hcode', '=', 'visit_case.hcode')
    .where('found_right.nhso_right', 'is not', null);
  if (mainInscls !== undefined) {
    yield mainInscls.length === 0
      ? eb.lit(false)
      : eb.or([
          eb.exists(told.where('card_read.main_inscl', 'in', mainInscls)),
          eb.and([
            takesFound(eb),
            eb.not(eb.exists(told)),
            eb.exists(found.where('found_right.main_inscl', 'in', mainInscls)),
          ]),
        ]);
  }
  if (withRight !== undefined) {
    const isKnown = eb.or([eb.exists(told), eb.and([takesFound(eb), eb.exists(found)])]);
    yield withRight ? isKnown : eb.not(isKnown);
  }
  if (withAnswer !== undefined) {
    const answered = eb.or([eb('read_kind', '=', 'full'), eb('code_source', 'in', ['confirm', 'lookup'])]);
    yield withAnswer ? answered : isNot(eb, answered);
  }
}

/** As `takesFoundRight` in the domain: what NHSO said at a card read goes first. */
function takesFound(eb: CaseBuilder): Expression<SqlBool> {
  return eb.and([
    eb('state', '<>', 'cancelled'),
    eb.or([eb('read_kind', 'is', null), eb('read_kind', '<>', 'full')]),
  ]);
}

function isOneOf(
  eb: CaseBuilder,
  column: 'pid' | 'claim_code' | 'state' | 'reason' | 'visit_kind' | 'correlation_id',
  words: readonly string[],
): Expression<SqlBool> {
  return words.length === 0 ? eb.lit(false) : eb(column, 'in', words);
}

/** `not` alone would leave a null a null, and a case without an answer to the question out of both halves. */
function isNot(eb: CaseBuilder, test: Expression<SqlBool>): Expression<SqlBool> {
  return eb.not(eb.fn.coalesce(test, eb.lit(false)));
}

/** Visit or hospital numbers, each of one site or (`hcode: null`) of any; one list a site, so that an index serves it. */
function numbered<T extends { hcode: string | null }>(
  eb: CaseBuilder,
  column: 'vn' | 'hn',
  list: readonly T[],
  numberOf: (item: T) => string,
): Expression<SqlBool> {
  const bySite = Map.groupBy(list, (item) => item.hcode);
  return eb.or(
    [...bySite].map(([hcode, items]) => {
      const isOne = eb(column, 'in', items.map(numberOf));
      return hcode === null ? isOne : eb.and([eb('hcode', '=', hcode), isOne]);
    }),
  );
}
