/** Options and moments, without the test runner: also for processes that are killed. */

import type { CsvOptions } from '../../../../adapters/his/options.ts';
import { his as hisSchema } from '../../../../src/config-his.ts';
import { serviceDateOf } from '../../../../src/domain/bangkok.ts';

export const HCODE = '10978';

/** With the defaults of the configuration. */
export function csvOptions(given: Partial<CsvOptions> & { folder: string }): CsvOptions {
  const { hcode, log, ...his } = { hcode: HCODE, ...given };
  const config = hisSchema.parse({ kind: 'csv', ...his });
  if (config.kind !== 'csv') throw new Error(config.kind);
  return { ...config, hcode, ...(log === undefined ? {} : { log }) };
}

/** Today in Bangkok, and a moment of it. */
export const TODAY = serviceDateOf(Date.now());
export function at(time: string, date: string = TODAY): number {
  return Date.parse(`${date}T${time}+07:00`);
}
