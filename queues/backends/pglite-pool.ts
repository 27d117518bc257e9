/**
 * PGlite in the shape of node-postgres' pool, as far as BullMQ's PostgreSQL back-end uses it. There is one session,
 * so every "connection" is the same one: the only transaction that spans calls is the migration, which runs alone.
 */

import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PGlite } from '@electric-sql/pglite';
import type { PgPool, PgPoolClient, PgQueryResult } from 'bullmq';

/** The longest that queries may follow upon each other without a turn for anything else, ms. */
const TURN_MS = 20;

export function pglitePool(db: PGlite): PgPool {
  let turnAt = performance.now();
  /**
   * PGlite does its work within the call, as the SQLite ledger does: a sweep of thousands of steps would go on from one promise to the
   * next for many seconds, in which no socket is read and no timer fires. A HIS that answers in time then counts as away.
   */
  const letOthers = async (): Promise<void> => {
    if (performance.now() - turnAt < TURN_MS) return;
    await nextTurn();
    turnAt = performance.now();
  };
  const query = async <R>(text: string, params?: readonly unknown[]): Promise<PgQueryResult<R>> => {
    // Text without parameters may hold several statements (the migrations do), which only exec takes.
    const result = params === undefined ? (await db.exec(text)).at(-1) : await db.query<R>(text, [...params]);
    await letOthers();
    const rows = (result?.rows ?? []) as R[];
    return { rows, rowCount: rows.length > 0 ? rows.length : (result?.affectedRows ?? 0) };
  };

  const connect = async (): Promise<PgPoolClient> => {
    const client = new EventEmitter();
    client.setMaxListeners(0);
    const stop = db.onNotification((channel, payload) => client.emit('notification', { channel, payload }));
    return Object.assign(client, { query, release: () => stop() });
  };

  const pool = new EventEmitter();
  pool.setMaxListeners(0); // every queue and worker listens for its errors
  return Object.assign(pool, {
    query,
    connect,
    end: () => db.close(),
    // Without it BullMQ asks every ten seconds whether a connection that cannot break is still there.
    options: { keepAlive: true },
  });
}
