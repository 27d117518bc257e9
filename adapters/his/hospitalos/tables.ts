/** HospitalOS on PostgreSQL. */

import type { HospitalOsOptions } from '../options.ts';
import type { HisTables } from '../sql/tables.ts';
import { checkHospitalOs } from './checks.ts';
import { type HospitalOsLayout, readLayout } from './layout.ts';
import { toVisits } from './to-visit.ts';
import { VisitQuery, type VisitRow } from './visit-query.ts';
import { HospitalOsWriter } from './write-back.ts';

export function hospitalOsTables(options: HospitalOsOptions): HisTables<HospitalOsLayout> {
  return {
    watched: ['t_visit', 't_patient', 't_visit_payment', 't_nhso_authencode'],
    readLayout,
    queries: (layout, dialect) => new VisitQuery(layout, dialect),
    toVisits: (rows, askedFor) => toVisits(rows as VisitRow[], options, askedFor),
    writer: (db, layout) => new HospitalOsWriter(db, layout, options),
    check: (db) => checkHospitalOs(db, options),
  };
}
