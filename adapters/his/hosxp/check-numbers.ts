import { addDays, serviceDateOf, startOfServiceDate } from '../../../src/domain/bangkok.ts';
import type { Finding } from '../../../src/service/ports/finding.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { hasIndexOn } from '../sql/indexes.ts';
import type { HosxpLayout } from './layout.ts';
import { VisitQuery } from './visit-query.ts';

/** The share of visits whose number must begin with the date; a few are entered by hand everywhere. */
const MOST = 0.9;

/** A poll looks for new visits by their numbers; where those do not tell the time it works, but costs more. */
export async function checkNumbers(db: SqlDatabase, layout: HosxpLayout): Promise<Finding[]> {
  if (!layout.has('ovst', 'vn') || !layout.has('ovst', 'vstdate')) return [];
  const check = 'his-numbers';
  const query = new VisitQuery(layout, db.dialect);
  const today = serviceDateOf(Date.now());
  const yesterday = addDays(today, -1);
  let rows = 0;
  for (const date of [yesterday, today]) rows += Number((await db.run(query.count(date))).rows[0]?.n);
  const numbered = (await db.run(query.numbers(startOfServiceDate(yesterday), today))).rows.length;
  if (rows === 0) return [];
  if (numbered >= rows * MOST) {
    return [
      { check, level: 'ok', message: 'visit numbers begin with the date: a poll reads only the newest' },
    ];
  }
  const message = 'visit numbers do not begin with the date: new visits are seen by counting the day’s rows';
  return (await hasIndexOn(db, 'ovst', ['vstdate', 'vsttime']))
    ? [{ check, level: 'ok', message: `${message}, and read by the index on (vstdate, vsttime)` }]
    : [
        {
          check,
          level: 'warn',
          message: `${message}, up to 10 seconds later, and each time all rows of the day are looked at`,
          fix: 'The bridge works so. An index on ovst (vstdate, vsttime), made by the HOSxP team, would spare the database that.',
        },
      ];
}
