/** JHCIS on MariaDB and MySQL. */

import type { JhcisOptions } from '../options.ts';
import type { Layout } from '../sql/layout.ts';
import type { HisTables } from '../sql/tables.ts';
import { checkJhcis } from './checks.ts';
import { readLayout } from './layout.ts';
import { NumberMark } from './number-mark.ts';
import { toVisits } from './to-visit.ts';
import { VisitQuery, type VisitRow } from './visit-query.ts';
import { JhcisWriter } from './write-back.ts';

export function jhcisTables(options: JhcisOptions): HisTables<Layout> {
  const mark = new NumberMark();
  return {
    watched: ['visit', 'person'],
    readLayout,
    queries: (layout, dialect) => new VisitQuery(layout, dialect, options.hcode, mark),
    toVisits: (rows, askedFor) =>
      toVisits(rows as VisitRow[], options, askedFor, (visitno, at) => mark.saw(visitno, at)),
    writer: (db, layout) => new JhcisWriter(db, layout, options),
    check: (db) => checkJhcis(db, options),
  };
}
