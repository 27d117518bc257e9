import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { SqlDatabase, SqlOptions, SqlServer } from './database.ts';
import { openMssql } from './mssql.ts';
import { openMysql } from './mysql.ts';
import { openPglite, type PgliteLike } from './pglite.ts';
import { openPostgres } from './postgres.ts';

/** Opens the engine that the URL names (or the PGlite that was given). Nothing is dialled before the first statement. */
export function openSql(options: SqlOptions & { pglite?: PgliteLike }): SqlDatabase {
  if (options.pglite !== undefined) return openPglite(options.pglite, options.statementTimeoutMs);
  return openServer(options);
}

/** As `openSql`, and SQL Server too. */
export function openServer(options: SqlOptions): SqlServer {
  if (/^(mysql|mariadb):\/\//.test(options.url)) return openMysql(options);
  if (/^postgres(ql)?:\/\//.test(options.url)) return openPostgres(options);
  if (/^(mssql|sqlserver):\/\//.test(options.url)) return openMssql(options);
  throw new BridgeError('config', 'his.url: expected mysql://…, postgres://… or mssql://…', { retry: 'no' });
}
