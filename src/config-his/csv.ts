/** A HIS by files in a folder; see docs/his-csv.md. */

import { z } from 'zod';
import { atLeast } from '../length-limits.ts';
import { looks } from './shared.ts';

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

export const csv = z
  .strictObject({
    kind: z.literal('csv'),
    /** Where the HIS drops files with visits and finds those with codes. */
    folder: z.string().check(atLeast(1, 'expected a path')),
    ...looks,
    /** Names of columns that are not among the usual ones. */
    columns: z
      .partialRecord(z.enum(CSV_COLUMNS), z.string().check(atLeast(1, 'expected the name of a column')))
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
    index: z.string().check(atLeast(1, 'expected a path')).default('./data'),
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
