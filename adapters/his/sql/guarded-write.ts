/**
 * How a code goes into a column of one row: looked at, filled by one UPDATE that carries its own guard, read back (rule
 * 3, "never overwrite"). MyISAM is met, so no transaction is relied on: both engines apply one UPDATE as a whole.
 */

import type { WriteBackOutcome } from '../../../src/service/ports/his.ts';
import { isTooLong } from './errors.ts';

/** The row of one visit, as one HIS keeps it. `K`: the row's full key. */
export interface CodeRow<K> {
  /** What stands there, or the outcome that follows from it before anything is written. */
  look(): Promise<{ outcome: WriteBackOutcome } | { key: K; holds: string | null }>;
  /** One UPDATE by the full key, only while the column is empty. How many rows it met. */
  fill(key: K): Promise<number>;
  /** What the row holds now; `row` is what an undo needs. Null: it is gone. */
  read(key: K): Promise<{ holds: string | null; row: Readonly<Record<string, string>> } | null>;
  /** Puts the old value back, only while the column holds `holds`. */
  putBack(key: K, holds: string, previous: string | null): Promise<void>;
}

export async function writeGuarded<K>(claimCode: string, row: CodeRow<K>): Promise<WriteBackOutcome> {
  const before = await row.look();
  if ('outcome' in before) return before.outcome;
  const { key, holds: previous } = before;
  let affected: number;
  try {
    affected = await row.fill(key);
  } catch (error) {
    if (isTooLong(error)) return { kind: 'not-kept', holds: previous };
    throw error;
  }
  const after = await row.read(key);
  if (after === null) return { kind: 'no-row' };
  if (affected > 0 && after.holds === claimCode) return { kind: 'written', row: after.row, previous };
  if (affected > 0 && isRemnant(after.holds, claimCode)) {
    await row.putBack(key, after.holds, previous);
    return { kind: 'not-kept', holds: after.holds };
  }
  // somebody else was quicker, or wrote over it at once: what stands there now decides
  const now = await row.look();
  return 'outcome' in now ? now.outcome : { kind: 'not-kept', holds: now.holds };
}

/** What a column that is too short, or a trigger that changes letters, makes of our code; not somebody else's value. */
export function isRemnant(holds: string | null, code: string): holds is string {
  const held = holds?.trim().toLowerCase() ?? '';
  return held !== '' && code.toLowerCase().startsWith(held);
}
