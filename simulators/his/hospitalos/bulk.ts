/** Years of visits in a minute, made inside the database: for benches and for tests that look at query plans. */

import type { BulkOptions } from '../hosxp/bulk.ts';
import type { SimDb } from '../sim-db.ts';

const CHUNK = 250_000;
const FIRST_PATIENT = 1_000_001;

/** Of a database whose moments are texts. */
export async function bulkLoad(db: SimDb, options: BulkOptions): Promise<void> {
  const { visits, perDay = 2000, lastDate, patients = 20_000, withCodes = true } = options;
  const step = Math.floor(36_000 / perDay);
  await db.query(
    `INSERT INTO t_patient (t_patient_id, patient_hn, patient_pid, f_patient_prefix_id, patient_firstname, patient_lastname,
        patient_birthday, f_sex_id, f_patient_nation_id, patient_patient_mobile_phone, patient_active)
      SELECT '274' || lpad(n::text, 9, '0'), lpad(n::text, 9, '0'), '', '003', 'ทดสอบ', 'สมมุติ', '2523-01-01', '1', '99',
        '060' || lpad(n::text, 7, '0'), '1' FROM generate_series(${FIRST_PATIENT}, ${FIRST_PATIENT - 1} + ?::int) n`,
    [patients],
  );
  for (let first = 0; first < visits; first += CHUNK) {
    const last = Math.min(first + CHUNK, visits) - 1;
    const series = `(SELECT n, ?::date - n / ?::int AS d, time '07:00:00' + make_interval(secs => (n % ?::int) * ?::int) AS t
      FROM generate_series(${first}, ${last}) n) s`;
    const days = [lastDate, perDay, perDay, step];
    // the newest visit has the highest number
    const vn = `'0' || lpad((9999999999 - s.n)::text, 10, '0')`;
    const begun =
      "(extract(year FROM s.d)::int + 543) || to_char(s.d, '-MM-DD,') || to_char(s.t, 'HH24:MI:SS')";
    await db.query(
      `INSERT INTO t_visit (t_visit_id, visit_hn, visit_vn, visit_an, f_visit_type_id, f_visit_status_id, t_patient_id,
          visit_begin_visit_time, visit_record_date_time, visit_record_staff, visit_locking)
        SELECT '255' || lpad(s.n::text, 10, '0'), lpad((${FIRST_PATIENT} + s.n % ?::int)::text, 9, '0'), ${vn}, '', '0', '3',
          '274' || lpad((${FIRST_PATIENT} + s.n % ?::int)::text, 9, '0'), ${begun}, ${begun}, '157000000001', '0'
        FROM ${series}`,
      [patients, patients, ...days],
    );
    await db.query(
      `INSERT INTO t_visit_payment (t_visit_payment_id, t_visit_id, b_contract_plans_id, visit_payment_priority,
          visit_payment_active, visit_payment_main_hospital)
        SELECT '140' || lpad(n::text, 10, '0'), '255' || lpad(n::text, 10, '0'), '2120000000089', '0', '1', '10978'
        FROM generate_series(${first}, ${last}) n`,
    );
    if (withCodes) {
      await db.query(
        `INSERT INTO t_nhso_authencode (vn, hn, claim_type, claim_code, record_date_time)
          SELECT ${vn}, lpad((${FIRST_PATIENT} + s.n % ?::int)::text, 9, '0'), 'PG0060001', 'PP' || lpad(s.n::text, 10, '0'),
            s.d + s.t FROM ${series}`,
        [patients, ...days],
      );
    }
  }
  await db.exec('ANALYZE');
}
