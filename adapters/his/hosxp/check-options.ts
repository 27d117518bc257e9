import type { HisOptions } from '../options.ts';
import type { CodeColumn } from './layout.ts';

/** What the checks must know of the configuration. */
export type CheckOptions = Pick<HisOptions, 'hcode' | 'writeBack' | 'writeAuthDateTime'> & {
  codeColumn: CodeColumn;
};
