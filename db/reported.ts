/** Codes out of NHSO's reports: put in once each, found again by person and day. */

import { type Kysely, sql } from 'kysely';
import type { Instant, ServiceDate } from '../src/domain/bangkok.ts';
import type { AddOutcome, ImportedCode, ReportedCodes } from '../src/service/ports/reported-codes.ts';
import { chunks } from './chunks.ts';
import { ask, change, type Engine, type Script } from './engine.ts';
import { prepared } from './prepared.ts';
import type { ReportedCodeRow, Tables } from './tables.ts';

/** Codes in one query. */
const KEYS = 500;

export function reportedCodes(engine: Engine): ReportedCodes {
  const { db } = engine;
  const put = putQuery(db);
  const ofPerson = ofPersonQuery(db);
  return {
    add(codes, importedAt) {
      if (codes.length === 0) return Promise.resolve([]);
      return engine.write(function* () {
        const { outcomes, rows } = compare(codes, yield* standing(db, codes), importedAt);
        yield* change(rows.map(put));
        return outcomes;
      });
    },

    async look(codes) {
      if (codes.length === 0) return [];
      const found: ReportedCodeRow[] = [];
      for (const query of standingQueries(db, codes)) found.push(...(await engine.read(query)));
      return compare(codes, found, 0).outcomes;
    },

    async codesOf(hcode, pid, serviceDate) {
      const rows = await engine.read(ofPerson({ hcode, pid, serviceDate }));
      return rows
        .sort((a, b) => a.issued_at - b.issued_at || (a.claim_code < b.claim_code ? -1 : 1))
        .map((row) => ({
          claimCode: row.claim_code,
          claimType: row.claim_type,
          hcode: row.hcode,
          issuedAt: row.issued_at,
          pid: row.pid,
          channel: row.channel,
        }));
    },

    async hasDay(hcode, serviceDate) {
      const any = db
        .selectFrom('reported_code')
        .select('claim_code')
        .where('service_date', '=', serviceDate)
        .where('hcode', '=', hcode)
        .limit(1);
      return (await engine.read(any.compile())).length > 0;
    },
  };
}

/** What each code brings, beside what stands; and the rows that are to be put for it. */
function compare(
  codes: readonly ImportedCode[],
  found: readonly ReportedCodeRow[],
  importedAt: Instant,
): { outcomes: AddOutcome[]; rows: ReportedCodeRow[] } {
  const standing = new Map(found.map((row) => [keyOf(row), row]));
  const put = new Map<string, ReportedCodeRow>();
  const outcomes = codes.map((code): AddOutcome => {
    const row = toRow(code, importedAt);
    const key = keyOf(row);
    const before = standing.get(key);
    const outcome = outcomeOf(row, before);
    if (outcome === 'known' || outcome === 'conflict') return outcome;
    // cancelled stays cancelled; and a report may tell of a code twice
    const next = {
      ...row,
      cancelled: Math.max(row.cancelled, before?.cancelled ?? 0),
      imported_at: before?.imported_at ?? importedAt,
    };
    standing.set(key, next);
    put.set(key, next);
    return outcome;
  });
  return { outcomes, rows: [...put.values()] };
}

function outcomeOf(row: ReportedCodeRow, before: ReportedCodeRow | undefined): AddOutcome {
  if (before === undefined) return 'added';
  if (before.pid !== row.pid || before.service_date !== row.service_date) return 'conflict';
  if (row.cancelled > before.cancelled) return 'withdrawn';
  const isSame =
    before.claim_type === row.claim_type &&
    before.issued_at === row.issued_at &&
    before.channel === row.channel;
  return isSame ? 'known' : 'changed';
}

function keyOf(row: Pick<ReportedCodeRow, 'claim_code' | 'hcode'>): string {
  return `${row.hcode}/${row.claim_code}`;
}

function* standing(db: Kysely<Tables>, codes: readonly ImportedCode[]): Script<ReportedCodeRow[]> {
  return yield* ask(standingQueries(db, codes));
}

function standingQueries(db: Kysely<Tables>, codes: readonly ImportedCode[]) {
  return chunks([...new Set(codes.map((code) => code.claimCode))], KEYS).map((some) =>
    db.selectFrom('reported_code').selectAll().where('claim_code', 'in', some).compile(),
  );
}

/**
 * Two imports may run at once, and each have found nothing: the second then adds to what the first has put, by the same
 * rules. Person and day are never changed.
 */
function putQuery(db: Kysely<Tables>) {
  return prepared((v: ReportedCodeRow) =>
    db
      .insertInto('reported_code')
      .values({
        hcode: v.hcode,
        claim_code: v.claim_code,
        pid: v.pid,
        service_date: v.service_date,
        claim_type: v.claim_type,
        issued_at: v.issued_at,
        channel: v.channel,
        cancelled: v.cancelled,
        imported_at: v.imported_at,
        changed_at: v.changed_at,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['claim_code', 'hcode'])
          .doUpdateSet((eb) => ({
            claim_type: eb.ref('excluded.claim_type'),
            issued_at: eb.ref('excluded.issued_at'),
            channel: eb.ref('excluded.channel'),
            cancelled: sql<number>`reported_code.cancelled | excluded.cancelled`,
            changed_at: eb.ref('excluded.changed_at'),
          }))
          .whereRef('reported_code.pid', '=', 'excluded.pid')
          .whereRef('reported_code.service_date', '=', 'excluded.service_date'),
      ),
  );
}

function ofPersonQuery(db: Kysely<Tables>) {
  return prepared((v: { hcode: string; pid: string; serviceDate: ServiceDate }) =>
    db
      .selectFrom('reported_code')
      .selectAll()
      .where('pid', '=', v.pid)
      .where('service_date', '=', v.serviceDate)
      .where('hcode', '=', v.hcode)
      .where('cancelled', '=', sql.lit(0)),
  );
}

function toRow(code: ImportedCode, importedAt: Instant): ReportedCodeRow {
  return {
    hcode: code.hcode,
    claim_code: code.claimCode,
    pid: code.pid,
    service_date: code.serviceDate,
    claim_type: code.claimType,
    issued_at: code.issuedAt,
    channel: code.channel,
    cancelled: code.isCancelled ? 1 : 0,
    imported_at: importedAt,
    changed_at: importedAt,
  };
}
