/**
 * Patients are not kept: one is the newest of the cases that bear an hn. What must be kept is a little arithmetic. A
 * patient's version is the sum of the versions of its cases, which grows with every change of any of them — but would
 * shrink when a case goes over to another hn (the HIS merged two records). `patient_moved` therefore keeps, for the hn
 * that was left, the version that went away and one more.
 */

import { type Kysely, sql } from 'kysely';
import type { PatientRow } from '../src/service/ports/ledger.ts';
import { fromCaseRow } from './case-row.ts';
import { chunks } from './chunks.ts';
import type { Engine } from './engine.ts';
import { prepared } from './prepared.ts';
import type { CaseRow, Tables } from './tables.ts';

/** Hospital numbers in one query. */
const KEYS = 200;

export interface PatientKey {
  hcode: string;
  hn: string;
}

/** Query that books a case out of its former patient. `versions`: what the former patient's sum loses, plus one. */
export function patientMoves(db: Kysely<Tables>) {
  return prepared((v: PatientKey & { versions: number; at: number }) =>
    db
      .insertInto('patient_moved')
      .values({ hn: v.hn, hcode: v.hcode, versions: v.versions, moved_at: v.at })
      .onConflict((conflict) =>
        conflict.columns(['hn', 'hcode']).doUpdateSet({
          versions: sql<number>`patient_moved.versions + excluded.versions`,
          moved_at: sql<number>`excluded.moved_at`,
        }),
      ),
  );
}

/** The patients of these keys, in the order of the keys; a key without a case is left out. */
export async function patientRows(engine: Engine, keys: readonly PatientKey[]): Promise<PatientRow[]> {
  const found = new Map<string, PatientRow>();
  for (const [hcode, ofSite] of Map.groupBy(keys, (k) => k.hcode)) {
    for (const some of chunks(ofSite, KEYS)) {
      const hns = some.map((k) => k.hn);
      for (const row of await engine.read(newestOf(engine.db, hcode, hns))) {
        found.set(`${hcode}/${row.hn}`, toPatient(row));
      }
    }
  }
  return keys.flatMap((k) => found.get(`${k.hcode}/${k.hn}`) ?? []);
}

/** The newest case of each hn, with what the versions and times of all its cases come to. */
function newestOf(db: Kysely<Tables>, hcode: string, hns: readonly string[]) {
  return db
    .with('ranked', (q) =>
      q
        .selectFrom('visit_case')
        .selectAll()
        .select(
          sql<number>`row_number() over (partition by hn order by service_date desc, started_at desc, vn desc)`.as(
            'place',
          ),
        )
        .select(sql<number>`sum(version) over (partition by hn)`.as('versions'))
        .select(sql<number>`max(updated_at) over (partition by hn)`.as('changed_at'))
        .where('hcode', '=', hcode)
        .where('hn', 'in', hns),
    )
    .selectFrom('ranked')
    .leftJoin('patient_moved', (join) =>
      join.onRef('patient_moved.hn', '=', 'ranked.hn').onRef('patient_moved.hcode', '=', 'ranked.hcode'),
    )
    .selectAll('ranked')
    .select(['patient_moved.versions as moved_versions', 'patient_moved.moved_at'])
    .where('place', '=', 1)
    .compile();
}

type NewestRow = CaseRow & {
  versions: number | string;
  changed_at: number;
  moved_versions: number | null;
  moved_at: number | null;
};

function toPatient(row: NewestRow): PatientRow {
  return {
    hcode: row.hcode,
    hn: row.hn ?? '',
    pid: row.pid,
    newest: fromCaseRow(row),
    // PostgreSQL's sum of bigint is a numeric, which comes as text
    version: Number(row.versions) + (row.moved_versions ?? 0),
    updatedAt: Math.max(row.changed_at, row.moved_at ?? 0),
  };
}
