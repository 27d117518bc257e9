/** What the account may and may not do: SELECT on what is read, the changes that a write-back makes, and nothing more. */

import { isBridgeError } from '../../../../src/domain/bridge-error.ts';
import type { Finding } from '../../../../src/service/ports/finding.ts';
import { type Layout, tablesOf } from '../layout.ts';
import type { Privilege, Privileges } from '../privileges.ts';

export async function checkReads(
  layout: Layout,
  privileges: Privileges,
  /** What the bridge goes without when a table cannot be read, by table; the others are needed. */
  goesWithout: Readonly<Record<string, string>>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const table of tablesOf(layout.wanted)) {
    findings.push(...(await mayRead(table, layout, privileges, goesWithout[table])));
  }
  return findings.length === 0
    ? [{ check: 'his-grant-select', level: 'ok', message: 'every table that is needed may be read' }]
    : findings;
}

async function mayRead(
  table: string,
  layout: Layout,
  privileges: Privileges,
  without: string | undefined,
): Promise<Finding[]> {
  const { required, optional } = layout.wanted;
  const wanted = [...(required[table] ?? []), ...(optional[table] ?? [])];
  const there = wanted.flatMap((column) => layout.column(table, column)?.name ?? []);
  const state = await access(privileges, table, there);
  if (state === 'readable') return [];
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
export async function access(
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

/** `needed`: without it no code can be written; the others are changed beside it, where they are there. */
export async function checkWrite(
  layout: Layout,
  privileges: Privileges,
  privilege: Privilege,
  table: string,
  { needed, beside = [] }: { needed: readonly string[]; beside?: readonly string[] },
): Promise<Finding> {
  const check = `his-grant-${privilege}`;
  const unseen = needed.filter((column) => !layout.has(table, column));
  if (unseen.length > 0) {
    return {
      check,
      level: 'fail',
      message: `${unseen.map((column) => `${table}.${column}`).join(', ')} is not there, or the account may neither read nor change it`,
      fix: privileges.grant(privilege, table, needed),
    };
  }
  const columns = [...needed, ...beside].flatMap((column) => layout.column(table, column)?.name ?? []);
  const named = `${table} (${columns.join(', ')})`;
  const change = privilege === 'insert' ? 'add to' : 'change';
  if (await privileges.may(privilege, table, columns)) {
    return {
      check,
      level: 'ok',
      message: privilege === 'insert' ? `${named} may be added to` : `${named} may be changed`,
    };
  }
  return {
    check,
    level: 'fail',
    message: `the account may not ${change} ${named}: no code could be written`,
    fix: privileges.grant(privilege, table, columns),
  };
}

/** `tooMuch`: rights whose presence says that the account is a bigger one than the bridge needs. */
export async function checkLeast(
  layout: Layout,
  privileges: Privileges,
  tooMuch: readonly (readonly [Privilege, string, readonly string[]])[],
  page: string,
): Promise<Finding> {
  const found: string[] = [];
  for (const [privilege, table, columns] of tooMuch) {
    if (!layout.hasTable(table)) continue;
    if (await privileges.may(privilege, table, columns)) found.push(`${privilege.toUpperCase()} on ${table}`);
  }
  return found.length === 0
    ? { check: 'his-least-privilege', level: 'ok', message: 'the account can change nothing else' }
    : {
        check: 'his-least-privilege',
        level: 'warn',
        message: `the account may do more than the bridge needs: ${found.join(', ')}`,
        fix: `Make an account of its own for the bridge, with only the grants that ${page} lists.`,
      };
}
