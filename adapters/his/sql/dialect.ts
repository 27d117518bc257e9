/** What has to be written differently for the three families of engines. */

import {
  DummyDriver,
  Kysely,
  MssqlAdapter,
  MssqlIntrospector,
  MssqlQueryCompiler,
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

/** As a driver takes it. */
export interface CompiledSql {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export interface SqlDialect {
  readonly name: 'mysql' | 'postgres' | 'mssql';
  /** What is compiled already comes back as it is. */
  compile(statement: SqlText | CompiledSql): CompiledSql;
  /** A date, time or timestamp as ISO text, whatever the driver would make of it. */
  asText(value: SqlText): SqlText;
  /** True for a date column without a date: NULL, and the zero date where the engine knows it. */
  isNoDate(column: SqlText): SqlText;
  /** One text for a whole set of rows, that differs when a value in them does; the order of rows does not matter. */
  fingerprint(values: readonly SqlText[]): SqlText;
  /** The server's clock, UTC epoch milliseconds. */
  readonly epochMs: SqlText;
  /** What the server calls itself. */
  readonly version: SqlText;
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
  version: sql`version()`,
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
  version: sql`version()`,
};

/** SQL Server 2012 and newer. */
export const mssqlDialect: SqlDialect = {
  name: 'mssql',
  compile: compiler(
    new Kysely<unknown>({
      dialect: {
        createAdapter: () => new MssqlAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (db) => new MssqlIntrospector(db),
        createQueryCompiler: () => new MssqlQueryCompiler(),
      },
    }),
  ),
  // style 121: dates as ISO text; other types do not look at it
  asText: (value) => sql`convert(nvarchar(4000), ${value}, 121)`,
  isNoDate: (column) => sql`${column} is null`,
  fingerprint: (values) => {
    const each = values.map((value) => sql`${orEmpty(value)}, N'|'`);
    const start = sql`substring(hashbytes('MD5', concat(N'', ${sql.join(each)})), 1, 4)`;
    return sql`concat(count_big(*), '-', coalesce(sum(cast(cast(${start} as int) as bigint)), 0))`;
  },
  // DATEDIFF in milliseconds would overflow, and DATEDIFF_BIG is not in the older ones
  epochMs: sql`(cast(datediff(second, '1970-01-01', sysutcdatetime()) as bigint) * 1000 + datepart(millisecond, sysutcdatetime()))`,
  version: sql`@@version`,
};

/** `concat_ws` drops NULLs, so that a value that moves from one column to the next would go unseen. */
function orEmpty(value: SqlText): SqlText {
  return sql`coalesce(${value}, '')`;
}

export type Prepared<V extends object> = (values: Readonly<V>) => CompiledSql;

/**
 * Kysely needs some 50 µs to put a statement together. One that is sent for every visit is therefore built a single time,
 * with slots for its values: `prepared(dialect, (v: { vn: string }) => sql`… where vn = ${v.vn}`)`.
 */
export function prepared<V extends object>(dialect: SqlDialect, build: (values: V) => SqlText): Prepared<V> {
  let template: CompiledSql | undefined;
  return (values) => {
    template ??= dialect.compile(build(slots<V>()));
    const given = values as Readonly<Record<string, unknown>>;
    const { sql: text, parameters } = template;
    return { sql: text, parameters: parameters.map((p) => (p instanceof Slot ? given[p.name] : p)) };
  };
}

class Slot {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** Stands for the values while the statement is built: whatever is read from it is a slot of that name. */
function slots<V extends object>(): V {
  return new Proxy({}, { get: (_, name) => new Slot(String(name)) }) as V;
}

function compiler(kysely: Kysely<unknown>): SqlDialect['compile'] {
  return (statement) => {
    if ('parameters' in statement) return statement;
    const { sql: text, parameters } = statement.compile(kysely);
    return { sql: text, parameters };
  };
}
