/** Does a database answer, and may we make databases in it? Each throws the driver's error when not. */

import { Redis } from 'ioredis';
import mysql from 'mysql2/promise';
import pg from 'pg';

export type ServiceName = 'mariadb' | 'postgres' | 'redis';

export const SERVICE_NAMES: readonly ServiceName[] = ['mariadb', 'postgres', 'redis'];

const CONNECT_MS = 2_000;

export const probes: Readonly<Record<ServiceName, (url: string) => Promise<void>>> = {
  mariadb: async (uri) => {
    const connection = await mysql.createConnection({ uri, connectTimeout: CONNECT_MS });
    try {
      const [rows] = await connection.query<mysql.RowDataPacket[]>('SHOW GRANTS');
      const grants = rows.map((row) => String(Object.values(row)[0]));
      if (!grants.some((grant) => /ALL PRIVILEGES ON \*\.\*.*WITH GRANT OPTION/.test(grant))) {
        throw new Error('the login may not make databases and users');
      }
    } finally {
      await connection.end();
    }
  },

  postgres: async (connectionString) => {
    const client = new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_MS });
    await client.connect();
    try {
      const { rows } = await client.query<{ rolsuper: boolean }>(
        'select rolsuper from pg_roles where rolname = current_user',
      );
      if (rows[0]?.rolsuper !== true) throw new Error('the login may not make databases and users');
    } finally {
      await client.end();
    }
  },

  redis: async (url) => {
    const client = new Redis(url, {
      lazyConnect: true,
      connectTimeout: CONNECT_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    // The connection's error also rejects the call below; without a listener ioredis would print it as well.
    let fault: Error | undefined;
    client.on('error', (error: Error) => {
      fault = error;
    });
    try {
      await client.connect();
      await client.ping();
    } catch (cause) {
      throw fault ?? cause;
    } finally {
      client.disconnect();
    }
  },
};
