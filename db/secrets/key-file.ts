/** The file that holds the secret keys: made whole or not at all, readable by its owner alone, changed in one step. */

import { randomUUID } from 'node:crypto';
import { linkSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { errorText, isBridgeError } from '../../src/domain/bridge-error.ts';
import { folderToDisk, giveToOwnerOf, makeFolder, toDisk } from '../files.ts';
import {
  HOW_TO_MAKE_A_KEY,
  type Keyring,
  keyringText,
  newKey,
  parseKeyring,
  type SecretKey,
} from './keyring.ts';
import { IF_LOST, secretsTrouble } from './trouble.ts';

const MOST_BYTES = 64 * 1024;

export class KeyFile {
  readonly path: string;
  /** For people. */
  readonly name: string;

  constructor(path: string) {
    this.path = resolve(path);
    this.name = `secrets.keyFile (${this.path})`;
  }

  /** Null when there is none. Throws BridgeError `config` when others may read it, when it is damaged or out of reach. */
  async read(): Promise<Keyring | null> {
    let text: string | null;
    try {
      text = await this.#text();
    } catch (error) {
      if (isBridgeError(error)) throw error;
      const next = 'See that the file is there and belongs to the user who runs the bridge.';
      throw secretsTrouble(`${this.name} cannot be read (${errorText(error)}). ${next}`, error);
    }
    if (text === null) return null;
    try {
      return parseKeyring(text, this.name);
    } catch (error) {
      if (!isBridgeError(error)) throw error;
      throw secretsTrouble(`${error.message}. Put it back from its copy; ${IF_LOST}`);
    }
  }

  /** Makes the first key. Of several processes one makes it, and all have that one. Throws BridgeError `config`. */
  async make(): Promise<Keyring> {
    try {
      makeFolder(dirname(this.path));
      writeWhole(this.path, [newKey()], dirname(this.path), (part) => {
        try {
          // unlike a rename it takes nobody's place
          linkSync(part, this.path);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        }
      });
    } catch (error) {
      const byHand = `make it by hand: (umask 077; ${HOW_TO_MAKE_A_KEY} > ${this.path})`;
      const next = `Give its folder to the user who runs the bridge, or ${byHand}`;
      throw secretsTrouble(`${this.name} cannot be made (${errorText(error)}). ${next}`, error);
    }
    const ring = await this.read();
    if (ring === null)
      throw secretsTrouble(`${this.name} was removed as soon as it was made: who does that?`);
    return ring;
  }

  /** Whoever reads finds the keys of before, or these. Throws BridgeError `config`; nothing has changed then. */
  replace(keys: readonly [SecretKey, ...SecretKey[]]): void {
    try {
      // where it is a link, what it leads to changes
      const path = realpathSync(this.path);
      writeWhole(path, keys, path, (part) => renameSync(part, path));
    } catch (error) {
      throw secretsTrouble(`${this.name} cannot be changed (${errorText(error)}); nothing was done`, error);
    }
  }

  /** What a process left that was killed while it wrote: it holds keys. */
  removeLeftOvers(): void {
    const path = realpathSync(this.path);
    const isOurs = (name: string): boolean =>
      name.startsWith(`${basename(path)}.`) && name.endsWith(UNFINISHED);
    for (const name of readdirSync(dirname(path)).filter(isOurs)) {
      rmSync(join(dirname(path), name), { force: true });
    }
  }

  async #text(): Promise<string | null> {
    let file: FileHandle;
    try {
      file = await open(this.path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    try {
      const { mode, size } = await file.stat();
      // Windows keeps no such rights
      if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
        const rights = (mode & 0o777).toString(8).padStart(4, '0');
        throw secretsTrouble(`${this.name} may be read by others (${rights}). Run: chmod 600 ${this.path}`);
      }
      if (size > MOST_BYTES) throw secretsTrouble(`${this.name} is no key file: it has ${size} bytes`);
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  }
}

const UNFINISHED = '.new';

/** On the disk under a name of its own first; `put` then gives it its name. `like`: whose owner it gets from root. */
function writeWhole(
  path: string,
  keys: readonly SecretKey[],
  like: string,
  put: (part: string) => void,
): void {
  const part = `${path}.${randomUUID()}${UNFINISHED}`;
  try {
    writeFileSync(part, keyringText(keys), { mode: 0o600, flag: 'wx' });
    giveToOwnerOf(like, part);
    toDisk(part, 'r+');
    put(part);
    folderToDisk(dirname(path));
  } finally {
    rmSync(part, { force: true });
  }
}
