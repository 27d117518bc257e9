/** Runs each SELECT of the configuration once, and says what came of it. */

import { addDays, type ServiceDate, serviceDateOf } from '../../../src/domain/bangkok.ts';
import { errorText, isBridgeError } from '../../../src/domain/bridge-error.ts';
import { maskCitizenIds } from '../../../src/domain/citizen-id.ts';
import type { Visit } from '../../../src/domain/visit.ts';
import type { Finding } from '../../../src/service/ports/finding.ts';
import type { SqlResult } from '../sql/database.ts';
import type { CheckParts, Sample } from './check-parts.ts';
import { shownSample } from './check-sample.ts';
import { dayValues } from './day-values.ts';
import { type Field, FieldMap } from './fields.ts';
import { Row } from './row.ts';
import type { Statement, Values } from './statement.ts';
import { toVisits } from './to-visit.ts';

/** So far back a day with visits is looked for. */
const DAYS = 8;
const SAMPLES = 3;

/** Without these the bridge works, but cannot tell or decide something. */
const WITHOUT: Readonly<Partial<Record<Field, string>>> = {
  hn: 'no patient number',
  phone: 'no phone: every visit goes to the staff',
  nationality: 'everybody is taken for Thai',
  rightCode: 'no right, and no rule by right',
  department: 'no department, and no rule by department',
  status: 'a visit counts as cancelled only when its row is gone',
  birthDate: 'no date of birth',
  sex: 'no sex',
};

interface Ran {
  result: SqlResult;
  ms: number;
}

/** The day that was looked at: the last one with visits, else today. */
export async function checkSelects(
  parts: CheckParts,
): Promise<{ findings: Finding[]; day: ServiceDate; sample: Sample | null }> {
  const { statements, styles, options } = parts;
  const findings: Finding[] = [];
  const today = serviceDateOf(Date.now());
  let day = today;
  let ran: Ran | null = null;
  for (let back = 0; back < DAYS && (ran === null || ran.result.rows.length === 0); back++) {
    day = addDays(today, -back);
    ran = await run(parts, statements.visits, dayValues(styles, day), findings);
    if (ran === null) return { findings, day: today, sample: null };
  }
  if (ran === null) return { findings, day: today, sample: null };
  const values = dayValues(styles, day);
  const { rows, columns = [] } = ran.result;
  findings.push(
    rows.length === 0
      ? {
          check: 'his-visits',
          level: 'warn',
          message: `"visits" gives no row for any of the last ${DAYS} days (the last one with ${given(statements.visits, values)})`,
          fix: 'See whether his.dates says how this HIS writes dates.',
        }
      : {
          check: 'his-visits',
          level: 'ok',
          message: `"visits" gives ${rows.length} rows for ${day} in ${ran.ms} ms (with ${given(statements.visits, values)})`,
        },
  );
  const fields = new FieldMap(columns, options.columns);
  findings.push(...columnFindings('visits', fields));
  if (fields.missing.length > 0) return { findings, day, sample: null };
  const context = { hcode: options.hcode, fields, styles, words: options.values };
  const { visits, unnumbered } = toVisits(rows, context, day);
  findings.push(...rowFindings(visits, unnumbered, day));
  for (const visit of visits.slice(0, SAMPLES)) {
    findings.push({ check: 'his-sample', level: 'ok', message: maskCitizenIds(shownSample(visit)) });
  }
  const sample = await checkVisit(parts, visits[0] ?? null, findings);
  await checkNewer(parts, values, visits, findings);
  await checkMissing(parts, values, visits, day, findings);
  return { findings, day, sample };
}

async function run(
  { db }: CheckParts,
  statement: Statement,
  values: Values,
  findings: Finding[],
): Promise<Ran | null> {
  const begun = performance.now();
  try {
    const result = await db.run(statement.bind(values));
    return { result, ms: Math.round(performance.now() - begun) };
  } catch (error) {
    if (!isBridgeError(error, 'his-schema', 'his-denied', 'his-timeout')) throw error;
    findings.push({
      check: `his-${statement.name}`,
      level: 'fail',
      message: `"${statement.name}" cannot be run (with ${given(statement, values)}): ${errorText(error)}`,
      fix:
        error.code === 'his-denied'
          ? 'GRANT SELECT on the tables that it names to the account of his.url.'
          : `Correct his.statements.${statement.name}.`,
    });
    return null;
  }
}

/** `:date = 28/11/2569`; a visit number is no secret, but is not needed here. */
function given(statement: Statement, values: Values): string {
  return [...statement.parameters]
    .map((name) => `:${name} = ${maskCitizenIds(values[name] ?? 'null')}`)
    .join(', ');
}

function columnFindings(name: string, fields: FieldMap): Finding[] {
  const check = 'his-columns';
  if (fields.missing.length > 0) {
    return [
      {
        check,
        level: 'fail',
        message: `"${name}" has no column ${fields.missing.join(', ')}`,
        fix: 'Name the column so with AS, or name it in his.columns.',
      },
    ];
  }
  const without = Object.entries(WITHOUT).filter(([field]) => fields.column(field as Field) === undefined);
  const unused = fields.extra.length === 0 ? '' : `; not used: ${fields.extra.join(', ')}`;
  return without.length === 0
    ? [{ check, level: 'ok', message: `"${name}" has every column that counts${unused}` }]
    : [
        {
          check,
          level: 'warn',
          message: `"${name}" goes without ${without.map(([field, what]) => `${field} (${what})`).join(', ')}${unused}`,
        },
      ];
}

function rowFindings(visits: readonly Visit[], unnumbered: number, day: ServiceDate): Finding[] {
  const findings: Finding[] = [];
  const wrong = visits.filter((visit) => visit.problem !== null);
  const [first] = wrong;
  if (first !== undefined) {
    const problems = [...new Set(wrong.map((visit) => visit.problem ?? ''))].slice(0, SAMPLES);
    findings.push({
      check: 'his-rows',
      level: 'warn',
      message: maskCitizenIds(
        `${wrong.length} visits of ${day} cannot be understood: ${problems.join(' | ')}`,
      ),
      fix: 'Where all rows are concerned: correct his.columns or his.dates. Single ones go to the staff.',
    });
  }
  const elsewhere = visits.filter((visit) => visit.serviceDate !== day).length;
  if (elsewhere > 0) {
    findings.push({
      check: 'his-rows',
      level: 'warn',
      message: `${elsewhere} rows that "visits" gives for ${day} are of another day; they are left to that day`,
    });
  }
  if (unnumbered > 0) {
    const message = `${unnumbered} rows of ${day} have no visit number: no case can be made of them`;
    findings.push({ check: 'his-rows', level: 'warn', message });
  }
  if (findings.length === 0 && visits.length > 0) {
    findings.push({
      check: 'his-rows',
      level: 'ok',
      message: `all ${visits.length} visits of ${day} can be understood`,
    });
  }
  return findings;
}

async function checkVisit(
  parts: CheckParts,
  visit: Visit | null,
  findings: Finding[],
): Promise<Sample | null> {
  const { statements, styles, options } = parts;
  const ran = await run(parts, statements.visit, { vn: visit?.vn ?? '0' }, findings);
  if (ran === null) return visit === null ? null : { vn: visit.vn, keys: {} };
  const fields = new FieldMap(ran.result.columns ?? [], options.columns);
  if (fields.missing.length > 0) {
    findings.push(...columnFindings('visit', fields));
    return null;
  }
  if (visit === null) return null;
  const context = { hcode: options.hcode, fields, styles, words: options.values };
  const { visits } = toVisits(ran.result.rows, context, visit.serviceDate);
  const same = visits.find((one) => one.vn === visit.vn);
  const isAlike = JSON.stringify(same) === JSON.stringify(visit);
  findings.push(
    isAlike
      ? { check: 'his-visit', level: 'ok', message: `"visit" shows the same visit in ${ran.ms} ms` }
      : {
          check: 'his-visit',
          level: same === undefined || same.code !== visit.code ? 'fail' : 'warn',
          message:
            same === undefined
              ? `"visit" does not find ${maskCitizenIds(visit.vn)}, which "visits" gives`
              : `"visit" tells something else of ${maskCitizenIds(visit.vn)} than "visits": ${differing(visit, same).join(', ')}`,
          fix: 'Give both the same columns and joins; only WHERE differs.',
        },
  );
  const row = ran.result.rows.map((one) => new Row(one, fields)).find((one) => one.text('vn') === visit.vn);
  const keys = Object.fromEntries(fields.keys.map((key) => [key, row?.key(key) ?? null]));
  return { vn: visit.vn, keys };
}

function differing(a: Visit, b: Visit): string[] {
  return (Object.keys(a) as (keyof Visit)[]).filter(
    (key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]),
  );
}

async function checkNewer(
  parts: CheckParts,
  values: Values,
  visits: readonly Visit[],
  findings: Finding[],
): Promise<void> {
  const { newer } = parts.statements;
  if (newer === null) return;
  const ran = await run(parts, newer, values, findings);
  if (ran === null) return;
  const column = (parts.options.columns.vn ?? 'vn').toLowerCase();
  const spelled = ran.result.columns?.find((one) => one.toLowerCase() === column);
  if (spelled === undefined) {
    findings.push({
      check: 'his-newer',
      level: 'fail',
      message: `"newer" has no column ${column}`,
      fix: 'Name it so with AS.',
    });
    return;
  }
  const told = new Set(ran.result.rows.map((row) => String(row[spelled] ?? '').trim()));
  const unseen = visits.filter((visit) => !told.has(visit.vn)).length;
  const counted = `"newer" gives ${told.size} numbers from the start of the day on in ${ran.ms} ms`;
  findings.push(
    unseen === 0
      ? { check: 'his-newer', level: 'ok', message: `${counted}, all that "visits" gives` }
      : {
          check: 'his-newer',
          level: 'warn',
          message: `${counted}; ${unseen} visits of the day are not among them and are seen later, when the day's rows are counted`,
        },
  );
}

async function checkMissing(
  parts: CheckParts,
  values: Values,
  visits: readonly Visit[],
  day: ServiceDate,
  findings: Finding[],
): Promise<void> {
  const { statements, styles, options } = parts;
  if (statements.missing === null) return;
  const ran = await run(parts, statements.missing, values, findings);
  if (ran === null) return;
  const fields = new FieldMap(ran.result.columns ?? [], options.columns);
  if (fields.missing.length > 0) {
    findings.push(...columnFindings('missing', fields));
    return;
  }
  const context = { hcode: options.hcode, fields, styles, words: options.values };
  const told = new Set(toVisits(ran.result.rows, context, day).visits.map((visit) => visit.vn));
  const free = visits.filter((visit) => visit.code === null && visit.loggedCode === null);
  const unseen = free.filter((visit) => !told.has(visit.vn)).length;
  const counted = `"missing" gives ${told.size} visits of ${day} in ${ran.ms} ms`;
  findings.push(
    unseen === 0 && told.size === free.length
      ? { check: 'his-missing', level: 'ok', message: `${counted}, the same that have no code by "visits"` }
      : {
          check: 'his-missing',
          level: 'warn',
          message: `${counted}, but by "visits" ${free.length} have no code`,
          fix: 'Leave "missing" out: the bridge then takes those of "visits" that have none.',
        },
  );
}
