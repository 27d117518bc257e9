/** Whether the queries find their rows by an index. Which ones a HospitalOS has, differs; none is relied on unseen. */

import type { Finding } from '../../../src/service/ports/finding.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { leadingIndexColumns } from '../sql/indexes.ts';
import { CODES, type HospitalOsLayout, TABLES } from './layout.ts';

/** `table.column`, and what it costs when no index begins with it. */
const INDEXES: readonly [table: string, column: string, cost: string][] = [
  ['t_visit', 'visit_begin_visit_time', 'every poll reads the whole table of visits'],
  ['t_visit', 't_visit_id', 'every new visit reads the whole table of visits'],
  ['t_visit', 'visit_vn', 'every code that is written reads the whole table of visits'],
  ['t_visit', 'visit_an', 'a code for an admission, and each removed visit, reads the whole table of visits'],
  ['t_patient', 't_patient_id', 'every poll reads the whole table of patients'],
  ['t_visit_payment', 't_visit_id', 'every poll reads the whole table of rights'],
  [CODES, 'vn', 'every poll reads the whole table of codes'],
];

export async function checkIndexes(db: SqlDatabase, layout: HospitalOsLayout): Promise<Finding[]> {
  const check = 'his-index';
  const indexed = await leadingIndexColumns(db, TABLES);
  const missing = INDEXES.filter(
    ([table, column]) => layout.has(table, column) && !indexed.has(`${table}.${column}`),
  );
  if (missing.length === 0) {
    return [{ check, level: 'ok', message: 'every query finds its rows by an index' }];
  }
  return missing.map(([table, column, cost]) => ({
    check,
    level: 'warn',
    message: `no index begins with ${table}.${column}: ${cost}`,
    fix: `Ask the HospitalOS team for an index on ${table} (${column}), made CONCURRENTLY; the bridge never alters the database.`,
  }));
}
