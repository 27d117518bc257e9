/** Whether the statement that writes is one that may: proved, permitted by the account, and never run here. */

import { MAX_CODE_LENGTH } from '../../../src/domain/authen-code.ts';
import { errorText, isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { Finding } from '../../../src/service/ports/finding.ts';
import { Privileges } from '../sql/privileges.ts';
import type { CheckParts, Sample } from './check-parts.ts';
import { proveOf } from './proved-writer.ts';
import type { Values } from './statement.ts';
import { WriteStatements } from './write-build.ts';
import { type Proved, parametersOf, proveUndo, proveWrite } from './write-proof.ts';

/** `PP` and ten digits. */
const USUAL_CODE_LENGTH = 12;

export async function checkWrite(parts: CheckParts, sample: Sample | null): Promise<Finding[]> {
  const { db, statements } = parts;
  const proof = await proveOf(db, statements.write, proveWrite);
  if ('faults' in proof) {
    return [
      {
        check: 'his-write',
        level: 'fail',
        message: `nothing is written: ${proof.faults.join('; ')}`,
        fix: 'Correct his.statements.write; docs/his-query.md says which forms there are and why.',
      },
    ];
  }
  const { proved } = proof;
  return [
    { check: 'his-write', level: 'ok', message: sentence(proved) },
    ...keyFindings(proved, sample),
    lengthFinding(proved),
    ...(await rightFindings(parts, proved, sample)),
    ...(await undoFindings(parts, proved)),
  ];
}

function sentence({ kind, table, key, code, others, also, unless, row }: Proved): string {
  const where = table.storage === null ? table.name : `${table.name} (${table.storage})`;
  if (kind === 'insert') {
    const guard =
      unless === null
        ? `its unique key (${[...key.keys()].join(', ')}) refuses a second one`
        : 'only while there is none';
    return `"write" puts one row into ${where}, ${guard}: ${[...row.keys()].join(', ')}`;
  }
  const beside =
    others.size === 0 ? '' : `; ${[...others.keys()].join(', ')} beside it, where nothing stands`;
  const more = also.length === 0 ? '' : '; and only while the rest of its WHERE holds';
  return `"write" fills ${code.name} of one row of ${where}, by its key (${[...key.keys()].join(', ')}), only while it is empty${beside}${more}`;
}

function keyFindings(proved: Proved, sample: Sample | null): Finding[] {
  if (sample === null) return [];
  const absent = keysOf(proved).filter((name) => !Object.hasOwn(sample.keys, name));
  return absent.length === 0
    ? []
    : [
        {
          check: 'his-write-key',
          level: 'fail',
          message: `"write" asks for ${absent.map((name) => `:${name}`).join(', ')}, and "visit" has no such column`,
          fix: `Add it to "visit": … as ${absent[0]}`,
        },
      ];
}

function lengthFinding({ code, table }: Proved): Finding {
  const check = 'his-code-column';
  const name = `${table.name}.${code.name}`;
  return code.length === null || code.length >= MAX_CODE_LENGTH
    ? { check, level: 'ok', message: `${name} is long enough for a code` }
    : {
        check,
        level: code.length < USUAL_CODE_LENGTH ? 'fail' : 'warn',
        message: `${name} holds ${code.length} characters, a code has ${USUAL_CODE_LENGTH} and may have ${MAX_CODE_LENGTH}; a longer one goes to the staff`,
        fix: 'Ask the HIS’s people to widen the column.',
      };
}

/** EXPLAIN asks for the rights of the statement and touches no row. */
async function rightFindings({ db }: CheckParts, proved: Proved, sample: Sample | null): Promise<Finding[]> {
  if (db.dialect.name === 'mssql') {
    const message = 'whether the account may write is not looked at on SQL Server: the first code shows it';
    return [{ check: 'his-grant-write', level: 'warn', message }];
  }
  const privilege = proved.kind === 'insert' ? 'insert' : 'update';
  const check = `his-grant-${privilege}`;
  const columns =
    privilege === 'insert' ? [...proved.row.keys()] : [proved.code.name, ...proved.others.keys()];
  const privileges = await Privileges.of(db);
  const { name } = proved.table;
  const build = new WriteStatements(proved, db.dialect);
  const values: Values = {
    ...{ vn: sample?.vn ?? '0', claimCode: 'PP0000000000', claimType: null, issuedAt: null },
    ...Object.fromEntries(keysOf(proved).map((key) => [key, sample?.keys[key] ?? '0'])),
  };
  const { sql, parameters } = db.dialect.compile(
    privilege === 'insert' ? build.insert(values) : build.update(values),
  );
  try {
    await db.run({ sql: `explain ${sql}`, parameters });
  } catch (error) {
    if (isBridgeError(error, 'his-denied')) {
      return [
        {
          check,
          level: 'fail',
          message: `the account may not change ${name} (${columns.join(', ')}): no code could be written`,
          fix: privileges.grant(privilege, name, columns),
        },
      ];
    }
    if (!isBridgeError(error, 'his-schema')) throw error;
    return [{ check: 'his-write', level: 'fail', message: `"write" would fail: ${errorText(error)}` }];
  }
  const findings: Finding[] = [
    { check, level: 'ok', message: `${name} (${columns.join(', ')}) may be changed` },
  ];
  if (await privileges.may('delete', name)) {
    findings.push({
      check: 'his-least-privilege',
      level: 'warn',
      message: `the account may do more than the bridge needs: DELETE on ${name}`,
      fix: 'Make an account of its own for the bridge, with only the grants that docs/his-query.md lists.',
    });
  }
  return findings;
}

function keysOf(proved: Proved): string[] {
  return parametersOf(proved).filter((name) => name.startsWith('key_'));
}

async function undoFindings({ db, statements }: CheckParts, { kind }: Proved): Promise<Finding[]> {
  const check = 'his-undo';
  if (kind === 'update') {
    return statements.undo === null
      ? []
      : [{ check, level: 'warn', message: '"undo" is not used: an UPDATE is taken back by its own key' }];
  }
  if (statements.undo === null) {
    return [
      {
        check,
        level: 'warn',
        message: 'a code that was put cannot be taken back by the bridge: there is no "undo"',
        fix: 'Add "undo": an UPDATE or DELETE by :vn and :claimCode; see docs/his-query.md.',
      },
    ];
  }
  const undo = await proveOf(db, statements.undo, proveUndo);
  return [
    'faults' in undo
      ? { check, level: 'fail', message: `nothing is written: undo: ${undo.faults.join('; ')}` }
      : {
          check,
          level: 'ok',
          message: `"undo" takes back a row of ${undo.proved.table.name} that holds the very code`,
        },
  ];
}
