/** A key that may do everything, in a ledger that is made for it. */

import { openLedger } from '../../db/open-ledger.ts';
import { makeKey } from '../../src/http/api-key.ts';
import { SCOPE_NAMES } from '../../src/http/scopes.ts';

/** Brings the ledger's tables, adds the key, and returns what its holder sends. */
export async function addKey(store: string, name: string): Promise<string> {
  const ledger = await openLedger(store);
  try {
    await ledger.migrate();
    const { id, text, hash } = makeKey();
    const anywhere = { hcode: null, stationId: null, revokedAt: null };
    await ledger.addKey({ id, name, hash, scopes: SCOPE_NAMES, createdAt: Date.now(), ...anywhere });
    return text;
  } finally {
    await ledger.close();
  }
}
