/** What stands in a row of `t_nhso_authencode` that the bridge writes. What it does not know stays empty (rule 4). */

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { bangkokIso, type Instant } from '../../../src/domain/bangkok.ts';
import type { WriteBackRequest } from '../../../src/service/ports/his.ts';
import type { HospitalOsOptions } from '../options.ts';
import type { SqlText } from '../sql/dialect.ts';
import { CODES, type HospitalOsLayout } from './layout.ts';
import { stamp } from './times.ts';

/** What the configuration says about the rows that the bridge writes. */
export type Signature = Pick<HospitalOsOptions, 'employeeId' | 'authenFrom'>;

/** Names of columns as the database spells them, and their values: of the visit `v`, its patient `p`, and of the code. */
export function newRow(
  layout: HospitalOsLayout,
  { vn, claimCode, claimType, issuedAt }: WriteBackRequest,
  { employeeId, authenFrom }: Signature,
): { columns: SqlText; values: SqlText } {
  const all: Record<string, SqlText> = {
    vn: sql`${vn}`,
    hn: layout.ref('v', 't_visit', 'visit_hn'),
    pid: layout.ref('p', 't_patient', 'patient_pid'),
    claim_type: sql`${claimType}`,
    claim_code: sql`${claimCode}`,
    created_date: sql`${issuedAt === null ? null : createdDate(issuedAt)}`,
    record_date_time: stamp(Date.now(), layout.kindOf(CODES, 'record_date_time')),
    user_record_id: sql`${employeeId ?? null}`,
    authen_from: sql`${authenFrom ?? null}`,
    ...(layout.key === null ? {} : { [layout.key]: sql`${randomUUID()}` }),
  };
  const filled = filledColumns(layout, { employeeId, authenFrom });
  return {
    columns: sql.join(filled.map((column) => layout.name(CODES, column))),
    values: sql.join(filled.map((column) => all[column] ?? sql`null`)),
  };
}

/** The columns that a new row gets, in lower case, as far as the table has them. */
export function filledColumns(layout: HospitalOsLayout, { employeeId, authenFrom }: Signature): string[] {
  const columns = ['vn', 'hn', 'pid', 'claim_type', 'claim_code', 'created_date', 'record_date_time'];
  if (employeeId !== undefined) columns.push('user_record_id');
  if (authenFrom !== undefined) columns.push('authen_from');
  if (layout.key !== null && !layout.makesKeys) columns.push(layout.key);
  return columns.filter((column) => layout.has(CODES, column));
}

/** As NHSO gives it (`2026-11-28T08:15:00`), which is how the column is met. */
export function createdDate(at: Instant): string {
  return bangkokIso(at).slice(0, 19);
}
