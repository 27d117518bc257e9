/** `doctor` at a HOSxP: one line a fact, in plain words, with the next step where something is missing. */

import { sql } from 'kysely';
import type { Finding } from '../../../src/service/ports/finding.ts';
import type { HosxpOptions } from '../options.ts';
import { checkClock } from '../sql/checks/clock.ts';
import {
  checkCharset,
  checkCodeLength,
  checkColumns,
  checkIndexes,
  checkStorage,
} from '../sql/checks/form.ts';
import { checkHcode } from '../sql/checks/hcode.ts';
import { checkReached } from '../sql/checks/reach.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { Privileges } from '../sql/privileges.ts';
import { checkNumbers } from './check-numbers.ts';
import { checkRights } from './check-rights.ts';
import { type HosxpLayout, seeLayout } from './layout.ts';

/** Every query enters a table by one of these. */
const INDEXES = ['ovst.vstdate', 'ovst.vn', 'patient.hn', 'visit_pttype.vn', 'pttype.pttype', 'authenhos.vn'];

export async function checkHosxp(db: SqlDatabase, options: HosxpOptions): Promise<Finding[]> {
  return checkReached(db, 'HOSxP', async () => {
    const { hcode, writeBack } = options;
    const layout = await seeLayout(db, writeBack);
    return [
      ...(await checkRights(layout, await Privileges.of(db), options)),
      // the code's column has a line of its own
      ...checkColumns(layout, 'HOSxP', [`visit_pttype.${writeBack}`]),
      ...checkCodeLength(layout, 'visit_pttype', writeBack, 'HOSxP'),
      checkCharset(layout, 'patient', 'fname'),
      await checkIndexes(db, layout, INDEXES, 'HOSxP'),
      ...(await checkNumbers(db, layout)),
      ...(await checkStorage(db, 'visit_pttype')),
      ...(await checkHospital(db, layout, hcode)),
      ...(await checkClock(db, 'vstdate and vsttime')),
    ];
  });
}

async function checkHospital(db: SqlDatabase, layout: HosxpLayout, hcode: string): Promise<Finding[]> {
  // a table that may not be read has its own line
  if (!layout.has('opdconfig', 'hospitalcode')) return [];
  const { rows } = await db.run(sql`select hospitalcode as hcode from opdconfig`);
  return [
    checkHcode(
      'opdconfig',
      rows.map((row) => row.hcode),
      hcode,
    ),
  ];
}
