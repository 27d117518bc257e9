/** What the parts of `doctor` share. */

import type { QueryOptions } from '../options.ts';
import type { SqlServer } from '../sql/database.ts';
import type { Statements } from './statements.ts';
import type { Styles } from './to-visit.ts';

export interface CheckParts {
  db: SqlServer;
  options: QueryOptions;
  statements: Statements;
  styles: Styles;
}

/** A visit of the HIS that the other checks may ask for. */
export interface Sample {
  vn: string;
  /** `:key_…` as the `visit` SELECT gives them; empty where it could not be run. */
  keys: Readonly<Record<string, string | null>>;
}
