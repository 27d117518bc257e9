/**
 * Hears of new files: from the operating system where it tells (a local folder), by looking where it does not (most shares). A
 * file that is still being written is told of once it has rested.
 */

import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ChangeListener, ChangeWatch } from '../../../src/service/ports/his.ts';
import { codeOf, type Folders, folderError } from './folders.ts';

const LOOK_MS = 500;
const FIRST_POLL_MS = 10_000;
/** Many files at once are one change. */
const TOGETHER_MS = 20;

export function watchFolder(folders: Folders, settleMs: number, listener: ChangeListener): ChangeWatch {
  return new FolderWatch(folders, settleMs, listener);
}

class FolderWatch implements ChangeWatch {
  readonly #folders: Folders;
  readonly #settleMs: number;
  readonly #listener: ChangeListener;
  #events: FSWatcher | null = null;
  /** By name: how the file looked, since when, and whether that was told. */
  #seen = new Map<string, { look: string; since: number; wasTold: boolean }>();
  #isListening: boolean | null = null;
  readonly #begunAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(folders: Folders, settleMs: number, listener: ChangeListener) {
    this.#folders = folders;
    this.#settleMs = settleMs;
    this.#listener = listener;
    this.#goOn(0);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#soon);
    this.#events?.close();
    this.#events = null;
    await this.#looking;
  }

  #goOn(ms: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => this.#goOn(LOOK_MS));
    }, ms);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    try {
      this.#listen();
      const now = performance.now();
      const standing = new Map<string, { look: string; since: number; wasTold: boolean }>();
      let isNews = false;
      for (const name of await readdir(this.#folders.visits)) {
        const look = await lookOf(path.join(this.#folders.visits, name));
        if (look === null) continue;
        const before = this.#seen.get(name);
        const seen = before?.look === look ? before : { look, since: now, wasTold: false };
        standing.set(name, seen);
        // once when it is there, for it may be whole; once when it has rested
        if (before?.look !== look) isNews = true;
        else if (!seen.wasTold && now - seen.since >= this.#settleMs) {
          seen.wasTold = true;
          isNews = true;
        }
      }
      this.#seen = standing;
      this.#say(true, null);
      if (isNews && !this.#isClosed) this.#listener.changed();
    } catch (error) {
      this.#events?.close();
      this.#events = null;
      // the first poll makes the folder
      if (this.#isListening === null && performance.now() - this.#begunAt < FIRST_POLL_MS) return;
      this.#say(false, folderError(error, `the folder ${this.#folders.visits}`).message);
    }
  }

  /** The folder may have come back as another one: the events of the old one tell nothing. */
  #listen(): void {
    if (this.#events !== null || this.#isClosed) return;
    try {
      this.#events = watch(this.#folders.visits, { persistent: false }, () => this.#lookSoon());
      this.#events.on('error', () => {
        this.#events?.close();
        this.#events = null;
      });
    } catch (error) {
      // a system without events, or with too many watchers: looking must do
      if (codeOf(error) === 'ENOENT') throw error;
    }
  }

  #lookSoon(): void {
    if (this.#soon !== undefined || this.#isClosed) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.#looking = this.#looking.then(() => this.#look());
    }, TOGETHER_MS);
    this.#soon.unref();
  }

  #say(isListening: boolean, why: string | null): void {
    if (this.#isListening === isListening || this.#isClosed) return;
    this.#isListening = isListening;
    this.#listener.listening(isListening, why);
  }
}

async function lookOf(file: string): Promise<string | null> {
  try {
    const { size, mtimeMs } = await stat(file);
    return `${size}/${mtimeMs}`;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}
