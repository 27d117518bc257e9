/** The SQL texts of the configuration, read and held to their rules. */

import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { QueryOptions, SqlLines } from '../options.ts';
import { type Engine, ScanError } from './scan.ts';
import { type ParameterRule, parameterFaults, selectFaults } from './select-rules.ts';
import { Statement } from './statement.ts';
import { readWrite, type WriteText } from './write-grammar.ts';

const DAY: ParameterRule = {
  may: ['date', 'otherDate', 'nextDate', 'from', 'fromTime', 'until'],
  must: [['date'], ['from', 'until']],
};
const RULES = {
  visits: DAY,
  visit: { may: ['vn'], must: [['vn']] },
  newer: { may: DAY.may, must: [['from'], ['fromTime']] },
  missing: DAY,
  write: { may: ['vn', 'claimCode', 'claimType', 'issuedAt', 'key_…'], must: [['claimCode']] },
  undo: { may: ['vn', 'claimCode', 'key_…'], must: [['claimCode']] },
} as const satisfies Record<string, ParameterRule>;

type Name = keyof typeof RULES;

/** A text that writes, as it was read; or every reason why it was not. */
export type Write = { text: WriteText } | { faults: string[] };

export interface Statements {
  engine: Engine;
  visits: Statement;
  visit: Statement;
  newer: Statement | null;
  missing: Statement | null;
  write: Write;
  undo: Write | null;
}

function engineOf(url: string): Engine {
  if (/^(mysql|mariadb):\/\//.test(url)) return 'mysql';
  if (/^postgres(ql)?:\/\//.test(url)) return 'postgres';
  if (/^(mssql|sqlserver):\/\//.test(url)) return 'mssql';
  throw new BridgeError('config', 'his.url: expected mysql://…, postgres://… or mssql://…', { retry: 'no' });
}

/**
 * Throws BridgeError `config` that names each SELECT which breaks a rule, with all that is wrong with it. What is wrong with the
 * statements that write is told where they are used: visits are seen without them.
 */
export function readStatements({ url, statements }: Pick<QueryOptions, 'url' | 'statements'>): Statements {
  const engine = engineOf(url);
  const faults: string[] = [];
  const select = (name: Name): Statement | null => {
    const lines = statements[name];
    if (lines === undefined) return null;
    const read = readOne(name, lines, engine);
    const found = 'faults' in read ? read.faults : selectFaults(read.statement, RULES[name]);
    faults.push(...found.map((fault) => `his.statements.${name}: ${fault}`));
    return 'faults' in read ? null : read.statement;
  };
  const [visits, visit, newer, missing] = (['visits', 'visit', 'newer', 'missing'] as const).map(select);
  if (faults.length > 0 || !visits || !visit) {
    throw new BridgeError('config', faults.join('\n  '), { retry: 'no' });
  }
  return {
    ...{ engine, visits, visit, newer: newer ?? null, missing: missing ?? null },
    write: readWriting('write', statements.write, engine),
    undo: statements.undo === undefined ? null : readWriting('undo', statements.undo, engine),
  };
}

function readWriting(name: 'write' | 'undo', lines: SqlLines, engine: Engine): Write {
  const read = readOne(name, lines, engine);
  if ('faults' in read) return read;
  try {
    const text = readWrite(read.statement.tokens);
    const faults = parameterFaults(read.statement.parameters, RULES[name]);
    return faults.length > 0 ? { faults } : { text };
  } catch (error) {
    return { faults: [reason(error)] };
  }
}

function readOne(
  name: Name,
  lines: SqlLines,
  engine: Engine,
): { statement: Statement } | { faults: string[] } {
  try {
    return { statement: new Statement(name, typeof lines === 'string' ? lines : lines.join('\n'), engine) };
  } catch (error) {
    return { faults: [reason(error)] };
  }
}

function reason(error: unknown): string {
  if (error instanceof ScanError) return error.message;
  throw error;
}
