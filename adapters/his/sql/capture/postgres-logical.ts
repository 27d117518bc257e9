/**
 * Listens to PostgreSQL's logical decoding over a replication connection, from its present end. The slot is a temporary
 * one: it lives in the connection and is gone with it, so that a bridge that is away can never make the server keep its log.
 * The plugin is `test_decoding`, since `pgoutput` would need a publication, an object of ours in the hospital's database.
 * pg logs in and asks the questions; from START_REPLICATION on the stream is ours, which keeps only the head of a message.
 */

import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { sql } from 'kysely';
import type { Client } from 'pg';
import { CONNECT_TIMEOUT_MS, withDeadline } from '../database.ts';
import { factsOf } from '../errors.ts';
import { LogicalMessages, MESSAGE_HEAD_BYTES, messageOf, statusUpdate } from './logical-messages.ts';
import { type Framing, MessageHeads } from './message-heads.ts';
import { CaptureObstacle } from './obstacle.ts';
import { HEARTBEAT_MS, type LogOptions, type OpenLog, SilenceWatch, silence } from './open-log.ts';

/** What is used of the driver beyond its documented face. The tests on real servers fail when one of it is gone. */
interface Inside {
  stream: Duplex;
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
}

/**
 * A new slot waits until every transaction that is open has ended. The server itself gives the wait up, even when we are
 * gone by then: a slot that is half made keeps log as well.
 */
const WAIT_MS = 10_000;

/** While somebody's transaction stays open the server keeps its log for us. At so much we let go of it. */
const MOST_KEPT_BYTES = 1_073_741_824;
const KEPT_EVERY_MS = 30_000;

const MESSAGES: Framing = {
  headerBytes: 5,
  payloadBytes: (header) => {
    const length = header.readInt32BE(1) - 4;
    if (length < 0) throw new Error('what the database says is not PostgreSQL’s protocol');
    return length;
  },
};

export async function openPostgresLog(
  options: LogOptions & { mostKeptBytes?: number; keptEveryMs?: number },
  heard: () => void,
  signal: AbortSignal,
): Promise<OpenLog> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    connectionString: options.url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    replication: 'database',
  } as ConstructorParameters<typeof Client>[0]);
  const broken = new Promise<never>((_, reject) => {
    client.on('error', reject);
    client.on('end', () => reject(new Error('the database has closed the connection')));
  });
  const givenUp = (): void => void inside(client).stream.destroy(new Error('given up'));
  signal.addEventListener('abort', givenUp);
  broken.catch(() => undefined); // whoever waits for it hears of it
  const inTime = <T>(work: Promise<T>): Promise<T> =>
    withDeadline(CONNECT_TIMEOUT_MS + WAIT_MS, Promise.race([work, broken]), silence);
  try {
    await inTime(client.connect());
    const slot = `authen_bridge_${randomBytes(8).toString('hex')}`;
    const tables = await inTime(prepare(client, options.tables, slot));
    return await inTime(listen(client, broken, { ...options, tables, slot }, heard));
  } catch (error) {
    inside(client).stream.destroy();
    throw inWords(error, options.url);
  } finally {
    signal.removeEventListener('abort', givenUp);
  }
}

/** Sees whether there is anything to be heard, and makes the slot. Returns the tables as the stream spells them. */
async function prepare(client: Client, tables: readonly string[], slot: string): Promise<string[]> {
  const { rows: levels } = await client.query<{ wal_level: string }>('show wal_level');
  if (levels[0]?.wal_level !== 'logical') {
    throw new CaptureObstacle(
      `the database server's log is too short for it (wal_level is ${levels[0]?.wal_level})`,
      "ALTER SYSTEM SET wal_level = 'logical'; and start the server again.",
    );
  }
  const { rows } = await client.query<{ name: string; asked_for: string }>(TABLES);
  const ours = rows.filter((row) => tables.includes(row.asked_for)).map((row) => row.name);
  if (ours.length === 0)
    throw new CaptureObstacle(`the database has none of the tables ${tables.join(', ')}`);
  // a connection that is half open is noticed by the server, too; older ones let nobody set it
  await client.query("set wal_sender_timeout = '20s'").catch(() => undefined);
  await client.query(`set lock_timeout = ${WAIT_MS}`);
  await client.query(`CREATE_REPLICATION_SLOT ${slot} TEMPORARY LOGICAL test_decoding NOEXPORT_SNAPSHOT`);
  return ours;
}

/**
 * All tables of the search path, quoted as the stream does; parts of a partitioned table under the name that it has itself,
 * since changes are told of under theirs. No parameters: a replication connection takes none.
 */
const TABLES = `
  with recursive named as (
    select c.oid, lower(c.relname) as asked_for
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any(current_schemas(false)) and c.relkind in ('r', 'p')
    union
    select i.inhrelid, named.asked_for from named join pg_inherits i on i.inhparent = named.oid
  )
  select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name, named.asked_for
  from named join pg_class c on c.oid = named.oid join pg_namespace n on n.oid = c.relnamespace`;

/** From here on the connection says nothing but changes. */
async function listen(
  client: Client,
  broken: Promise<never>,
  options: LogOptions & { slot: string; mostKeptBytes?: number; keptEveryMs?: number },
  heard: () => void,
): Promise<OpenLog> {
  const { stream } = inside(client);
  const messages = new LogicalMessages(options.tables, heard);
  const { promise: begun, resolve: begins } = Promise.withResolvers<void>();
  const { promise: failed, reject: fails } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  let position = 0n;
  const tell = (): void => inside(client).sendCopyFromChunk(statusUpdate(position, Date.now()));
  const take = (data: Buffer): void => {
    const message = messageOf(data);
    if (message === null) return;
    if (message.position > position) position = message.position;
    if (message.kind === 'change') messages.take(message.text);
    else if (message.wantsReply) tell();
  };
  const heads = new MessageHeads(MESSAGES, MESSAGE_HEAD_BYTES, (header, head) => {
    const kind = String.fromCharCode(header[0] ?? 0);
    if (kind === 'd') take(head);
    else if (kind === 'W') begins();
    else if (kind === 'E') fails(errorOf(head));
    else if (kind === 'c') fails(new Error('the database has ended the stream of changes'));
  });
  const watch = new SilenceWatch(() => fails(silence()));
  stream.removeAllListeners('data');
  stream.on('data', (chunk: Buffer) => {
    watch.heard();
    try {
      heads.push(chunk);
    } catch (error) {
      fails(error);
    }
  });
  const telling = setInterval(tell, HEARTBEAT_MS);
  const weighing = setInterval(() => {
    keptTooMuch(options).then((why) => (why === null ? undefined : fails(why)));
  }, options.keptEveryMs ?? KEPT_EVERY_MS);
  const { promise: closed, resolve: closes } = Promise.withResolvers<void>();
  stream.once('close', closes);
  const stop = (): void => {
    watch.stop();
    clearInterval(telling);
    clearInterval(weighing);
    stream.destroy();
  };
  const ended = Promise.race([broken, failed]);
  ended.catch(stop);
  inside(client).query(
    `START_REPLICATION SLOT ${options.slot} LOGICAL 0/0 ("include-xids" '0', "skip-empty-xacts" '1')`,
  );
  await Promise.race([begun, ended]);
  return {
    ended: ended.catch((error: unknown) => inWords(error, options.url)),
    close: async () => {
      stop();
      await closed;
    },
  };
}

/** Why to let go, when the server keeps too much of its log for our slot; null while all is well or cannot be seen. */
async function keptTooMuch({
  db,
  slot,
  mostKeptBytes = MOST_KEPT_BYTES,
}: LogOptions & { slot: string; mostKeptBytes?: number }): Promise<Error | null> {
  try {
    const { rows } = await db.run(
      sql`select pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) as kept from pg_replication_slots where slot_name = ${slot}`,
    );
    if (Number(rows[0]?.kept ?? 0) <= mostKeptBytes) return null;
    return new CaptureObstacle(
      `the server had to keep ${Math.round(mostKeptBytes / 1_048_576)} MB of its log for it, because a transaction stays open`,
      OPEN_FOR_LONG,
    );
  } catch {
    return null;
  }
}

const OPEN_FOR_LONG =
  'See who holds it open: SELECT pid, usename, application_name, xact_start FROM pg_stat_activity WHERE backend_xid IS NOT NULL ORDER BY xact_start;';

/** Fields of a sign and a text that ends with 0: M is the message, C the state. Detail is left out, it may hold a row. */
function errorOf(head: Buffer): Error {
  const fields = new Map(
    head
      .toString('utf8')
      .split('\0')
      .map((field) => [field.slice(0, 1), field.slice(1)] as const),
  );
  return Object.assign(new Error(fields.get('M') ?? 'the database has ended the stream of changes'), {
    code: fields.get('C'),
  });
}

function inWords(error: unknown, url: string): Error {
  const { code, message } = factsOf(error);
  if (code === '42501' || /replication role|permission denied to start WAL sender/i.test(message)) {
    const role = decodeURIComponent(new URL(url).username);
    return new CaptureObstacle(
      'the account may not listen to the log',
      `ALTER ROLE ${/^[a-z_][a-z0-9_]*$/.test(role) ? role : `"${role}"`} REPLICATION;`,
    );
  }
  if (code === '55P03') {
    return new CaptureObstacle(
      `a transaction has been open for longer than ${WAIT_MS / 1000} seconds, and listening can only begin when it has ended`,
      OPEN_FOR_LONG,
    );
  }
  if (code === '58P01' || /could not access file "test_decoding"/.test(message)) {
    return new CaptureObstacle(
      'the database server has no plugin test_decoding',
      'Install PostgreSQL’s contrib package on the server (postgresql-contrib); nothing need be started again.',
    );
  }
  if (code === '53400') {
    return new CaptureObstacle(message, 'Raise max_replication_slots by one, and start the server again.');
  }
  if (code === '53300' && /max_wal_senders/.test(message)) {
    return new CaptureObstacle(message, 'Raise max_wal_senders by one, and start the server again.');
  }
  return error instanceof Error ? error : new Error(message);
}

function inside(client: Client): Inside {
  return (client as unknown as { connection: Inside }).connection;
}
