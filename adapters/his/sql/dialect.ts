/** What has to be written differently for the two families of engines. */

import {
  DummyDriver,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  sql,
} from 'kysely';

export type SqlText = RawBuilder<unknown>;

export interface SqlDialect {
  readonly name: 'mysql' | 'postgres';
  compile(statement: SqlText): { sql: string; parameters: readonly unknown[] };
  /** A date, time or timestamp as ISO text, whatever the driver would make of it. */
  asText(value: SqlText): SqlText;
  /** True for a date column without a date: NULL, and the zero date where the engine knows it. */
  isNoDate(column: SqlText): SqlText;
  /** One text for a whole set of rows, that differs when a value in them does; the order of rows does not matter. */
  fingerprint(values: readonly SqlText[]): SqlText;
  /** The server's clock, UTC epoch milliseconds. */
  readonly epochMs: SqlText;
}

export const mysqlDialect: SqlDialect = {
  name: 'mysql',
  compile: compiler(
    new Kysely<unknown>({
      dialect: {
        createAdapter: () => new MysqlAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (db) => new MysqlIntrospector(db),
        createQueryCompiler: () => new MysqlQueryCompiler(),
      },
    }),
  ),
  asText: (value) => sql`cast(${value} as char)`,
  isNoDate: (column) => sql`(${column} is null or ${column} = '0000-00-00')`,
  fingerprint: (values) =>
    sql`concat(count(*), '-', coalesce(sum(crc32(concat_ws('|', ${sql.join(values.map(orEmpty))}))), 0))`,
  epochMs: sql`round(unix_timestamp(now(3)) * 1000)`,
};

export const postgresDialect: SqlDialect = {
  name: 'postgres',
  compile: compiler(
    new Kysely<unknown>({
      dialect: {
        createAdapter: () => new PostgresAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (db) => new PostgresIntrospector(db),
        createQueryCompiler: () => new PostgresQueryCompiler(),
      },
    }),
  ),
  asText: (value) => sql`cast(${value} as text)`,
  isNoDate: (column) => sql`${column} is null`,
  fingerprint: (values) =>
    sql`count(*) || '-' || coalesce(sum(hashtext(concat_ws('|', ${sql.join(values.map(orEmpty))}))::bigint), 0)`,
  epochMs: sql`round(extract(epoch from clock_timestamp()) * 1000)`,
};

/** `concat_ws` drops NULLs, so that a value that moves from one column to the next would go unseen. */
function orEmpty(value: SqlText): SqlText {
  return sql`coalesce(${value}, '')`;
}

function compiler(kysely: Kysely<unknown>): SqlDialect['compile'] {
  return (statement) => {
    const { sql: text, parameters } = statement.compile(kysely);
    return { sql: text, parameters };
  };
}
