/**
 * Change capture: the HIS's own log of changes as a doorbell. It says that something in the tables of visits was written and
 * committed, never what; what it is the poll reads, with the queries that it has always used. So capture can be late, or
 * away, but it can never be wrong. See docs/change-capture.md.
 */

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '../../../../src/service/ports/finding.ts';
import type { ChangeListener, ChangeWatch } from '../../../../src/service/ports/his.ts';
import { factsOf } from '../errors.ts';
import { Bell } from './bell.ts';
import { openMysqlLog, randomServerId } from './mysql-binlog.ts';
import { CaptureObstacle } from './obstacle.ts';
import type { LogOpener, LogOptions } from './open-log.ts';
import { openPostgresLog } from './postgres-logical.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** What was heard of for so long was no accident: the next try comes soon. */
const STEADY_MS = 60_000;

const CHECK = 'his-change-capture';

export interface CaptureOptions extends LogOptions {
  /** The first pause before another try; each further one is twice as long, up to a minute. */
  firstPauseMs?: number;
}

/** Listens until it is closed. When the log cannot be opened, or is lost, it is tried again by itself. */
export function openCapture(options: CaptureOptions, listener: ChangeListener): ChangeWatch {
  return new Capture(options, listener);
}

class Capture implements ChangeWatch {
  readonly #options: CaptureOptions;
  readonly #listener: ChangeListener;
  readonly #open: LogOpener;
  readonly #bell: Bell;
  readonly #done: Promise<void>;
  /** What goes on now, opening, listening or waiting, ends with it. One for each, since a signal keeps all its listeners. */
  #now = new AbortController();
  #isClosed = false;
  #told: string | null | undefined;

  constructor(options: CaptureOptions, listener: ChangeListener) {
    this.#options = options;
    this.#listener = listener;
    this.#open = openerOf(options.url);
    this.#bell = new Bell(() => listener.changed());
    this.#done = this.#run();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#bell.stop();
    this.#now.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { firstPauseMs = FIRST_PAUSE_MS } = this.#options;
    let pause = firstPauseMs;
    while (!this.#isClosed) {
      this.#now = new AbortController();
      const heardFor = await this.#listen(this.#now.signal);
      if (this.#isClosed) return;
      if (heardFor > STEADY_MS) pause = firstPauseMs;
      // not all bridges of a province at the same moment
      await sleep(pause * (0.75 + Math.random() / 2), undefined, { signal: this.#now.signal }).catch(
        () => undefined,
      );
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  /** Until the log is lost, or it is closed. Milliseconds for which it was heard. */
  async #listen(signal: AbortSignal): Promise<number> {
    try {
      const log = await this.#open(this.#options, () => this.#rings(), signal);
      const begunAt = performance.now();
      if (!signal.aborted) {
        this.#tell(null);
        // whatever was written while nobody listened is asked for now
        this.#rings();
        const why = await Promise.race([log.ended, once(signal, 'abort')]);
        if (why instanceof Error) this.#tell(inWords(why));
      }
      await log.close();
      return performance.now() - begunAt;
    } catch (error) {
      this.#tell(inWords(error));
      return 0;
    }
  }

  #rings(): void {
    if (!this.#isClosed) this.#bell.heard();
  }

  /** A state is told when it is another than the last one. */
  #tell(why: string | null): void {
    if (why === this.#told || this.#isClosed) return;
    this.#told = why;
    this.#listener.listening(why === null, why);
  }
}

/** For `doctor`: tries it for a moment, exactly as it would be done, and says what came of it. */
export async function checkCapture(options: LogOptions): Promise<Finding> {
  try {
    const log = await openerOf(options.url)(options, () => undefined, new AbortController().signal);
    await log.close();
    return { check: CHECK, level: 'ok', message: 'changes are heard of at once (change capture)' };
  } catch (error) {
    const message = `no change capture: ${messageOf(error)}; the bridge only polls`;
    const fix = error instanceof CaptureObstacle ? error.fix : undefined;
    return { check: CHECK, level: 'warn', message, ...(fix === undefined ? {} : { fix }) };
  }
}

function openerOf(url: string): LogOpener {
  if (/^(mysql|mariadb):\/\//.test(url)) {
    const serverId = randomServerId();
    return (options, heard, signal) => openMysqlLog({ ...options, serverId }, heard, signal);
  }
  if (/^postgres(ql)?:\/\//.test(url)) return openPostgresLog;
  return async () => {
    throw new CaptureObstacle('this kind of database has no log that the bridge can listen to');
  };
}

function inWords(error: unknown): string {
  const fix = error instanceof CaptureObstacle ? error.fix : undefined;
  return fix === undefined ? messageOf(error) : `${messageOf(error)}. ${fix}`;
}

function messageOf(error: unknown): string {
  const { code, message } = factsOf(error);
  return message === '' ? code : message;
}
