/** A key in a ledger that is made for it. */

import { openLedger } from '../../db/open-ledger.ts';
import { makeKey } from '../../src/http/api-key.ts';
import { SCOPE_NAMES, type Scope } from '../../src/http/scopes.ts';

/** What a key is bound to; one that is not bound may do everything. */
export interface Bound {
  scopes?: readonly Scope[];
  hcode?: string;
  stationId?: string;
}

/** Brings the ledger's tables, adds the key, and returns what its holder sends. */
export async function addKey(store: string, name: string, bound: Bound = {}): Promise<string> {
  const { scopes = SCOPE_NAMES, hcode = null, stationId = null } = bound;
  const ledger = await openLedger(store);
  try {
    await ledger.migrate();
    const { id, text, hash } = makeKey();
    await ledger.addKey({ id, name, hash, scopes, hcode, stationId, createdAt: Date.now(), revokedAt: null });
    return text;
  } finally {
    await ledger.close();
  }
}
