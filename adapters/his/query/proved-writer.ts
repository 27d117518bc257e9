/** The writer of a configuration whose statements are proved against the table as it is now. */

import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { SqlServer } from '../sql/database.ts';
import { ScanError } from './scan.ts';
import type { Statements, Write } from './statements.ts';
import { readTable, type TableFacts } from './table-facts.ts';
import type { WriteText } from './write-grammar.ts';
import { type Proof, type Proved, proveUndo, proveWrite } from './write-proof.ts';
import { Writer, type WriterOptions } from './writer.ts';

type Needs = Pick<WriterOptions, 'db' | 'look' | 'written'> & { statements: Statements };

/** Throws BridgeError `his-schema` with every reason when they are not proved: then nothing is written at all. */
export async function provedWriter({ db, statements, look, written }: Needs): Promise<Writer> {
  const write = await proveOf(db, statements.write, proveWrite);
  const undo = statements.undo === null ? null : await proveOf(db, statements.undo, proveUndo);
  const faults = [
    ...('faults' in write ? write.faults.map((fault) => `write: ${fault}`) : []),
    ...(undo !== null && 'faults' in undo ? undo.faults.map((fault) => `undo: ${fault}`) : []),
  ];
  if ('faults' in write || faults.length > 0) {
    throw new BridgeError('his-schema', `nothing is written: ${faults.join('; ')}`, { retry: 'no' });
  }
  const taken = undo !== null && 'proved' in undo && write.proved.kind === 'insert' ? undo.proved : null;
  return new Writer({ db, write: write.proved, undo: taken, look, written });
}

/** Throws BridgeError when the engine cannot be asked. */
export async function proveOf(
  db: SqlServer,
  write: Write,
  prove: (text: WriteText, table: TableFacts) => Proof,
): Promise<{ proved: Proved } | { faults: string[] }> {
  if ('faults' in write) return write;
  try {
    return prove(write.text, await readTable(db, write.text.table));
  } catch (error) {
    if (!(error instanceof ScanError)) throw error;
    return { faults: [error.message] };
  }
}
