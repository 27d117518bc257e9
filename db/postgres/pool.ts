/** How the ledger connects to PostgreSQL. */

import { type PoolConfig, types } from 'pg';

/** PostgreSQL's type number of `bigint`, which node-postgres hands out as text. Ours are instants and counters. */
const INT8 = 20;

export interface PostgresOptions {
  /** The ledger's tables stand in a schema of their own. */
  schema: string;
  /** Size of the pool. */
  connections: number;
}

export function poolSettings(url: string, options: PostgresOptions): PoolConfig {
  return {
    connectionString: url,
    application_name: 'authen-bridge',
    max: options.connections,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    // queries that need no answer of each other go out together
    pipeline: true,
    statement_timeout: 15_000,
    idle_in_transaction_session_timeout: 15_000,
    // a server that vanished without a word (half-open connection) is noticed
    query_timeout: 20_000,
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        oid === INT8 ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
    },
    onConnect: async (client) => {
      await client.query(`select set_config('search_path', $1, false)`, [quoted(options.schema)]);
    },
  };
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
