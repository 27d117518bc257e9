/**
 * Listens to the binary log of MariaDB and MySQL, as a replica would, from its present end. mysql2 makes the connection,
 * logs in and asks the questions; from the dump on its parser is replaced by ours, which keeps only the head of each
 * event (mysql2 would hold a whole event, and a row with pictures in it is as long as the pictures).
 */

import type { Duplex } from 'node:stream';
import { sql } from 'kysely';
import type { Connection, RowDataPacket } from 'mysql2';
import { CONNECT_TIMEOUT_MS, withDeadline } from '../database.ts';
import { factsOf } from '../errors.ts';
import { BinlogEvents, EVENT_HEAD_BYTES } from './binlog-events.ts';
import { type Framing, MessageHeads } from './message-heads.ts';
import { CaptureObstacle } from './obstacle.ts';
import { HEARTBEAT_MS, type LogOptions, type OpenLog, SilenceWatch, silence } from './open-log.ts';

/**
 * What is used of the driver beyond its documented face; the tests on real servers fail when one of it is gone. Its own
 * commands of the protocol (`createBinlogStream`) fail at the first packet that they write.
 */
interface Inside {
  stream: Duplex;
  packetParser: { execute(chunk: Buffer): void };
  write(packet: Buffer): void;
}

const PARSE_ERROR = 1064;
const DENIED: readonly number[] = [1045, 1142, 1227];

const NO_LOG =
  'In the server’s configuration, under [mysqld], set log_bin, binlog_format = ROW and a server_id, and start the server again.';

const COM_BINLOG_DUMP = 0x12;
const COM_REGISTER_SLAVE = 0x15;
/** Before an event, and the answer to what has no other. */
const OK = 0x00;
const ERROR = 0xff;

/** A packet that is full is continued by the next one. */
const FULL_PACKET = 0xff_ff_ff;

const PACKETS: Framing = { headerBytes: 4, payloadBytes: (header) => header.readUIntLE(0, 3) };

/**
 * Servers take two replicas of one number for one, and throw the first out. People give their replicas small numbers, so
 * ours is one of 268 million at the other end. It stays the same while the process lives: the server then ends by itself
 * what a lost connection has left behind.
 */
export function randomServerId(): number {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return 0xf000_0000 + (random % 0x0fff_ffff);
}

export async function openMysqlLog(
  options: LogOptions & { serverId: number },
  heard: () => void,
  signal: AbortSignal,
): Promise<OpenLog> {
  const { default: mysql } = await import('mysql2');
  const connection = mysql.createConnection({
    uri: options.url,
    charset: 'utf8mb4',
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
  });
  const broken = new Promise<never>((_, reject) => {
    connection.on('error', reject);
    connection.on('end', () => reject(new Error('the database has closed the connection')));
  });
  const givenUp = (): void => void inside(connection).stream.destroy(new Error('given up'));
  signal.addEventListener('abort', givenUp);
  broken.catch(() => undefined); // whoever waits for it hears of it
  const inTime = <T>(work: Promise<T>): Promise<T> =>
    withDeadline(CONNECT_TIMEOUT_MS * 2, Promise.race([work, broken]), silence);
  try {
    const start = await inTime(prepare(connection));
    return await inTime(listen(connection, broken, { ...options, ...start }, heard));
  } catch (error) {
    hangUp(connection);
    throw error;
  } finally {
    signal.removeEventListener('abort', givenUp);
  }
}

function hangUp(connection: Connection): void {
  connection.destroy();
  inside(connection).stream.destroy();
}

/** Where listening begins, and what the server calls us. */
interface Start {
  schema: string;
  account: string;
  thread: string;
  file: string;
  position: number;
}

/** Sees whether there is anything to be heard, and tells the server what we understand. */
async function prepare(connection: Connection): Promise<Start> {
  const [facts] = await ask(
    connection,
    'select @@log_bin as is_on, database() as name, current_user() as account, connection_id() as thread',
  );
  const account = String(facts?.account);
  if (Number(facts?.is_on) !== 1)
    throw new CaptureObstacle('the database server writes no binary log', NO_LOG);
  const schema = String(facts?.name);
  const { file, position } = await endOfLog(connection, schema, account);
  // "master" is how both engines have always said it; MySQL 8.4 says "source"; what a server does not know does no harm
  await ask(connection, "set @master_binlog_checksum = 'NONE', @source_binlog_checksum = 'NONE'");
  const nanoseconds = `${HEARTBEAT_MS}000000`;
  await ask(
    connection,
    `set @master_heartbeat_period = ${nanoseconds}, @source_heartbeat_period = ${nanoseconds}`,
  );
  await ask(connection, 'set @mariadb_slave_capability = 4');
  return { schema, account, thread: String(facts?.thread), file, position };
}

async function endOfLog(
  connection: Connection,
  schema: string,
  account: string,
): Promise<{ file: string; position: number }> {
  const [end] = await ask(connection, 'show master status').catch((error: unknown) => {
    // MySQL 8.4 has only the new name
    if (factsOf(error).errno === PARSE_ERROR) return ask(connection, 'show binary log status');
    throw denied(error, account);
  });
  if (end === undefined) throw new CaptureObstacle('the database server writes no binary log', NO_LOG);
  const [only, without] = [listOf(end.Binlog_Do_DB), listOf(end.Binlog_Ignore_DB)];
  if ((only.length > 0 && !only.includes(schema)) || without.includes(schema)) {
    throw new CaptureObstacle(
      `the binary log leaves the database ${schema} out (binlog_do_db or binlog_ignore_db)`,
      `In the server’s configuration let the binary log take ${schema} in, and start the server again.`,
    );
  }
  const position = Number(end.Position);
  if (position > 0xffff_ffff) {
    throw new CaptureObstacle('the present file of the binary log is longer than 4 GB', 'FLUSH BINARY LOGS;');
  }
  return { file: String(end.File), position };
}

function listOf(names: unknown): string[] {
  return String(names ?? '')
    .split(',')
    .filter((name) => name !== '');
}

/** From here on the connection says nothing but events. */
async function listen(
  connection: Connection,
  broken: Promise<never>,
  options: LogOptions & Start & { serverId: number },
  heard: () => void,
): Promise<OpenLog> {
  const events = new BinlogEvents(options.schema, options.tables, heard);
  const { promise: begun, resolve: begins } = Promise.withResolvers<void>();
  const { promise: failed, reject: fails } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  const watch = new SilenceWatch(() => fails(silence()));
  let isRegistered = false;
  let isContinued = false;
  const packets = new MessageHeads(PACKETS, EVENT_HEAD_BYTES, (header, head) => {
    const isRest = isContinued;
    isContinued = header.readUIntLE(0, 3) === FULL_PACKET;
    if (isRest) return;
    if (head[0] !== OK) fails(head[0] === ERROR ? denied(errorOf(head), options.account) : over());
    else if (isRegistered) {
      begins();
      events.take(head.subarray(1));
    } else {
      isRegistered = true;
      inside(connection).write(dumpRequest(options));
    }
  });
  inside(connection).packetParser = {
    execute: (chunk) => {
      watch.heard();
      packets.push(chunk);
    },
  };
  const ended = Promise.race([broken, failed]);
  let isOver = false;
  const stop = (): void => {
    isOver = true;
    watch.stop();
    hangUp(connection);
  };
  ended.catch(stop);
  inside(connection).write(registration(options.serverId));
  await Promise.race([begun, ended]);
  return {
    ended: ended.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error)))),
    close: async () => {
      // A server notices that a listener has gone when it has something to say to it: so it is told, while the number is
      // certainly this connection's. One's own may be ended without any right; else the next heartbeat does it.
      if (!isOver) await options.db.run(sql`kill ${options.thread}`).catch(() => undefined);
      stop();
    },
  };
}

/** Shows in SHOW REPLICA HOSTS (or SLAVE HOSTS), so that the database's own people see who listens. */
function registration(serverId: number): Buffer {
  const name = 'authen-bridge';
  // number (4), name, user, password, port (2), rank (4), number of its source (4)
  const packet = Buffer.alloc(4 + 1 + 4 + 1 + name.length + 1 + 1 + 2 + 4 + 4);
  packet.writeUIntLE(packet.length - 4, 0, 3);
  packet.writeUInt8(COM_REGISTER_SLAVE, 4);
  packet.writeUInt32LE(serverId, 5);
  packet.writeUInt8(name.length, 9);
  packet.write(name, 10);
  return packet;
}

function dumpRequest({ file, position, serverId }: Start & { serverId: number }): Buffer {
  const packet = Buffer.alloc(4 + 11 + Buffer.byteLength(file));
  packet.writeUIntLE(packet.length - 4, 0, 3);
  packet.writeUInt8(COM_BINLOG_DUMP, 4);
  packet.writeUInt32LE(position, 5);
  packet.writeUInt32LE(serverId, 11);
  packet.write(file, 15);
  return packet;
}

function over(): Error {
  return new Error('the database has ended the binary log');
}

/** Number (2), a sign and the SQL state (6), and the message. */
function errorOf(head: Buffer): Error {
  if (head.length < 3) return over();
  const message = head.toString('utf8', head[3] === 0x23 /* # */ ? 9 : 3);
  return Object.assign(new Error(message), { errno: head.readUInt16LE(1) });
}

function denied(error: unknown, account: string): unknown {
  if (!DENIED.includes(factsOf(error).errno)) return error;
  const at = account.lastIndexOf('@');
  return new CaptureObstacle(
    'the account may not read the binary log',
    `GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO '${account.slice(0, at)}'@'${account.slice(at + 1)}';`,
  );
}

/** `statement` is written out above, or has nothing but our own numbers put in. */
function ask(connection: Connection, statement: string): Promise<RowDataPacket[]> {
  return new Promise((resolve, reject) => {
    connection.query<RowDataPacket[]>(statement, (error, rows) =>
      error === null ? resolve(Array.isArray(rows) ? rows : []) : reject(error),
    );
  });
}

function inside(connection: Connection): Inside {
  return connection as unknown as Inside;
}
