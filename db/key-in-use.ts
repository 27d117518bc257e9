/** The secret key that something in the ledger rests under already: where it is lost, no new one may quietly take its place. */

import type { Engine } from './engine.ts';
import { keyIdOfRow } from './token-row.ts';

/** Its id; null while nothing is sealed. A photo whose key was given up counts for nothing. */
export async function keyInUse(engine: Engine): Promise<string | null> {
  const { db } = engine;
  const token = db.selectFrom('token').selectAll().orderBy('hcode').orderBy('kind').limit(1);
  const [row] = await engine.read(token.compile());
  if (row !== undefined) return keyIdOfRow(row);
  const photo = db.selectFrom('read_photo').select('key_id').where('is_lost', '=', 0).limit(1);
  return (await engine.read(photo.compile()))[0]?.key_id ?? null;
}
