/**
 * Page marks. A mark holds the sort key of the last row that was given out, so the next page begins right after it
 * whatever has been added meanwhile. Clients treat it as opaque.
 */

import { type SqlBool, sql } from 'kysely';
import { z } from 'zod';
import { BridgeError } from '../src/domain/bridge-error.ts';
import type { Page } from '../src/service/ports/ledger.ts';

type KeyValue = string | number;

/** `order` names the list that a mark belongs to: a mark of another list, or of another sorting, is refused. */
export function toMark(order: string, key: readonly KeyValue[]): string {
  return Buffer.from(JSON.stringify([order, ...key])).toString('base64url');
}

/** Throws BridgeError `bad-input`. */
export function fromMark<K extends readonly z.ZodType[]>(
  mark: string,
  order: string,
  key: K,
): { [I in keyof K]: z.output<K[I]> } {
  const shape = z.tuple([z.literal(order), ...key]);
  try {
    const [, ...values] = shape.parse(JSON.parse(Buffer.from(mark, 'base64url').toString('utf8')));
    return values as { [I in keyof K]: z.output<K[I]> };
  } catch (cause) {
    throw new BridgeError('bad-input', 'after: expected the page mark that the page before gave out', {
      retry: 'no',
      cause,
    });
  }
}

/** `(a, b, c) > (x, y, z)`: everything that sorts after the key. Both engines walk an index with it. */
export function sortsAfter(columns: readonly string[], key: readonly KeyValue[], direction: 'asc' | 'desc') {
  const left = sql.join(columns.map((c) => sql.ref(c)));
  const right = sql.join(key);
  return sql<SqlBool>`(${left}) ${sql.raw(direction === 'asc' ? '>' : '<')} (${right})`;
}

/** Cuts a page out of `limit + 1` rows: the one too many says that there is a next page. */
export function pageOf<R, T>(
  rows: readonly R[],
  limit: number,
  item: (row: R) => T,
  mark: (row: R) => string,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(item),
    next: rows.length > limit && last !== undefined ? mark(last) : null,
  };
}

/** Throws BridgeError `bad-input`. */
export function checkLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1) return limit;
  throw new BridgeError('bad-input', `limit: expected a whole number from 1 on, got ${limit}`, {
    retry: 'no',
  });
}
