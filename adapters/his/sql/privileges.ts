/** What the connected account may do, found out by harmless probes; and the GRANT that would permit it. */

import { sql } from 'kysely';
import { isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { SqlDatabase } from './database.ts';
import type { SqlText } from './dialect.ts';

export type Privilege = 'select' | 'insert' | 'update' | 'delete';

export class Privileges {
  readonly #db: SqlDatabase;
  /** As a GRANT names it: `'bridge'@'%'`, or a quoted role. */
  readonly account: string;
  /** `hos.` in front of a table on MariaDB; nothing on PostgreSQL. */
  readonly #prefix: string;

  private constructor(db: SqlDatabase, account: string, prefix: string) {
    this.#db = db;
    this.account = account;
    this.#prefix = prefix;
  }

  static async of(db: SqlDatabase): Promise<Privileges> {
    const isMysql = db.dialect.name === 'mysql';
    const { rows } = await db.run(
      isMysql
        ? sql`select current_user() as account, database() as name`
        : sql`select quote_ident(current_user) as account, current_database() as name`,
    );
    const account = String(rows[0]?.account);
    if (!isMysql) return new Privileges(db, account, '');
    const at = account.lastIndexOf('@');
    const quoted = `'${account.slice(0, at)}'@'${account.slice(at + 1)}'`;
    return new Privileges(db, quoted, `${String(rows[0]?.name)}.`);
  }

  /** Tables and columns are names that the database itself has told. Throws when it cannot be found out. */
  async may(privilege: Privilege, table: string, columns: readonly string[] = []): Promise<boolean> {
    if (this.#db.dialect.name === 'postgres') return this.#postgresMay(privilege, table, columns);
    try {
      // EXPLAIN needs the same rights as the statement and touches no row
      await this.#db.run(sql`explain ${statement(privilege, table, columns)}`);
      return true;
    } catch (error) {
      if (isBridgeError(error, 'his-denied')) return false;
      throw error;
    }
  }

  grant(privilege: Privilege, table: string, columns: readonly string[] = []): string {
    const list = columns.length === 0 ? '' : ` (${columns.map((column) => this.#quoted(column)).join(', ')})`;
    return `GRANT ${privilege.toUpperCase()}${list} ON ${this.#prefix}${table} TO ${this.account};`;
  }

  /** PostgreSQL takes a name with capitals for another one unless it is quoted. */
  #quoted(column: string): string {
    return this.#db.dialect.name === 'postgres' && /[A-Z]/.test(column) ? `"${column}"` : column;
  }

  async #postgresMay(privilege: Privilege, table: string, columns: readonly string[]): Promise<boolean> {
    const each =
      columns.length === 0
        ? sql`has_table_privilege(${table}::text, ${privilege}::text)`
        : sql.join(
            columns.map((c) => sql`has_column_privilege(${table}::text, ${c}::text, ${privilege}::text)`),
            sql` and `,
          );
    const { rows } = await this.#db.run(sql`select case when ${each} then 'yes' else 'no' end as may`);
    return rows[0]?.may === 'yes';
  }
}

function statement(privilege: Privilege, table: string, columns: readonly string[]): SqlText {
  const name = sql.table(table);
  if (privilege === 'delete') return sql`delete from ${name} where 1 = 0`;
  const named = columns.map((column) => sql.ref(column));
  if (privilege === 'select')
    return sql`select ${named.length === 0 ? sql`1` : sql.join(named)} from ${name} where 1 = 0`;
  if (privilege === 'insert') {
    const values = sql.join(named.map(() => sql`null`));
    return sql`insert into ${name} (${sql.join(named)}) select ${values} where 1 = 0`;
  }
  return sql`update ${name} set ${sql.join(named.map((column) => sql`${column} = null`))} where 1 = 0`;
}
