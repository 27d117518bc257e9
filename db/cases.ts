/** Reading cases: single ones, a person's, lists, counts, holders of codes, history. */

import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely';
import { z } from 'zod';
import type { ServiceDate } from '../src/domain/bangkok.ts';
import { CASE_STATES, type Case, type CaseState, type StoredHistoryEntry } from '../src/domain/case.ts';
import type { CaseFilter, CaseKey, Ledger, Page } from '../src/service/ports/ledger.ts';
import { fromCaseRow } from './case-row.ts';
import { chunks } from './chunks.ts';
import { checkLimit, fromMark, pageOf, sortsAfter, toMark } from './cursor.ts';
import type { Engine } from './engine.ts';
import { fromJson } from './json.ts';
import { prepared } from './prepared.ts';
import type { Tables } from './tables.ts';

type CaseReading = Pick<
  Ledger,
  | 'case'
  | 'cases'
  | 'casesOfPerson'
  | 'listCases'
  | 'countCases'
  | 'countsByState'
  | 'caseKeysOn'
  | 'history'
  | 'holderOfCode'
  | 'askerOf'
>;

/** Visit numbers in one query. */
const KEYS = 200;
/** Newest first, by what never changes of a case but for a corrected service date. */
const LISTING = ['service_date', 'created_at', 'vn', 'hcode'] as const;

export function caseReading(engine: Engine): CaseReading {
  const { db } = engine;
  const queries = caseQueries(db);

  return {
    async case(key) {
      const [row] = await engine.read(queries.byKey(key));
      return row === undefined ? null : fromCaseRow(row);
    },

    async cases(keys) {
      const found: Case[] = [];
      for (const [hcode, ofSite] of Map.groupBy(keys, (k) => k.hcode)) {
        for (const vns of chunks([...new Set(ofSite.map((k) => k.vn))], KEYS)) {
          const query = db
            .selectFrom('visit_case')
            .selectAll()
            .where('hcode', '=', hcode)
            .where('vn', 'in', vns);
          found.push(...(await engine.read(query.compile())).map(fromCaseRow));
        }
      }
      return found;
    },

    async casesOfPerson(hcode, pid, serviceDate) {
      const rows = await engine.read(queries.ofPerson({ hcode, pid, serviceDate }));
      return rows.map(fromCaseRow).sort((a, b) => (a.vn < b.vn ? -1 : 1));
    },

    async listCases(filter, page): Promise<Page<Case>> {
      const limit = checkLimit(page.limit);
      const after = page.after === undefined ? null : fromMark(page.after, 'cases', LISTING_KEY);
      const query = db
        .selectFrom('visit_case')
        .selectAll()
        .where((eb) => eb.and(matching(eb, filter)))
        .$if(after !== null, (q) => q.where(sortsAfter(LISTING, after ?? [], 'desc')))
        .orderBy('service_date', 'desc')
        .orderBy('created_at', 'desc')
        .orderBy('vn', 'desc')
        .orderBy('hcode', 'desc')
        .limit(limit + 1);
      return pageOf(await engine.read(query.compile()), limit, fromCaseRow, (row) =>
        toMark(
          'cases',
          LISTING.map((c) => row[c]),
        ),
      );
    },

    async countCases(filter) {
      const query = db
        .selectFrom('visit_case')
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .where((eb) => eb.and(matching(eb, filter)));
      return (await engine.read(query.compile()))[0]?.n ?? 0;
    },

    async countsByState(hcode, serviceDate) {
      const rows = await engine.read(queries.counts({ hcode, serviceDate }));
      return Object.fromEntries(rows.map((r) => [r.state, r.n])) as Partial<Record<CaseState, number>>;
    },

    async caseKeysOn(hcode, serviceDate) {
      const rows = await engine.read(queries.keysOn({ hcode, serviceDate }));
      return rows.map((r) => ({
        vn: r.vn,
        version: r.version,
        state: r.state as CaseState,
        visitGone: r.visit_gone === 1,
      }));
    },

    async history(key) {
      const rows = await engine.read(queries.history(key));
      return rows.map(
        (r): StoredHistoryEntry => ({
          seq: r.seq,
          at: r.at,
          actor: r.actor,
          event: r.event,
          fromState: r.from_state as CaseState | null,
          toState: r.to_state as CaseState,
          reason: r.reason as StoredHistoryEntry['reason'],
          detail: fromJson(r.detail),
        }),
      );
    },

    async holderOfCode(claimCode) {
      return (await engine.read(queries.holder({ claimCode })))[0] ?? null;
    },

    async askerOf(hcode, pid, serviceDate, claimType) {
      return (await engine.read(queries.asker({ hcode, pid, serviceDate, claimType })))[0] ?? null;
    },
  };
}

const LISTING_KEY = [z.string(), z.number(), z.string(), z.string()] as const;

function matching(eb: ExpressionBuilder<Tables, 'visit_case'>, filter: CaseFilter): Expression<SqlBool>[] {
  const all: Expression<SqlBool>[] = [];
  if (filter.hcode !== undefined) all.push(eb('hcode', '=', filter.hcode));
  if (filter.serviceDate !== undefined) all.push(eb('service_date', '=', filter.serviceDate));
  if (filter.before !== undefined) all.push(eb('service_date', '<', filter.before));
  if (filter.states !== undefined) {
    all.push(filter.states.length === 0 ? eb.lit(false) : eb('state', 'in', filter.states));
  }
  if (filter.reason !== undefined) all.push(eb('reason', '=', filter.reason));
  return all;
}

function caseQueries(db: Kysely<Tables>) {
  const cases = () => db.selectFrom('visit_case');
  return {
    byKey: prepared((v: CaseKey) => cases().selectAll().where('hcode', '=', v.hcode).where('vn', '=', v.vn)),
    // sorted here and not there: with an order SQLite plans the query anew at each run, which costs ten times the query
    ofPerson: prepared((v: { hcode: string; pid: string; serviceDate: ServiceDate }) =>
      cases()
        .selectAll()
        .where('pid', '=', v.pid)
        .where('service_date', '=', v.serviceDate)
        .where('hcode', '=', v.hcode),
    ),
    // all states are named so that the index over (state, date, site) answers alone
    counts: prepared((v: { hcode: string; serviceDate: ServiceDate }) =>
      cases()
        .select((eb) => ['state', eb.fn.countAll<number>().as('n')])
        .where('state', 'in', CASE_STATES)
        .where('service_date', '=', v.serviceDate)
        .where('hcode', '=', v.hcode)
        .groupBy('state'),
    ),
    keysOn: prepared((v: { hcode: string; serviceDate: ServiceDate }) =>
      cases()
        .select(['vn', 'version', 'state', 'visit_gone'])
        .where('service_date', '=', v.serviceDate)
        .where('hcode', '=', v.hcode),
    ),
    history: prepared((v: CaseKey) =>
      db.selectFrom('history').selectAll().where('hcode', '=', v.hcode).where('vn', '=', v.vn).orderBy('seq'),
    ),
    // the conditions stand word for word as in the partial indexes, as literals: SQLite matches them by their text
    holder: prepared((v: { claimCode: string }) =>
      cases()
        .select(['hcode', 'vn'])
        .where('claim_code', '=', v.claimCode)
        .where('state', '<>', sql.lit('cancelled')),
    ),
    asker: prepared((v: { hcode: string; pid: string; serviceDate: ServiceDate; claimType: string }) =>
      cases()
        .select(['hcode', 'vn'])
        .where('hcode', '=', v.hcode)
        .where('pid', '=', v.pid)
        .where('service_date', '=', v.serviceDate)
        .where('claim_type', '=', v.claimType)
        .where('asked_at', 'is not', null),
    ),
  };
}
