/** What each part of the bench is given, and what it gives back. */

import type { Figure } from './figures.ts';

export interface BenchOptions {
  /** A smaller run: minutes become seconds, figures become rough. */
  quick: boolean;
  /** Visits of the pipeline; by `quick` when left out. */
  visits?: number;
  /** Counters with an agent each, in the pipeline. */
  stations: number;
  /** The configuration's `concurrency`, and that of the raw jobs beside it. */
  concurrency: number;
  /** A folder for CPU profiles of the bridge. */
  profile?: string;
}

export interface BenchContext extends BenchOptions {
  mariadb: string;
  /** Null: not on this machine; what needs it is left out. */
  postgres: string | null;
  redis: string;
  /** Tells what is going on; a text without a line's end is overwritten by the next. */
  say(text: string): void;
}

export interface PartResult {
  figures: Figure[];
  /** What a reader of the JSON needs to judge the figures. */
  facts: Record<string, unknown>;
}

export type Part = (context: BenchContext) => Promise<PartResult>;
