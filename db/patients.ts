/**
 * Patients are not kept: one is the newest of the cases that bear an hn. What must be kept is a little arithmetic. A
 * patient's version is the sum of the versions of its cases, which grows with every change of any of them — but would
 * shrink when a case goes over to another hn (the HIS merged two records). `patient_moved` therefore keeps, for the hn
 * that was left, the version that went away and one more.
 */

import { type Kysely, sql } from 'kysely';
import type { PatientRow } from '../src/service/ports/ledger.ts';
import { fromCaseRow } from './case-row.ts';
import type { Engine } from './engine.ts';
import { prepared } from './prepared.ts';
import type { CaseRow, Tables } from './tables.ts';

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
  if (keys.length === 0) return [];
  const { db } = engine;
  const newest = await engine.read(
    db
      .with('ranked', (q) =>
        q
          .selectFrom('visit_case')
          .selectAll()
          .select(
            sql<number>`row_number() over (partition by hn, hcode order by service_date desc, created_at desc, vn desc)`.as(
              'place',
            ),
          )
          .select(sql<number>`sum(version) over (partition by hn, hcode)`.as('versions'))
          .select(sql<number>`max(updated_at) over (partition by hn, hcode)`.as('changed_at'))
          .where((eb) => eb.or(keys.map((k) => eb.and({ hn: k.hn, hcode: k.hcode })))),
      )
      .selectFrom('ranked')
      .leftJoin('patient_moved', (join) =>
        join.onRef('patient_moved.hn', '=', 'ranked.hn').onRef('patient_moved.hcode', '=', 'ranked.hcode'),
      )
      .selectAll('ranked')
      .select(['patient_moved.versions as moved_versions', 'patient_moved.moved_at'])
      .where('place', '=', 1)
      .compile(),
  );
  const byKey = new Map(newest.map((row) => [`${row.hcode}/${row.hn}`, toPatient(row)]));
  return keys.flatMap((k) => byKey.get(`${k.hcode}/${k.hn}`) ?? []);
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
