/** Opens the ledger that the configuration's `store` names. */

import { BridgeError } from '../src/domain/bridge-error.ts';
import type { Ledger } from '../src/service/ports/ledger.ts';
import type { Engine } from './engine.ts';
import { ledgerOn } from './ledger.ts';
import { type SecretsOptions, secretsOf } from './secrets/secrets.ts';

export interface LedgerOptions {
  /** PostgreSQL: the schema that the tables stand in; `authen_bridge` unless said otherwise. */
  schema?: string;
  /** PostgreSQL: connections in the pool; 8 unless said otherwise. */
  connections?: number;
  /** SQLite: how long a write waits while another process holds the file, ms; 10,000 unless said otherwise. */
  lockWaitMs?: number;
  /** The configuration's `secrets`, for whoever stores or reads tokens. Nothing is read or made before it is needed. */
  secrets?: SecretsOptions;
}

/**
 * `store`: `sqlite:./data/bridge.db`, `sqlite::memory:` (for tests) or `postgres://…`. The ledger is opened as it is:
 * call `migrate()` before anything else. Throws BridgeError `config` for another kind of store, `ledger-unavailable`
 * when a SQLite file cannot be opened; an unreachable PostgreSQL is told by the first call.
 */
export async function openLedger(store: string, options: LedgerOptions = {}): Promise<Ledger> {
  return ledgerOn(await openEngine(store, options), secretsOf(options.secrets ?? {}));
}

/** A driver is loaded when it is wanted: the other one's memory is spared. */
async function openEngine(store: string, options: LedgerOptions): Promise<Engine> {
  if (store.startsWith('sqlite:')) {
    const { SqliteEngine } = await import('./sqlite/engine.ts');
    return new SqliteEngine(store.slice('sqlite:'.length), options.lockWaitMs);
  }
  if (/^postgres(ql)?:\/\//.test(store)) {
    const { schema = 'authen_bridge', connections = 8 } = options;
    const { PostgresEngine } = await import('./postgres/engine.ts');
    return new PostgresEngine(store, { schema, connections });
  }
  throw new BridgeError('config', 'store: expected sqlite:./data/bridge.db or postgres://…', {
    retry: 'no',
  });
}
