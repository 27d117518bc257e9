/**
 * The statements that write, put together from what `write-proof.ts` has proved: names as the catalogue spells them, values bound.
 * What stood in the configuration's text beyond that is not in them.
 */

import { sql } from 'kysely';
import { rawText } from '../fields.ts';
import type { SqlDialect, SqlText } from '../sql/dialect.ts';
import type { Values } from './statement.ts';
import type { TableColumn } from './table-facts.ts';
import type { Condition, Operand, Value } from './write-grammar.ts';
import type { Key, Proved } from './write-proof.ts';

/** What a row of the table holds, as text. */
export interface Standing {
  code: string | null;
  /** By column, of what is set beside the code. */
  others: Readonly<Record<string, string | null>>;
}

export class WriteStatements {
  readonly #proved: Proved;
  readonly #dialect: SqlDialect;
  readonly #table: SqlText;

  constructor(proved: Proved, dialect: SqlDialect) {
    this.#proved = proved;
    this.#dialect = dialect;
    this.#table = sql.id(proved.table.schema, proved.table.name);
  }

  /** UPDATE: the code only while the column is empty; what stands beside it is filled only where nothing stands. */
  update(values: Values): SqlText {
    const { code, others, also, key } = this.#proved;
    const sets = [sql`${id(code)} = ${values.claimCode}`];
    for (const { column, value } of others.values()) {
      sets.push(
        sql`${id(column)} = case when ${this.#isEmpty(column)} then ${this.#value(value, values, column)} else ${id(column)} end`,
      );
    }
    const where = [
      ...this.#named(key, values),
      this.#isEmpty(code),
      ...also.map((one) => this.#condition(one, values)),
    ];
    return sql`update ${this.#table} set ${sql.join(sets)} where ${sql.join(where, sql` and `)}`;
  }

  /** The code, and what is set beside it, as they stand in the row. */
  standing(values: Values): SqlText {
    const { code, others, key } = this.#proved;
    const fields = [
      sql`${this.#dialect.asText(id(code))} as code`,
      ...[...others.values()].map(
        ({ column }, i) => sql`${this.#dialect.asText(id(column))} as ${sql.id(`other${i}`)}`,
      ),
    ];
    return sql`select ${sql.join(fields)} from ${this.#table} where ${sql.join(this.#named(key, values), sql` and `)}`;
  }

  readStanding(row: Readonly<Record<string, unknown>>): Standing {
    const others = [...this.#proved.others.keys()].map(
      (column, i) => [column, rawText(row[`other${i}`])] as const,
    );
    return { code: rawText(row.code), others: Object.fromEntries(others) };
  }

  /** Puts `previous` in the place of what the column holds, and empties what was filled beside it, only while they hold that. */
  putBack(
    values: Values,
    holds: string,
    previous: string | null,
    filled: Readonly<Record<string, string>>,
  ): SqlText {
    const { code, key, others } = this.#proved;
    const sets = [sql`${id(code)} = ${previous}`];
    for (const { column } of others.values()) {
      const was = filled[column.name];
      if (was === undefined) continue;
      sets.push(
        sql`${id(column)} = case when ${this.#dialect.asText(id(column))} = ${was} then null else ${id(column)} end`,
      );
    }
    const where = [...this.#named(key, values), sql`${id(code)} = ${holds}`];
    return sql`update ${this.#table} set ${sql.join(sets)} where ${sql.join(where, sql` and `)}`;
  }

  insert(values: Values): SqlText {
    const { row, table, unless } = this.#proved;
    const column = (name: string): TableColumn | undefined => table.columns.find((one) => one.name === name);
    const columns = sql.join([...row.keys()].map((name) => sql.id(name)));
    const put = sql.join([...row].map(([name, value]) => this.#value(value, values, column(name))));
    if (unless === null) return sql`insert into ${this.#table} (${columns}) values (${put})`;
    const dual = this.#dialect.name === 'mysql' ? sql` from dual` : sql``;
    return sql`insert into ${this.#table} (${columns}) select ${put}${dual}
      where not exists (select 1 from ${this.#table} where ${this.#condition(unless, values)})`;
  }

  /** Of a configured `undo`. */
  takeBack(values: Values): SqlText {
    const { kind, key, also, others } = this.#proved;
    const where = sql.join(
      [...this.#named(key, values), ...also.map((one) => this.#condition(one, values))],
      sql` and `,
    );
    if (kind === 'delete') return sql`delete from ${this.#table} where ${where}`;
    const sets = [...others.values()].map(
      ({ column, value }) => sql`${id(column)} = ${this.#value(value, values, column)}`,
    );
    return sql`update ${this.#table} set ${sql.join(sets)} where ${where}`;
  }

  #named(key: Key, values: Values): SqlText[] {
    return [...key].map(([column, value]) => sql`${sql.id(column)} = ${this.#value(value, values)}`);
  }

  #isEmpty(column: TableColumn): SqlText {
    return column.isText
      ? sql`(${id(column)} is null or ${this.#trimmed(id(column))} = '')`
      : column.isDate
        ? this.#dialect.isNoDate(id(column))
        : sql`${id(column)} is null`;
  }

  /** SQL Server knows TRIM only from 2017 on. */
  #trimmed(text: SqlText): SqlText {
    return this.#dialect.name === 'mssql' ? sql`ltrim(rtrim(${text}))` : sql`trim(${text})`;
  }

  #value(value: Value, values: Values, into?: TableColumn): SqlText {
    switch (value.kind) {
      case 'parameter': {
        const given = values[value.name];
        if (given === undefined) throw new Error(`write: no value for :${value.name}`);
        // within SELECT or CASE PostgreSQL takes a bound value for text, unless it is told
        return into?.castTo === undefined ? sql`${given}` : sql`cast(${given} as ${sql.raw(into.castTo)})`;
      }
      case 'text':
        return into?.castTo === undefined
          ? sql`${value.text}`
          : sql`cast(${value.text} as ${sql.raw(into.castTo)})`;
      case 'number':
        return sql.raw(value.text);
      case 'null':
        return sql`null`;
      case 'made':
        return sql.raw(MADE[value.by] ?? 'null');
    }
  }

  #condition(condition: Condition, values: Values): SqlText {
    switch (condition.kind) {
      case 'and':
      case 'or':
        return sql`(${sql.join(
          condition.of.map((one) => this.#condition(one, values)),
          condition.kind === 'and' ? sql` and ` : sql` or `,
        )})`;
      case 'not':
        return sql`not (${this.#condition(condition.of, values)})`;
      case 'compare':
        return sql`${this.#operand(condition.left, values)} ${sql.raw(SIGNS[condition.sign] ?? '=')} ${this.#operand(condition.right, values)}`;
      case 'null':
        return sql`${this.#operand(condition.of, values)} is ${condition.isNull ? sql`null` : sql`not null`}`;
      case 'in': {
        const list = sql.join(condition.list.map((one) => this.#operand(one, values)));
        return sql`${this.#operand(condition.of, values)} ${condition.isIn ? sql`in` : sql`not in`} (${list})`;
      }
    }
  }

  #operand(operand: Operand, values: Values): SqlText {
    if (operand.kind === 'column') return sql.id(operand.name);
    if (operand.kind !== 'function') return this.#value(operand, values);
    const of = sql.join(operand.of.map((one) => this.#operand(one, values)));
    return sql`${sql.raw(FUNCTIONS[operand.name] ?? 'coalesce')}(${of})`;
  }
}

const SIGNS: Readonly<Record<string, string>> = {
  ...{ '=': '=', '<>': '<>', '!=': '<>', '<': '<', '>': '>', '<=': '<=', '>=': '>=' },
};

const FUNCTIONS: Readonly<Record<string, string>> = {
  ...{
    trim: 'trim',
    ltrim: 'ltrim',
    rtrim: 'rtrim',
    coalesce: 'coalesce',
    ifnull: 'ifnull',
    isnull: 'isnull',
  },
  ...{ nullif: 'nullif', lower: 'lower', upper: 'upper' },
};

const MADE: Readonly<Record<string, string>> = {
  ...{ now: 'now()', getdate: 'getdate()', sysdatetime: 'sysdatetime()', uuid: 'uuid()', newid: 'newid()' },
  ...{
    current_timestamp: 'current_timestamp',
    localtimestamp: 'localtimestamp',
    current_date: 'current_date',
  },
  gen_random_uuid: 'gen_random_uuid()',
};

function id(column: TableColumn): SqlText {
  return sql.id(column.name);
}
