/** What can be wrong with a PostgreSQL server that the ledger lives on. */

import type { Pool } from 'pg';
import type { Finding } from '../../src/service/ports/finding.ts';
import { postgresError } from './errors.ts';

interface ServerFacts {
  version: number;
  replica: boolean;
  fsync: string;
  synchronous_commit: string;
  /** The GRANT without which the tables cannot be made; null when they are there, or may be made. */
  missing_grant: string | null;
}

/** Row locks, `on conflict`, identity columns and `execute function` all need at least this. */
const OLDEST = 120_000;

export async function checkServer(pool: Pool): Promise<Finding[]> {
  const facts = await factsOf(pool);
  return [...rights(facts), ...durability(facts)];
}

async function factsOf(pool: Pool): Promise<ServerFacts> {
  try {
    const { rows } = await pool.query<ServerFacts>(
      `select current_setting('server_version_num')::int as version, pg_is_in_recovery() as replica,
        current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit,
        case when current_schema() is null and not has_database_privilege(current_database(), 'create')
          then format('GRANT CREATE ON DATABASE %I TO %I;', current_database(), current_user) end as missing_grant`,
    );
    const [facts] = rows;
    if (facts === undefined) throw new Error('the server told nothing of itself');
    return facts;
  } catch (error) {
    throw postgresError(error);
  }
}

/** The pool's search path is the ledger's schema alone, so that there is no current schema while it is not there. */
function* rights({ missing_grant: fix }: ServerFacts): Generator<Finding> {
  if (fix === null) return;
  yield {
    check: 'ledger-grant',
    level: 'fail',
    message: 'the account may not make the ledger’s tables',
    fix,
  };
}

function* durability(facts: ServerFacts): Generator<Finding> {
  if (facts.version < OLDEST) {
    yield {
      check: 'ledger-server',
      level: 'fail',
      message: `PostgreSQL ${Math.floor(facts.version / 10_000)} is too old; 12 or newer is needed`,
    };
  }
  if (facts.replica) {
    yield {
      check: 'ledger-server',
      level: 'fail',
      message: 'this PostgreSQL is a read-only replica',
      fix: 'let `store` name the primary server',
    };
  }
  if (facts.fsync === 'off' || facts.synchronous_commit === 'off') {
    yield {
      check: 'ledger-durable',
      level: 'warn',
      message: 'PostgreSQL answers commits before they are on the disk; a power cut may lose the last ones',
      fix: 'set fsync = on and synchronous_commit = on',
    };
  } else {
    yield {
      check: 'ledger-durable',
      level: 'ok',
      message: 'commits are on the disk before they are answered',
    };
  }
}
