/** HOSxP on MariaDB, MySQL and PostgreSQL. */

import type { HosxpOptions } from '../options.ts';
import type { HisTables } from '../sql/tables.ts';
import { checkHosxp } from './checks.ts';
import { type HosxpLayout, readLayout } from './layout.ts';
import { toVisits } from './to-visit.ts';
import { VisitQuery, type VisitRow } from './visit-query.ts';
import { HosxpWriter } from './write-back.ts';

export function hosxpTables(options: HosxpOptions): HisTables<HosxpLayout> {
  return {
    watched: ['ovst', 'visit_pttype', 'patient', 'authenhos'],
    readLayout: (db) => readLayout(db, options.writeBack),
    queries: (layout, dialect) => new VisitQuery(layout, dialect),
    toVisits: (rows, askedFor) => toVisits(rows as VisitRow[], options, askedFor),
    writer: (db, layout) => new HosxpWriter(db, layout, options.writeAuthDateTime),
    check: (db) => checkHosxp(db, options),
  };
}
