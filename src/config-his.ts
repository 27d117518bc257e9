/** The `his` section of a site: which HIS it is, and what each kind must be told. */

import { z } from 'zod';
import { checkDatabase } from './config-address.ts';
import { timeOfDay } from './config-time.ts';

/** What every HIS has in common: how it is looked at. */
const looks = {
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
const limits = {
  connections: z.number().int().min(1).max(2).default(2),
  statementTimeoutMs: z.number().int().min(100).max(60_000).default(5_000),
  /** Also listen to the database's own log of changes: see docs/change-capture.md. */
  changeCapture: z.boolean().default(false),
};

/** An address of one of the given schemes (a regular expression's alternatives), with a database. */
function address(schemes: string, expected: string): z.ZodString {
  // an in-process PGlite stands for a PostgreSQL
  const pglite = schemes.includes('postgres') ? '|pglite:' : '';
  return z
    .string()
    .regex(new RegExp(`^((${schemes})://${pglite})`), `expected ${expected}`)
    .superRefine((url, ctx) => {
      if (!url.startsWith('pglite:')) checkDatabase(url, expected, ctx);
    });
}

const hosxp = z.strictObject({
  kind: z.literal('hosxp'),
  url: address(
    'mysql|mariadb|postgres|postgresql',
    'mysql://user:password@host:3306/hos or postgres://user:password@host:5432/hos',
  ),
  ...looks,
  /** The column of `visit_pttype` that takes the code. */
  writeBack: z.enum(['auth_code', 'claim_code']).default('auth_code'),
  /** Also set `Auth_DateTime` beside the code, where the table has it. */
  writeAuthDateTime: z.boolean().default(true),
  /** `ovst.ovstost` values with which this hospital marks a cancelled visit; a removed row is always one. */
  cancelledStatuses: z.array(z.string()).default([]),
  ...limits,
});

const jhcis = z.strictObject({
  kind: z.literal('jhcis'),
  url: address('mysql|mariadb', 'mysql://user:password@host:3333/jhcisdb (port 3306 or 3333)'),
  ...looks,
  /** Also write the claim type into `hiciauthen_nhso`, where nothing stands. */
  writeClaimType: z.boolean().default(true),
  /** Also set `datetime_claim` beside the code, where no time stands. */
  writeClaimDateTime: z.boolean().default(true),
  /** `visit.flagservice` values with which this unit marks a cancelled visit; a removed row is always one. */
  cancelledFlags: z.array(z.string()).default([]),
  ...limits,
});

/** The columns that a file of visits may have; `adapters/his/csv/header.ts` knows their usual names. */
const CSV_COLUMNS = [
  ...[
    'vn',
    'date',
    'pid',
    'time',
    'hn',
    'an',
    'hcode',
    'title',
    'fname',
    'lname',
    'birth',
    'sex',
    'nationality',
  ],
  ...[
    'mobile',
    'phone',
    'right',
    'rightName',
    'scheme',
    'hospMain',
    'hospSub',
    'department',
    'departmentName',
  ],
  ...['status', 'code'],
] as const;
const separator = z.enum(['comma', 'semicolon', 'tab', 'pipe']);
const csv = z
  .strictObject({
    kind: z.literal('csv'),
    /** Where the HIS drops files with visits and finds those with codes. */
    folder: z.string().min(1, 'expected a path'),
    ...looks,
    /** Names of columns that are not among the usual ones. */
    columns: z
      .partialRecord(z.enum(CSV_COLUMNS), z.string().min(1, 'expected the name of a column'))
      .default({}),
    separator: z.enum(['auto', ...separator.options]).default('auto'),
    encoding: z.enum(['auto', 'utf-8', 'tis-620']).default('auto'),
    /** Values of the column `status` that mean cancelled, in whatever case. */
    cancelledStatuses: z.array(z.string()).default(['cancelled', 'canceled', 'cancel', 'ยกเลิก']),
    /** A file that has not changed for so long is whole. */
    settleSeconds: z.number().min(0.2).max(300).default(2),
    afterReading: z.enum(['move', 'leave']).default('move'),
    /** Visits, and files that have been read, are kept for so many days. */
    keepDays: z.number().int().min(2).max(400).default(30),
    /** A folder on a local disk for what the bridge makes of the files; it may be lost. */
    index: z.string().min(1, 'expected a path').default('./data'),
    codes: z
      .strictObject({
        encoding: z.enum(['utf-8-bom', 'utf-8', 'tis-620']).default('utf-8-bom'),
        separator: separator.default('comma'),
        /** Numbers as `="000012345"`: Excel then keeps their zeros, an import must take the form apart. */
        excelText: z.boolean().default(false),
      })
      .prefault({}),
  })
  .superRefine(({ keepDays, catchUpDays }, ctx) => {
    // a visit that is no longer known would count as removed from the HIS
    if (keepDays > catchUpDays) return;
    ctx.addIssue({ code: 'custom', path: ['keepDays'], message: 'expected more days than catchUpDays' });
  });

export const his = z.discriminatedUnion('kind', [hosxp, jhcis, csv]);
