/** `doctor` at a JHCIS: one line a fact, in plain words, with the next step where something is missing. */

import { sql } from 'kysely';
import type { Finding } from '../../../src/service/ports/finding.ts';
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
import { access, checkLeast, checkReads, checkWrite } from '../sql/checks/rights.ts';
import type { SqlDatabase } from '../sql/database.ts';
import type { Layout } from '../sql/layout.ts';
import { type Privilege, Privileges } from '../sql/privileges.ts';
import { checkVisits } from './check-visits.ts';
import { seeLayout } from './layout.ts';
import { besideCode, CODE, TABLE, type WriteOptions } from './write-back.ts';

/** Every query enters a table by one of these. */
const INDEXES = [
  'visit.visitdate',
  'visit.pcucode',
  'person.pcucodeperson',
  'cright.rightcode',
  'ctitle.titlecode',
];

/** What the bridge goes without when a table cannot be read. */
const GOES_WITHOUT: Readonly<Record<string, string>> = {
  cright: 'rights have no names',
  ctitle: 'titles that JHCIS keeps as codes are left out',
  office: 'the hospital code cannot be compared',
};

/** Rights whose presence says that the account is a bigger one than the bridge needs. */
const TOO_MUCH: readonly [Privilege, string, string[]][] = [
  ['delete', 'visit', []],
  ['update', 'visit', ['visitdate']],
  ['update', 'person', ['idcard']],
];

export async function checkJhcis(db: SqlDatabase, options: WriteOptions): Promise<Finding[]> {
  return checkReached(db, 'JHCIS', async () => {
    const layout = await seeLayout(db);
    return [
      ...(await checkRights(layout, await Privileges.of(db), options)),
      // the code's column has a line of its own
      ...checkColumns(layout, 'JHCIS', [`${TABLE}.${CODE}`]),
      ...checkCodeLength(layout, TABLE, CODE, 'JHCIS'),
      checkCharset(layout, 'person', 'fname'),
      await checkIndexes(db, layout, INDEXES, 'JHCIS'),
      ...(await checkStorage(db, TABLE)),
      ...(await checkOffice(db, layout, options.hcode)),
      ...(await checkVisits(db, layout, options.hcode)),
      ...(await checkClock(db, 'visitdate and timestart')),
    ];
  });
}

async function checkRights(
  layout: Layout,
  privileges: Privileges,
  options: WriteOptions,
): Promise<Finding[]> {
  const absent = await codeColumnAbsent(layout, privileges);
  const write = { needed: [CODE], beside: besideCode(options) };
  return [
    // no grant helps there: what must be done comes first
    ...absent,
    ...(await checkReads(layout, privileges, GOES_WITHOUT)),
    ...(absent.length > 0 ? [] : [await checkWrite(layout, privileges, 'update', TABLE, write)]),
    await checkLeast(layout, privileges, TOO_MUCH, 'docs/his-jhcis.md'),
  ];
}

/** A version of JHCIS without the column differs from an account that may not see it: a GRANT would be refused. */
async function codeColumnAbsent(layout: Layout, privileges: Privileges): Promise<Finding[]> {
  if (!layout.hasTable(TABLE) || layout.has(TABLE, CODE)) return [];
  if ((await access(privileges, TABLE, [CODE])) !== 'absent') return [];
  return [
    {
      check: 'his-code-column',
      level: 'fail',
      message: `${TABLE} has no column ${CODE}: a code could be written nowhere`,
      fix: 'A newer version of JHCIS has the column; the bridge never adds one.',
    },
  ];
}

async function checkOffice(db: SqlDatabase, layout: Layout, hcode: string): Promise<Finding[]> {
  // a table that may not be read has its own line
  if (!layout.has('office', 'offid')) return [];
  const { rows } = await db.run(sql`select offid as hcode from office`);
  return [
    checkHcode(
      'office',
      rows.map((row) => row.hcode),
      hcode,
    ),
  ];
}
