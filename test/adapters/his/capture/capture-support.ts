/** What the tests of change capture share: a listener that remembers, and small help with servers. */

import mysql from 'mysql2/promise';
import pg from 'pg';
import { vi } from 'vitest';
import { type CaptureOptions, openCapture } from '../../../../adapters/his/sql/capture/capture.ts';
import { openSql } from '../../../../adapters/his/sql/open.ts';
import type { ChangeWatch } from '../../../../src/service/ports/his.ts';

export const TABLES = ['ovst', 'visit_pttype'] as const;

/** A little longer than the echo that follows each burst. */
const QUIET_MS = 600;

/** How long a ring is waited for, also on a machine that runs all tests at once. */
const WINDOW_MS = 1_500;

export class Listening {
  rings = 0;
  /** What was said of it, in order: null while changes are heard of. */
  readonly said: (string | null)[] = [];
  readonly #watch: ChangeWatch;
  readonly #closeDb: () => Promise<void>;

  constructor(url: string, more: Partial<CaptureOptions> & Record<string, unknown> = {}) {
    const db = openSql({ url, connections: 1, statementTimeoutMs: 2_000 });
    this.#closeDb = () => db.close();
    this.#watch = openCapture(
      { url, tables: TABLES, db, firstPauseMs: 200, ...more },
      {
        changed: () => {
          this.rings += 1;
        },
        listening: (_, why) => {
          this.said.push(why);
        },
      },
    );
  }

  /** Until the last thing said is as wanted: null for "is heard of", or words of the reason. */
  async until(wanted: RegExp | null, timeout = 20_000): Promise<string | null> {
    await vi.waitUntil(
      () => {
        const last = this.said.at(-1);
        return wanted === null ? last === null : typeof last === 'string' && wanted.test(last);
      },
      { timeout, interval: 20 },
    );
    if (wanted === null) await this.quiet();
    return this.said.at(-1) ?? null;
  }

  /** Until nothing has rung for a while; then counts from 0. */
  async quiet(): Promise<void> {
    for (let before = -1; before !== this.rings; ) {
      before = this.rings;
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    }
    this.rings = 0;
  }

  /** Whether it rings because of what `work` does. */
  async ringsAt(work: () => Promise<unknown>, within = WINDOW_MS): Promise<boolean> {
    this.rings = 0;
    await work();
    const deadline = performance.now() + within;
    while (this.rings === 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const hasRung = this.rings > 0;
    if (hasRung) await this.quiet();
    return hasRung;
  }

  async close(): Promise<void> {
    await this.#watch.close();
    await this.#closeDb();
  }
}

/** Runs statements as they stand on a connection of its own; the rows of the last one. */
export async function mysqlRun(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const connection = await mysql.createConnection({ uri: url });
  try {
    let rows: unknown = [];
    for (const statement of statements) [rows] = await connection.query(statement);
    return rows as Record<string, unknown>[];
  } finally {
    await connection.end();
  }
}

export async function postgresRun(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

export function as(url: string, user: string, password: string, database = new URL(url).pathname): string {
  const by = new URL(url);
  by.username = user;
  by.password = password;
  by.pathname = database;
  return by.href;
}
