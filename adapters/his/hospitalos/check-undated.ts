/** Visits whose time is none, and whose day of recording is none either: no day finds them, so no case is made. */

import { sql } from 'kysely';
import { serviceDateOf } from '../../../src/domain/bangkok.ts';
import type { Finding } from '../../../src/service/ports/finding.ts';
import type { SqlDatabase } from '../sql/database.ts';
import type { HospitalOsLayout } from './layout.ts';
import { isAstray, readMoment, shownAsText } from './times.ts';

/** More of them need not be looked at to say that there are many. */
const ENOUGH = 1000;

export async function checkUndated(db: SqlDatabase, layout: HospitalOsLayout): Promise<Finding[]> {
  if (!layout.has('t_visit', 'visit_begin_visit_time')) return [];
  const check = 'his-times';
  const begun = layout.ref('v', 't_visit', 'visit_begin_visit_time');
  const kind = layout.kindOf('t_visit', 'visit_begin_visit_time');
  const recorded = layout.ref('v', 't_visit', 'visit_record_date_time');
  const recordedKind = layout.kindOf('t_visit', 'visit_record_date_time');
  const { rows } = await db.run(
    sql`select ${shownAsText(recorded, recordedKind)} as recorded from t_visit v
      where ${isAstray(begun, kind, serviceDateOf(Date.now()))} limit ${ENOUGH}`,
  );
  const lost = rows.filter((row) => readMoment(String(row.recorded ?? '').trim()) === null).length;
  if (lost === 0) {
    return [{ check, level: 'ok', message: 'every visit can be found by its time' }];
  }
  return [
    {
      check,
      level: 'warn',
      message: `${lost}${rows.length === ENOUGH ? ' or more' : ''} visits have neither a readable visit_begin_visit_time nor visit_record_date_time: no case is made of them`,
      fix: 'Look at them in HospitalOS; those of years ago do no harm.',
    },
  ];
}
