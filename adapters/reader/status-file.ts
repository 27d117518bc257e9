/**
 * The worker's state in a file of its spool folder, for `reader status` in another process. Written whole and renamed, so
 * that nobody reads half of it; whether it still holds says the spool's lock.
 */

import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { BridgeError, errorText } from '../../src/domain/bridge-error.ts';
import type { Log } from '../../src/service/ports/log.ts';
import type { ReaderState } from '../../src/service/ports/reader.ts';

/** No `.json`: those are reads. */
const STATUS_FILE = 'status';

const words = z.strictObject({ th: z.string(), en: z.string() });
const stateSchema = z.object({
  station: z.string(),
  hcode: z.string().nullable(),
  version: z.string(),
  startedAt: z.string(),
  at: z.string(),
  line: words,
  needs: z.array(words),
  counter: z.string(),
  source: z.object({
    use: z.string(),
    why: z.string(),
    agent: z.string().nullable(),
    pcsc: z.string().nullable(),
  }),
  bridge: z.object({ is: z.string(), waiting: z.number(), rejected: z.number() }),
  clockAheadMs: z.number().nullable(),
});

/** `version`: of the program that wrote it. */
export type StoredReaderState = ReaderState & { version: string };

export class StatusFile {
  readonly #file: string;
  readonly #version: string;
  readonly #log: Log;
  #next: ReaderState | null = null;
  #writing: Promise<void> | null = null;
  #isFailing = false;

  constructor(folder: string, version: string, log: Log) {
    this.#file = path.join(folder, STATUS_FILE);
    this.#version = version;
    this.#log = log;
  }

  /** Written as soon as the disk lets it; of several that come meanwhile the last one. */
  write(state: ReaderState): void {
    this.#next = state;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
    });
  }

  /** Resolves when all is on the disk, as far as the disk took it. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#next !== null) {
      const state: StoredReaderState = { ...this.#next, version: this.#version };
      this.#next = null;
      await this.#writeOne(`${JSON.stringify(state)}\n`);
    }
  }

  /** A state that cannot be kept is no reason to stop reading cards; it is said once. */
  async #writeOne(text: string): Promise<void> {
    const hidden = path.join(path.dirname(this.#file), `.${STATUS_FILE}.tmp`);
    try {
      await writeFile(hidden, text, { mode: 0o600 });
      await rename(hidden, this.#file);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#log.warn({}, `the state of the reader is not on disk: ${errorText(error)}`);
      this.#isFailing = true;
    }
  }
}

/**
 * The state that was written last; null when none was. Throws BridgeError `config` when it may not be read, or was written by
 * another version in a form that this one does not know.
 */
export async function readStatusFile(folder: string): Promise<StoredReaderState | null> {
  const file = path.join(folder, STATUS_FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    const next = 'ask as the user that runs the reader';
    throw unreadable(`${file} cannot be read (${code ?? errorText(error)}): ${next}`, error);
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    throw unreadable(`${file} was not written by this version of the reader: start the reader again`, error);
  }
}

function unreadable(message: string, cause: unknown): BridgeError {
  return new BridgeError('config', message, { retry: 'no', cause });
}
