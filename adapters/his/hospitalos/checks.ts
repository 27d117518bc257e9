/** `doctor` at a HospitalOS: one line a fact, in plain words, with the next step where something is missing. */

import { sql } from 'kysely';
import type { Finding } from '../../../src/service/ports/finding.ts';
import type { HospitalOsOptions } from '../options.ts';
import { checkClock } from '../sql/checks/clock.ts';
import { checkCharset, checkCodeLength, checkColumns } from '../sql/checks/form.ts';
import { checkHcode } from '../sql/checks/hcode.ts';
import { checkReached } from '../sql/checks/reach.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { Privileges } from '../sql/privileges.ts';
import { checkIndexes } from './check-indexes.ts';
import { checkRights } from './check-rights.ts';
import { checkUndated } from './check-undated.ts';
import { CODES, type HospitalOsLayout, seeLayout } from './layout.ts';

export type CheckOptions = Pick<HospitalOsOptions, 'hcode' | 'employeeId' | 'authenFrom'>;

export async function checkHospitalOs(db: SqlDatabase, options: CheckOptions): Promise<Finding[]> {
  return checkReached(db, 'HospitalOS', async () => {
    const layout = await seeLayout(db);
    return [
      ...(await checkRights(layout, await Privileges.of(db), options)),
      ...checkColumns(layout, 'HospitalOS'),
      ...checkCodeLength(layout, CODES, 'claim_code', 'HospitalOS'),
      checkCharset(layout, 't_patient', 'patient_firstname'),
      ...(await checkIndexes(db, layout)),
      ...(await checkUndated(db, layout)),
      ...(await checkHospital(db, layout, options.hcode)),
      ...(await checkClock(db, 'visit_begin_visit_time')),
    ];
  });
}

async function checkHospital(db: SqlDatabase, layout: HospitalOsLayout, hcode: string): Promise<Finding[]> {
  // a table that may not be read has its own line
  if (!layout.has('b_site', 'b_visit_office_id')) return [];
  const { rows } = await db.run(sql`select b_visit_office_id as hcode from b_site`);
  return [
    checkHcode(
      'b_site',
      rows.map((row) => row.hcode),
      hcode,
    ),
  ];
}
