/** How the engine would find the rows of each SELECT, in one line, with a warning where it would read a whole table. */

import { sql } from 'kysely';
import type { ServiceDate } from '../../../src/domain/bangkok.ts';
import { errorText, isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { Finding } from '../../../src/service/ports/finding.ts';
import type { SqlRow, SqlServer } from '../sql/database.ts';
import type { CompiledSql } from '../sql/dialect.ts';
import type { CheckParts } from './check-parts.ts';
import { dayValues } from './day-values.ts';

/** A table of fewer rows than this is read whole by any engine, and may be. */
const SMALL = 2_000;

interface Step {
  table: string;
  /** Null: the whole table (or the whole index). */
  by: string | null;
  rows: number;
}

export async function checkPlans(parts: CheckParts, day: ServiceDate, vn: string | null): Promise<Finding[]> {
  const { statements, styles, db } = parts;
  const check = 'his-plan';
  if (db.dialect.name === 'mssql') {
    const message =
      'how SQL Server finds the rows is not shown here: see the execution plan of each SELECT in Management Studio';
    return [{ check, level: 'ok', message }];
  }
  const values = { ...dayValues(styles, day), vn: vn ?? '0' };
  const findings: Finding[] = [];
  for (const statement of [statements.visits, statements.visit, statements.newer, statements.missing]) {
    if (statement === null) continue;
    try {
      const steps = await planOf(parts, statement.bind(values));
      const whole = steps.filter(({ by, rows }) => by === null && rows >= SMALL);
      const message = `"${statement.name}": ${steps.map(shown).join(', ')}`;
      findings.push(
        whole.length === 0
          ? { check, level: 'ok', message }
          : {
              check,
              level: 'warn',
              message: `${message}: ${whole.map(({ table }) => table).join(', ')} is read whole each time`,
              fix: 'Compare the bare column with the parameter (no function, no cast over it), or ask the HIS’s people for an index.',
            },
      );
    } catch (error) {
      if (!isBridgeError(error)) throw error;
      findings.push({ check, level: 'warn', message: `"${statement.name}": no plan: ${errorText(error)}` });
    }
  }
  return findings;
}

function shown({ table, by, rows }: Step): string {
  return `${table} ${by === null ? 'whole' : `by ${by}`} (${rows} ${rows === 1 ? 'row' : 'rows'})`;
}

async function planOf({ db }: CheckParts, { sql: text, parameters }: CompiledSql): Promise<Step[]> {
  if (db.dialect.name === 'mysql') {
    const { rows } = await db.run({ sql: `explain ${text}`, parameters });
    return rows.flatMap(mysqlStep);
  }
  const { rows } = await db.run({ sql: `explain (format json) ${text}`, parameters });
  const plans = rows.flatMap((row) => row['QUERY PLAN'] as { Plan: PlanNode }[]);
  const steps = plans.flatMap(({ Plan }) => postgresSteps(Plan));
  for (const step of steps) if (step.by === null) step.rows = await sizeOf(db, step);
  return steps;
}

/** A plan of PostgreSQL tells how many rows a scan gives, not how many it looks at. */
async function sizeOf(db: SqlServer, { table, rows }: Step): Promise<number> {
  const size = await db.run(
    sql`select max(reltuples) as n from pg_class where relname = ${table} and relkind in ('r', 'p')`,
  );
  return Math.max(rows, Math.round(Number(size.rows[0]?.n ?? 0)));
}

function mysqlStep(row: SqlRow): Step[] {
  if (row.table === null || row.table === undefined || String(row.table).startsWith('<')) return [];
  const isWhole = ['ALL', 'index'].includes(String(row.type));
  return [{ table: String(row.table), by: isWhole ? null : String(row.key), rows: Number(row.rows ?? 0) }];
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Plan Rows': number;
  Plans?: PlanNode[];
}

/** A bitmap scan names its index one step below its table. */
function postgresSteps(node: PlanNode, table?: string): Step[] {
  const below = node.Plans ?? [];
  const own = node['Relation Name'];
  const index = node['Index Name'] ?? below.find((one) => one['Index Name'] !== undefined)?.['Index Name'];
  const step =
    own === undefined || own === table ? [] : [{ table: own, by: index ?? null, rows: node['Plan Rows'] }];
  return [...step, ...below.flatMap((one) => postgresSteps(one))];
}
