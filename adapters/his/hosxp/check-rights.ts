/** What the account may and may not do: SELECT on what is read, UPDATE on the code's columns, and nothing more. */

import { isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { Finding } from '../../../src/service/ports/finding.ts';
import type { Privilege, Privileges } from '../sql/privileges.ts';
import type { CheckOptions } from './check-options.ts';
import { type HosxpLayout, OPTIONAL, REQUIRED, TABLES } from './layout.ts';

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
  options: CheckOptions,
): Promise<Finding[]> {
  const absent = await codeColumnAbsent(layout, privileges, options);
  const findings: Finding[] = [];
  for (const table of TABLES) findings.push(...(await mayRead(table, layout, privileges)));
  if (findings.length === 0) {
    findings.push({
      check: 'his-grant-select',
      level: 'ok',
      message: 'every table that is needed may be read',
    });
  }
  findings.push(...(absent.length > 0 ? [] : [await mayWrite(layout, privileges, options)]));
  findings.push(...(await mayTooMuch(layout, privileges)));
  // no grant helps there: what must be done comes first
  return [...absent, ...findings];
}

/** Sites without the column differ from those that only hide it from the account: a GRANT would be refused. */
async function codeColumnAbsent(
  layout: HosxpLayout,
  privileges: Privileges,
  { codeColumn }: CheckOptions,
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

async function mayRead(table: string, layout: HosxpLayout, privileges: Privileges): Promise<Finding[]> {
  const needed = (REQUIRED as Record<string, readonly string[]>)[table] ?? [];
  const wanted = [...needed, ...((OPTIONAL as Record<string, readonly string[]>)[table] ?? [])];
  const there = wanted.flatMap((column) => layout.column(table, column)?.name ?? []);
  const state = await access(privileges, table, there);
  if (state === 'readable') return [];
  const without = GOES_WITHOUT[table];
  const level = without === undefined ? 'fail' : 'warn';
  const consequence = without === undefined ? '' : `: ${without}`;
  return [
    state === 'denied'
      ? {
          check: 'his-grant-select',
          level,
          message: `the account may not read ${table}${consequence}`,
          fix: privileges.grant('select', table),
        }
      : { check: 'his-table', level, message: `there is no table ${table}${consequence}` },
  ];
}

/** A table on which the account has no right at all cannot be told from one that is not there on every engine. */
async function access(
  privileges: Privileges,
  table: string,
  columns: readonly string[],
): Promise<'readable' | 'denied' | 'absent'> {
  try {
    return (await privileges.may('select', table, columns)) ? 'readable' : 'denied';
  } catch (error) {
    if (isBridgeError(error, 'his-schema')) return 'absent';
    throw error;
  }
}

async function mayWrite(
  layout: HosxpLayout,
  privileges: Privileges,
  options: CheckOptions,
): Promise<Finding> {
  const check = 'his-grant-update';
  const columns: string[] = [
    options.codeColumn,
    ...(options.writeAuthDateTime ? ['auth_datetime'] : []),
  ].flatMap((column) => layout.column('visit_pttype', column)?.name ?? []);
  if (!columns.some((column) => column.toLowerCase() === options.codeColumn)) {
    return {
      check,
      level: 'fail',
      message: `visit_pttype.${options.codeColumn} is not there, or the account may neither read nor change it`,
      fix: privileges.grant('update', 'visit_pttype', [options.codeColumn]),
    };
  }
  if (await privileges.may('update', 'visit_pttype', columns)) {
    return { check, level: 'ok', message: `visit_pttype (${columns.join(', ')}) may be changed` };
  }
  return {
    check,
    level: 'fail',
    message: `the account may not change visit_pttype (${columns.join(', ')}): no code could be written`,
    fix: privileges.grant('update', 'visit_pttype', columns),
  };
}

async function mayTooMuch(layout: HosxpLayout, privileges: Privileges): Promise<Finding[]> {
  const found: string[] = [];
  for (const [privilege, table, columns] of TOO_MUCH) {
    if (!layout.hasTable(table)) continue;
    if (await privileges.may(privilege, table, columns)) found.push(`${privilege.toUpperCase()} on ${table}`);
  }
  if (found.length === 0) {
    return [{ check: 'his-least-privilege', level: 'ok', message: 'the account can change nothing else' }];
  }
  return [
    {
      check: 'his-least-privilege',
      level: 'warn',
      message: `the account may do more than the bridge needs: ${found.join(', ')}`,
      fix: 'Make an account of its own for the bridge, with only the grants that docs/his-hosxp.md lists.',
    },
  ];
}
