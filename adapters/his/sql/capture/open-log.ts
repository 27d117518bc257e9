/** What the readers of the two engines' logs have in common: `mysql-binlog.ts` and `postgres-logical.ts` are sisters. */

import type { SqlDatabase } from '../database.ts';

export interface LogOptions {
  /** `mysql://`, `mariadb://`, `postgres://` or `postgresql://`, with account and database. */
  url: string;
  /** The tables whose changes are of interest, lower case, as the adapter names them. */
  tables: readonly string[];
  /** The adapter's own database: for the few questions that cannot be asked on the connection that listens. */
  db: Pick<SqlDatabase, 'run'>;
}

/** A log that is being listened to. */
export interface OpenLog {
  /** Resolves, and never rejects, when nothing can be heard any more, with the reason. */
  ended: Promise<Error>;
  /** Ends it; no connection and no slot is left in the HIS. Never throws. */
  close(): Promise<void>;
}

/**
 * Opens a log at its present end, over one connection of its own. `heard` is called after each committed change of one of
 * the tables. `signal` gives it up. Throws CaptureObstacle, or what the driver throws.
 */
export type LogOpener = (options: LogOptions, heard: () => void, signal: AbortSignal) => Promise<OpenLog>;

/** A server that is well says something at least so often (both are asked to). */
export const HEARTBEAT_MS = 5_000;

const SILENT_TICKS = 15;

/**
 * Says so when nothing was heard for 15 seconds: a half-open connection never ends by itself. Counted in ticks, so that a
 * process that was itself too busy to look, or slept, does not take it for the server's silence.
 */
export class SilenceWatch {
  readonly #timer: NodeJS.Timeout;
  #ticks = 0;

  constructor(silent: () => void) {
    this.#timer = setInterval(() => {
      this.#ticks += 1;
      if (this.#ticks === SILENT_TICKS) silent();
    }, 1_000);
  }

  heard(): void {
    this.#ticks = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

export function silence(): Error {
  return new Error(`the database has said nothing for ${SILENT_TICKS} seconds`);
}
