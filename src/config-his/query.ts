/** Any other HIS; see docs/his-query.md. */

import { z } from 'zod';
import { checkDatabase } from '../config-address.ts';
import { atLeast } from '../length-limits.ts';
import { looks, restraint } from './shared.ts';

const ANY_SERVER =
  'mysql://user:password@host:3306/database, postgres://user:password@host:5432/database or mssql://user:password@host:1433/database';

/** An SQL text; JSON has no line breaks within a text, so that it may be a list of lines. */
const sqlText = z.union([
  z.string().check(atLeast(1, 'expected an SQL text')),
  z.array(z.string()).check(atLeast(1)),
]);

/** What a SELECT of `query` may tell of a visit; `adapters/his/query/fields.ts` holds the same list. */
const FIELDS = [
  ...['vn', 'hn', 'an', 'date', 'time', 'dateTime', 'pid', 'title', 'fname', 'lname', 'birthDate', 'sex'],
  ...['nationality', 'phone', 'phone2', 'phone3', 'rightCode', 'rightName', 'scheme', 'hospMain', 'hospSub'],
  ...['department', 'departmentName', 'kind', 'status', 'code', 'locked'],
  ...['loggedCode', 'loggedType', 'loggedPid', 'loggedAt'],
] as const;

/** How dates are written: of yyyy, BBBB (Buddhist year), yy, BB, MM, M, dd, d, HH, H, mm, ss and the signs between them. */
function datePattern(needs: RegExp, expected: string, gregorian: string) {
  const isPattern = (text: string): boolean =>
    /^(?:yyyy|BBBB|yy|BB|MM?|dd?|HH?|mm|ss|[^A-Za-z]|T)+$/.test(text) && needs.test(text);
  return z
    .string()
    .default('gregorian')
    .transform((text) =>
      text === 'gregorian' ? gregorian : text === 'buddhist' ? gregorian.replace('yyyy', 'BBBB') : text,
    )
    .refine(isPattern, `expected "gregorian", "buddhist" or a pattern such as ${expected}`);
}

const YEAR = '(?=.*(?:yyyy|BBBB|yy|BB))';
const DAY = `${YEAR}(?=.*M)(?=.*d)`;

export const query = z.strictObject({
  kind: z.literal('query'),
  url: z
    .string()
    .regex(/^(mysql|mariadb|postgres|postgresql|mssql|sqlserver):\/\//, `expected ${ANY_SERVER}`)
    .superRefine((url, ctx) => checkDatabase(url, ANY_SERVER, ctx)),
  ...looks,
  statements: z.strictObject({
    /** SELECT of the visits of `:date`. */
    visits: sqlText,
    /** SELECT of one visit, `:vn`. */
    visit: sqlText,
    /** SELECT of the visit numbers since `:from`, for the poll. */
    newer: sqlText.optional(),
    /** SELECT of the visits of `:date` that have no code. */
    missing: sqlText.optional(),
    /** UPDATE or INSERT of one row. */
    write: sqlText,
    /** UPDATE or DELETE that takes an INSERT back. */
    undo: sqlText.optional(),
  }),
  /** The SELECTs' columns by our field, where they are not named like it. */
  columns: z
    .partialRecord(z.enum(FIELDS), z.string().check(atLeast(1, 'expected the name of a column')))
    .default({}),
  /** What the HIS writes for what. */
  values: z
    .strictObject({
      male: z.array(z.string()).default(['1', 'M']),
      female: z.array(z.string()).default(['2', 'F']),
      cancelled: z.array(z.string()).default([]),
      inpatient: z.array(z.string()).default([]),
      locked: z.array(z.string()).default(['Y']),
    })
    .prefault({}),
  dates: z
    .strictObject({
      date: datePattern(new RegExp(DAY), 'dd/MM/BBBB', 'yyyy-MM-dd'),
      time: datePattern(/^(?!.*[yBMd])(?=.*H)/, 'HH:mm:ss', 'HH:mm:ss'),
      dateTime: datePattern(new RegExp(`${DAY}(?=.*H)`), 'dd/MM/BBBB HH:mm', 'yyyy-MM-dd HH:mm:ss'),
      birthDate: datePattern(/(?=.*(?:yyyy|BBBB))/, 'dd/MM/BBBB', 'yyyy-MM-dd'),
      issuedAt: datePattern(new RegExp(DAY), 'dd/MM/BBBB HH:mm', 'yyyy-MM-dd HH:mm:ss'),
    })
    .prefault({}),
  ...restraint,
});
