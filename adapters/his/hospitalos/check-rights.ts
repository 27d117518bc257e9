/** What the account may and may not do: SELECT on what is read, a new row of a code, its deletion by date, nothing more. */

import type { Finding } from '../../../src/service/ports/finding.ts';
import { checkLeast, checkReads, checkWrite } from '../sql/checks/rights.ts';
import type { Privilege, Privileges } from '../sql/privileges.ts';
import { CODES, type HospitalOsLayout } from './layout.ts';
import { filledColumns, type Signature } from './new-row.ts';

/** What the bridge goes without when a table cannot be read. */
const GOES_WITHOUT: Readonly<Record<string, string>> = {
  f_patient_prefix: 'patients have no titles',
  t_visit_payment: 'visits have no rights',
  b_contract_plans: 'rights have no names',
  b_map_rp1853_instype: 'the scheme of a right (UCS, OFC, …) is known only where b_contract_plans tells it',
  r_rp1853_instype: 'rights have no scheme (UCS, OFC, …)',
  b_site: 'the hospital code cannot be compared',
};

/** Rights whose presence says that the account is a bigger one than the bridge needs. */
const TOO_MUCH: readonly [Privilege, string, string[]][] = [
  ['delete', 't_visit', []],
  ['delete', CODES, []],
  ['update', CODES, ['claim_code']],
  ['update', 't_visit', ['visit_vn']],
  ['update', 't_patient', ['patient_pid']],
];

export async function checkRights(
  layout: HospitalOsLayout,
  privileges: Privileges,
  options: Signature,
): Promise<Finding[]> {
  return [
    ...(await checkReads(layout, privileges, GOES_WITHOUT)),
    ...(await checkNewRow(layout, privileges, options)),
    await checkLeast(layout, privileges, TOO_MUCH, 'docs/his-hospitalos.md'),
  ];
}

/** Without its table nothing can be said of a row in it: that has its own line. */
async function checkNewRow(
  layout: HospitalOsLayout,
  privileges: Privileges,
  options: Signature,
): Promise<Finding[]> {
  if (!layout.hasTable(CODES)) return [];
  const filled = filledColumns(layout, options);
  const deleter = options.employeeId === undefined ? [] : ['user_delete_id'];
  return [
    await checkWrite(layout, privileges, 'insert', CODES, {
      needed: ['vn', 'claim_type', 'claim_code'],
      beside: filled.filter((column) => !['vn', 'claim_type', 'claim_code'].includes(column)),
    }),
    await checkWrite(layout, privileges, 'update', CODES, { needed: ['delete_date_time'], beside: deleter }),
    checkFilled(layout, filled),
  ];
}

/** Columns that a row must have and that the bridge does not fill: it would have to make something up. */
function checkFilled(layout: HospitalOsLayout, filled: readonly string[]): Finding {
  const check = 'his-new-row';
  const unfilled = layout.mustFill.filter((column) => !filled.includes(column.toLowerCase()));
  if (unfilled.length === 0) {
    return { check, level: 'ok', message: `a row of ${CODES} needs nothing that the bridge does not know` };
  }
  const settings = [
    ...(unfilled.includes('user_record_id')
      ? ['"employeeId" (the b_employee_id of a user for the bridge)']
      : []),
    ...(unfilled.includes('authen_from') ? ['"authenFrom" (as HospitalOS itself fills it)'] : []),
  ];
  const rest = unfilled.filter((column) => !['user_record_id', 'authen_from'].includes(column));
  return {
    check,
    level: 'fail',
    message: `a row of ${CODES} must have ${unfilled.join(', ')}, which the bridge does not fill: no code could be written`,
    fix: [
      ...(settings.length > 0 ? [`Set ${settings.join(' and ')} in this site's "his".`] : []),
      ...(rest.length > 0 ? [`Ask the HospitalOS team what stands in ${rest.join(', ')}.`] : []),
    ].join(' '),
  };
}
