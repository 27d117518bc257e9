import { sql } from 'kysely';
import { isBridgeError } from '../../../../src/domain/bridge-error.ts';
import type { Finding } from '../../../../src/service/ports/finding.ts';
import type { SqlDatabase } from '../database.ts';

/**
 * The checks of a HIS, after the one that says whether it answers at all; `rest` may throw. `his`: as people call it.
 */
export async function checkReached(
  db: SqlDatabase,
  his: string,
  rest: () => Promise<Finding[]>,
): Promise<Finding[]> {
  const reach = await checkReach(db, his);
  if (reach.level === 'fail') return [reach];
  try {
    return [reach, ...(await rest())];
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    return [reach, { check: 'his-answers', level: 'fail', message: error.message }];
  }
}

async function checkReach(db: SqlDatabase, his: string): Promise<Finding> {
  try {
    const { rows } = await db.run(sql`select ${db.dialect.version} as version`);
    const version = String(rows[0]?.version).split(/ on |\n/)[0];
    return { check: 'his-reachable', level: 'ok', message: `${his} answers: ${version}` };
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    const fix =
      error.code === 'his-denied'
        ? 'Check user name, password and the address that the account may come from (his.url).'
        : 'Check host, port and database name in his.url, and the firewall between this machine and the database.';
    return { check: 'his-reachable', level: 'fail', message: error.message, fix };
  }
}
