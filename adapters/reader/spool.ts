/**
 * Reads on disk: one file a read, in one folder, named so that the names sort in the order of arrival.
 *
 * A read is written to a hidden file, forced to the disk, and then renamed: under its real name a file is whole. A
 * process or a machine that dies in between leaves a hidden file; if that is whole it is taken in at the next start,
 * else the read had not been promised to anyone. Files are for the owner alone (0600) and go when the bridge has the
 * read. `rejected/` holds what the bridge will not take, each with its reason beside it; a file moved back from there
 * into the spool folder while the reader is stopped is sent again.
 */

import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BridgeError, errorText } from '../../src/domain/bridge-error.ts';
import type { CardReadMessage } from '../../src/domain/card-read.ts';
import type { ReadSpool, SpooledRead } from '../../src/service/ports/reader.ts';
import { lockSpool } from './spool-lock.ts';

const REJECTED = 'rejected';
const READ_FILE = /^(\d{12})-[A-Za-z0-9-]{1,64}\.json$/;
const UNFINISHED = /^\.(.+\.json)\.tmp$/;

/**
 * Opens the spool, making the folder where it is missing, and locks it for this process. Throws BridgeError
 * `conflict` when another process uses it and `config` when the folder cannot be used.
 */
export async function openSpool(folder: string): Promise<ReadSpool> {
  let unlock: (() => void) | null = null;
  try {
    await makeFolder(path.resolve(folder, REJECTED));
    unlock = lockSpool(folder);
    await finishRenames(folder);
    const names = (await readdir(folder)).filter((name) => READ_FILE.test(name)).sort();
    const rejected = (await readdir(path.join(folder, REJECTED))).filter((name) => READ_FILE.test(name));
    return new FolderSpool(folder, names, rejected.length, unlock);
  } catch (error) {
    unlock?.();
    throw unusable(folder, error);
  }
}

class FolderSpool implements ReadSpool {
  readonly #folder: string;
  readonly #names: string[];
  readonly #unlock: () => void;
  #rejected: number;
  #lastNumber: number;
  /** Writes go one after the other, so that the order of names is the order of `add`. */
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string, names: string[], rejected: number, unlock: () => void) {
    this.#folder = folder;
    this.#names = names;
    this.#rejected = rejected;
    this.#unlock = unlock;
    this.#lastNumber = Number(READ_FILE.exec(names.at(-1) ?? '')?.[1] ?? 0);
  }

  get waiting(): number {
    return this.#names.length;
  }

  get rejected(): number {
    return this.#rejected;
  }

  add(message: CardReadMessage): Promise<void> {
    const written = this.#writing.then(() => this.#write(message));
    // the next one does not fail because this one did; who asked for this one hears of it
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #write(message: CardReadMessage): Promise<void> {
    const name = `${String(this.#lastNumber + 1).padStart(12, '0')}-${message.id}.json`;
    const hidden = path.join(this.#folder, `.${name}.tmp`);
    try {
      await writeDurably(hidden, `${JSON.stringify(message)}\n`);
      await rename(hidden, path.join(this.#folder, name));
      await syncFolder(this.#folder);
    } catch (error) {
      throw unusable(this.#folder, error);
    }
    this.#lastNumber += 1;
    this.#names.push(name);
  }

  async oldest(): Promise<SpooledRead | null> {
    for (let unreadable = 0; ; ) {
      const name = this.#names[0];
      if (name === undefined) return null;
      try {
        const message = await loadMessage(path.join(this.#folder, name));
        if (message === 'gone') this.#forget(name);
        else if (message === 'damaged') await this.#setAside(name, 'the file is damaged');
        else return { name, message };
      } catch (error) {
        // a file that cannot be read now (somebody else's, say) lets the others go first
        this.#putLast(name);
        unreadable += 1;
        if (unreadable >= this.#names.length) throw unusable(this.#folder, error);
      }
    }
  }

  async remove(read: SpooledRead): Promise<void> {
    await rm(path.join(this.#folder, read.name), { force: true });
    this.#forget(read.name);
  }

  reject(read: SpooledRead, reason: string): Promise<void> {
    return this.#setAside(read.name, reason);
  }

  async #setAside(name: string, reason: string): Promise<void> {
    const target = path.join(this.#folder, REJECTED, name);
    try {
      // somebody may have tidied it away, and one bad read must not block the others
      await makeFolder(path.dirname(path.resolve(target)));
      await writeFile(target.replace(/\.json$/, '.reason.txt'), `${reason}\n`, { mode: 0o600 });
      await rename(path.join(this.#folder, name), target);
    } catch (error) {
      // nor may a full disk: what the bridge takes of the others makes room
      this.#putLast(name);
      throw unusable(this.#folder, error);
    }
    this.#forget(name);
    this.#rejected += 1;
    await syncFolder(path.join(this.#folder, REJECTED));
    await syncFolder(this.#folder);
  }

  postpone(read: SpooledRead): void {
    this.#putLast(read.name);
  }

  #putLast(name: string): void {
    this.#forget(name);
    this.#names.push(name);
  }

  #forget(name: string): void {
    const at = this.#names.indexOf(name);
    if (at >= 0) this.#names.splice(at, 1);
  }

  async close(): Promise<void> {
    await this.#writing;
    this.#unlock();
  }
}

/** Not Node's `recursive`, which tries for ever where the system says that a folder's parent is not there although it is. */
async function makeFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  await makeFolder(path.dirname(folder));
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    // another reader made it at the same moment
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** What a killed process left between writing and renaming: taken in when whole, else taken away. */
async function finishRenames(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const name = UNFINISHED.exec(entry.name)?.[1];
    if (name === undefined || !entry.isFile()) continue;
    const file = path.join(folder, entry.name);
    const message = await loadMessage(file);
    if (typeof message === 'string') await rm(file, { force: true });
    else await rename(file, path.join(folder, name));
  }
  await syncFolder(folder);
}

/** The one whole message in the file, or why there is none; somebody may have taken the file away by hand. */
async function loadMessage(file: string): Promise<CardReadMessage | 'gone' | 'damaged'> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return 'damaged';
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'gone';
    // a folder of that name
    if (code === 'EISDIR') return 'damaged';
    throw error;
  }
  const message = value as Partial<CardReadMessage> | null;
  const whole = [message?.id, message?.pid, message?.readAt, message?.kind].every(
    (v) => typeof v === 'string',
  );
  return whole ? (message as CardReadMessage) : 'damaged';
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a rename last. Windows has no such call on folders; NTFS keeps its own journal. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unusable(folder: string, error: unknown): BridgeError {
  if (error instanceof BridgeError) return error;
  const why = (error as NodeJS.ErrnoException).code ?? errorText(error);
  return new BridgeError('config', `the spool folder ${folder} cannot be used (${why})`, {
    retry: 'yes',
    cause: error,
  });
}
