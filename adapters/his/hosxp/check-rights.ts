/** What the account may and may not do: SELECT on what is read, UPDATE on the code's columns, and nothing more. */

import type { Finding } from '../../../src/service/ports/finding.ts';
import type { HosxpOptions } from '../options.ts';
import { access, checkLeast, checkReads, checkWrite } from '../sql/checks/rights.ts';
import type { Privilege, Privileges } from '../sql/privileges.ts';
import type { CodeColumn, HosxpLayout } from './layout.ts';

/** What the bridge goes without when a table cannot be read. */
const GOES_WITHOUT: Readonly<Record<string, string>> = {
  authenhos: 'codes that HOSxP itself has asked for are not seen',
  kskdepartment: 'departments have no names',
  opdconfig: 'the hospital code cannot be compared',
};

/** Rights whose presence says that the account is a bigger one than the bridge needs. */
const TOO_MUCH: readonly [Privilege, string, string[]][] = [
  ['delete', 'ovst', []],
  ['delete', 'visit_pttype', []],
  ['update', 'ovst', ['vn']],
  ['update', 'patient', ['cid']],
];

export async function checkRights(
  layout: HosxpLayout,
  privileges: Privileges,
  options: Pick<HosxpOptions, 'writeBack' | 'writeAuthDateTime'>,
): Promise<Finding[]> {
  const absent = await codeColumnAbsent(layout, privileges, options.writeBack);
  return [
    // no grant helps there: what must be done comes first
    ...absent,
    ...(await checkReads(layout, privileges, GOES_WITHOUT)),
    ...(absent.length > 0 ? [] : [await mayWrite(layout, privileges, options)]),
    await checkLeast(layout, privileges, TOO_MUCH, 'docs/his-hosxp.md'),
  ];
}

/** Sites without the column differ from those that only hide it from the account: a GRANT would be refused. */
async function codeColumnAbsent(
  layout: HosxpLayout,
  privileges: Privileges,
  codeColumn: CodeColumn,
): Promise<Finding[]> {
  if (!layout.hasTable('visit_pttype') || layout.column('visit_pttype', codeColumn) !== null) return [];
  if ((await access(privileges, 'visit_pttype', [codeColumn])) !== 'absent') return [];
  const other = codeColumn === 'auth_code' ? 'claim_code' : 'auth_code';
  const update = `ask the HOSxP team for the version of HOSxP that has ${codeColumn}; the bridge never adds a column`;
  return [
    {
      check: 'his-code-column',
      level: 'fail',
      message: `visit_pttype has no column ${codeColumn}: a code could be written nowhere`,
      fix: layout.has('visit_pttype', other)
        ? `If this hospital keeps authen codes in ${other}, set "writeBack": "${other}" in this site's "his"; else ${update}.`
        : `${update.charAt(0).toUpperCase()}${update.slice(1)}.`,
    },
  ];
}

function mayWrite(
  layout: HosxpLayout,
  privileges: Privileges,
  options: Pick<HosxpOptions, 'writeBack' | 'writeAuthDateTime'>,
): Promise<Finding> {
  return checkWrite(layout, privileges, 'update', 'visit_pttype', {
    needed: [options.writeBack],
    beside: options.writeAuthDateTime ? ['auth_datetime'] : [],
  });
}
