/** What the kinds of HIS have in common in the configuration. */

import { z } from 'zod';
import { checkDatabase } from '../config-address.ts';
import { timeOfDay } from '../config-time.ts';

/** What every HIS has in common: how it is looked at. */
export const looks = {
  pollSeconds: z.number().min(0.2).max(300).default(2),
  /** Hours (Asia/Bangkok) in which hardly anybody comes; the same time twice: no such hours. */
  quietHours: z
    .strictObject({
      from: timeOfDay.default('20:00'),
      to: timeOfDay.default('05:00'),
      pollSeconds: z.number().min(0.2).max(300).default(15),
    })
    .prefault({}),
  /** A row committed late is still seen while it is within this window. */
  overlapMinutes: z.number().min(1).max(120).default(12),
  /** How often the day's digest is compared, to see edits, removals and rows that came very late. */
  digestSeconds: z.number().min(1).max(3600).default(60),
  /** So many past days are read once more when a new day begins: rows entered late, and days on which the bridge was off. */
  catchUpDays: z.number().int().min(1).max(60).default(7),
};

/** What a HIS in a SQL database has in common. */
export const restraint = {
  connections: z.number().int().min(1).max(2).default(2),
  statementTimeoutMs: z.number().int().min(100).max(60_000).default(5_000),
};

/** And one whose tables the bridge knows. */
export const limits = {
  ...restraint,
  /** Also listen to the database's own log of changes: see docs/change-capture.md. */
  changeCapture: z.boolean().default(false),
};

/** An address of one of the given schemes (a regular expression's alternatives), with a database. */
export function address(schemes: string, expected: string): z.ZodString {
  // an in-process PGlite stands for a PostgreSQL
  const pglite = schemes.includes('postgres') ? '|pglite:' : '';
  return z
    .string()
    .regex(new RegExp(`^((${schemes})://${pglite})`), `expected ${expected}`)
    .superRefine((url, ctx) => {
      if (!url.startsWith('pglite:')) checkDatabase(url, expected, ctx);
    });
}
