// biome-ignore-all lint/suspicious/noTemplateCurlyInString: source texts are what this is about
/** SQL only with bound parameters: whatever else goes into a statement's text stands here, with the reason why it may. */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HosxpOptions } from '../../adapters/his/options.ts';
import { openHis } from '../../adapters/his/registry.ts';
import { createSchema } from '../../simulators/his/hosxp/schema.ts';
import { simDbOver } from '../../simulators/his/sim-db.ts';
import { configSchema } from '../../src/config.ts';
import { hisOptions } from '../adapters/his/hosxp/support.ts';
import { freshPglite } from '../support/pglite.ts';
import { SAMPLE_AT } from '../support/samples.ts';
import { sqlFinds } from './sql-texts.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const CATALOGUE = 'a name as the catalogue of the database itself spells it, quoted by Kysely';
const OWN_TABLE = 'a table that the adapter names in its code; as a constant, so that MariaDB plans for it';
const NUMBER = 'a number that the configuration schema has checked; SET takes no parameters';
const COMPILED = 'hands on what Kysely compiled: text, and values apart';
const CONFIGURED =
  'a SELECT of the configuration that query/select-rules.ts has looked at, its values bound; names as the engine told them';
const MIGRATION = "a table that the migration's own code names; DDL takes no parameters";

/** By file: how what stands there begins, and why it may. A text put together is found by itself, also where it is run at once. */
const MAY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'adapters/his/hospitalos/visit-query.ts': { 'sql.ref(name)': 'a name of the list VISIT_FIELDS' },
  'adapters/his/hosxp/visit-query.ts': { 'sql.ref(name)': 'a name of the list VISIT_FIELDS' },
  'adapters/his/jhcis/visit-query.ts': { 'sql.ref(name)': 'a name of the list VISIT_FIELDS' },
  'adapters/his/sql/capture/mysql-binlog.ts': {
    'connection.query<RowDataPacket[]>(statement':
      'statements that are written out in the same file, with a constant of ours in one',
  },
  'adapters/his/sql/capture/postgres-logical.ts': {
    'client.query<{ name: string; asked_for: string }>(TABLES)': 'a constant beside it',
    'client.query(`set lock_timeout = ${WAIT_MS}`)': 'a constant beside it',
    'client.query(`CREATE_REPLICATION_SLOT ${slot}':
      'a name of random hexadecimal digits; the commands of replication take no parameters',
    'inside(client).query( `START_REPLICATION SLOT ${options.slot}': 'the same name',
    '`ALTER ROLE $': 'a sentence for a person; the bridge never runs it',
  },
  'adapters/his/query/adapter.ts': {
    '`select count(*) as n from ${q}`': CONFIGURED,
    '`select ${fingerprint} as digest from ${q}`': CONFIGURED,
  },
  'adapters/his/query/write-build.ts': {
    'sql.id(proved.table.schema, proved.table.name)': CATALOGUE,
    'sql.id(`other${i}`)': 'a name of our own with a number',
    'sql.id(name)': CATALOGUE,
    'sql.id(column)': CATALOGUE,
    'sql.id(operand.name)': CATALOGUE,
    'sql.id(column.name)': CATALOGUE,
    'sql.raw(into.castTo)': 'a type of the list CASTS',
    'sql.raw(value.text)': 'digits and at most one dot: what the scanner takes for a number',
    "sql.raw(MADE[value.by] ?? 'null')": 'of the list MADE',
    "sql.raw(SIGNS[condition.sign] ?? '=')": 'of the list SIGNS',
    "sql.raw(FUNCTIONS[operand.name] ?? 'coalesce')": 'of the list FUNCTIONS',
  },
  'adapters/his/sql/catalog.ts': { 'sql.lit(table)': OWN_TABLE },
  'adapters/his/sql/checks/form.ts': { '`Grant SELECT on them; if': 'a sentence for a person' },
  'adapters/his/sql/indexes.ts': { 'sql.lit(table)': OWN_TABLE },
  'adapters/his/sql/layout.ts': {
    'sql.ref(`${alias}.${found.name}`)': CATALOGUE,
    'sql.ref(this.#catalog.column(table, column)?.name ?? column)': CATALOGUE,
  },
  'adapters/his/sql/mysql.ts': {
    '`SET SESSION lock_wait_timeout = ${seconds}, innodb_lock_wait_timeout = ${seconds}`': NUMBER,
    '`SET SESSION max_statement_time = ${this.#timeoutMs / 1000}`': NUMBER,
    '`SET SESSION max_execution_time = ${this.#timeoutMs}`': NUMBER,
    'connection.query': COMPILED,
    'connection.execute': COMPILED,
  },
  'adapters/his/sql/mssql.ts': {
    'request.query(`SET LOCK_TIMEOUT ${this.#timeoutMs}; ${sql}`)':
      'hands on what Kysely compiled, behind a number that the schema has checked',
  },
  'adapters/his/sql/pglite.ts': { 'pglite.query(sql, [...parameters])': COMPILED },
  'adapters/his/sql/postgres.ts': {
    'client.query(sql, [...parameters])': COMPILED,
    'client.query(isSerializable': 'one of two constants',
    'client.query(isRight(': 'one of two constants',
  },
  'adapters/his/sql/privileges.ts': {
    '`GRANT ${privilege.toUpperCase()}${list} ON ${this.#prefix}${table} TO ${this.account};`':
      'a sentence for the person who runs doctor; the bridge never runs it',
    'sql.table(table)': OWN_TABLE,
    'sql.ref(column)': CATALOGUE,
  },
  'db/cursor.ts': {
    'sql.ref(c)': 'columns of the lists that db/ itself sorts by',
    "sql.raw(direction === 'asc' ? '>' : '<')": 'one of two signs',
  },
  'db/migrate.ts': { 'db.transaction().execute(up)': 'runs a function' },
  'db/migrations/dialect.ts': {
    'sql.lit(`${table} is append-only`)': MIGRATION,
    'sql.id(`${table}_no_${action}`)': MIGRATION,
    'sql.raw(action)': 'update or delete',
    'sql.id(table)': MIGRATION,
    'sql.id(`${table}_refuse`)': MIGRATION,
    'sql.id(`${table}_append_only`)': MIGRATION,
  },
  'db/postgres/engine.ts': {
    'this.#pool.query(asStatement(query))': COMPILED,
    'client.query(statement)': COMPILED,
  },
  'db/reported.ts': { 'sql.lit(0)': 'a constant, written so for the partial index' },
  'db/sqlite/dialect.ts': { "this.#file.prepare(sql === 'begin' ? 'begin immediate' : sql)": COMPILED },
  'db/sqlite/engine.ts': {
    'this.#statements.prepare(': COMPILED,
    'sql.val(at)': 'bound as any other value',
  },
  'db/sqlite/open-file.ts': { 'db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`)': 'a constant beside it' },
  'queues/backends/pool-clock.ts': {
    'pool.query(LAST_LOOK, [queues, now])': 'a constant beside it, values apart',
    'pool.query(LOCKS, [queues, now, lockMs])': 'a constant beside it, values apart',
  },
  'queues/backends/embedded.ts': {
    'db.exec(`SET search_path TO ${SCHEMA}, public`)': 'a constant beside it',
    '`SET search_path TO ${SCHEMA}, public`': 'a constant beside it',
  },
  'queues/backends/pglite-pool.ts': {
    'db.exec(text)': "BullMQ's own statements, text and values apart",
    'db.query<R>(text, [...params])': "BullMQ's own statements, text and values apart",
  },
  'queues/backends/postgres.ts': {
    '`PostgreSQL ${MINIMUM_POSTGRES_VERSION} or newer is needed, and the right: GRANT CREATE ON DATABASE <database> TO <user>':
      'a sentence for a person',
  },
};

describe('the texts', () => {
  test('of SQL in the tree are written out, or stand in the list above', () => {
    const files = globSync('{src,adapters,db,queues}/**/*.ts', { cwd: ROOT }).sort();
    expect(files.length).toBeGreaterThan(150);
    const used = new Set<string>();
    const unexplained = files.flatMap((file) =>
      sqlFinds(readFileSync(join(ROOT, file), 'utf8')).flatMap((find) => {
        const key = Object.keys(MAY[file] ?? {}).find((begin) => find.startsWith(begin));
        if (key !== undefined) used.add(`${file}: ${key}`);
        return key === undefined ? [`${file}: ${find}`] : [];
      }),
    );
    expect(unexplained).toEqual([]);
    // and none stands in the list that is gone from the tree
    const listed = Object.entries(MAY).flatMap(([file, keys]) =>
      Object.keys(keys).map((key) => `${file}: ${key}`),
    );
    expect([...used].sort()).toEqual(listed.sort());
  });

  test.each([
    ['a template', 'db.run(`select * from ovst where vn = ${vn}`)', 1],
    ['a sum', "db.run('delete from ovst where vn = ' + vn)", 1],
    ['raw', 'sql`select ${sql.raw(column)} from ovst`', 1],
    ['a literal', 'sql`select 1 where vn = ${sql.lit(vn)}`', 1],
    ['a name', 'sql`select ${sql.ref(column)} from ovst`', 1],
    ['a variable that is run', 'client.query(text)', 1],
    ['a template that is run, under a comment', '/* ก */\nclient.query(`UPDATE x SET a = ${a}`)', 2],
    ['bound values', 'sql`select * from ovst where vn = ${vn}`', 0],
    ['a text that is written out', "client.query('begin'); sql.raw('asc')", 0],
    ['another template', 'log(`read ${n} rows`)', 0],
  ])('are found: %s', (_what, source, finds) => {
    expect(sqlFinds(source)).toHaveLength(finds);
  });
});

describe('names that come from the configuration', () => {
  const EVIL = [
    "auth_code\" = 'x' --",
    'auth_code; drop table ovst',
    'password',
    'ovst.vn',
    '',
    '`x`',
    'r"."vn',
  ];

  test('are of a list', () => {
    const site = {
      hcode: '10978',
      stations: [{ id: 'c', agentUrl: 'http://127.0.0.1' }],
      his: { kind: 'hosxp', url: 'mysql://u@h/d' },
    };
    for (const writeBack of EVIL) {
      const { error } = configSchema.safeParse({ sites: [{ ...site, his: { ...site.his, writeBack } }] });
      expect(error?.issues.map((i) => i.path.join('.'))).toEqual(['sites.0.his.writeBack']);
    }
  });

  test('are looked up in the catalogue besides, before anything is asked or written', {
    timeout: 60_000,
  }, async () => {
    const pglite = await freshPglite();
    const db = simDbOver(pglite);
    await createSchema(db);
    try {
      for (const writeBack of EVIL) {
        const his = openHis(
          hisOptions({ url: 'pglite:', pglite, writeBack: writeBack as HosxpOptions['writeBack'] }),
        );
        const request = { vn: '1', claimCode: 'PP1', claimType: null, issuedAt: SAMPLE_AT };
        await expect(his.writeBack(request)).rejects.toMatchObject({ code: 'his-schema' });
        await his.close();
      }
      expect((await db.query('select count(*) as n from ovst')).length).toBe(1);
    } finally {
      await pglite.close();
    }
  });
});
