/**
 * The folder that HIS and bridge share, and the ways in which a file comes into it whole.
 *
 * `visits/` the HIS's files · `read/<day>/` those that have been read · `refused/` those that could not be understood, and the
 * reports on single rows · `codes/` what the bridge gives back · `.authen-bridge/` the bridge's own.
 *
 * The root is never made by the bridge: a share that is not mounted looks like an empty folder, and files dropped into it
 * would be seen by nobody.
 */

import { randomUUID } from 'node:crypto';
import {
  type FileHandle,
  link,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  utimes,
} from 'node:fs/promises';
import path from 'node:path';
import { BridgeError } from '../../../src/domain/bridge-error.ts';

export interface Folders {
  root: string;
  visits: string;
  read: string;
  refused: string;
  codes: string;
  given: string;
  own: string;
}

export function foldersOf(root: string): Folders {
  const at = (...names: string[]): string => path.join(root, ...names);
  return {
    root,
    visits: at('visits'),
    read: at('read'),
    refused: at('refused'),
    codes: at('codes'),
    own: at('.authen-bridge'),
    given: at('.authen-bridge', 'given'),
  };
}

/** Throws BridgeError when the root is not there. */
export async function mustBeThere({ root }: Folders): Promise<void> {
  try {
    if ((await stat(root)).isDirectory()) return;
  } catch (error) {
    throw folderError(error, `the folder ${root}`);
  }
  throw new BridgeError('his-schema', `his.folder ${root} is a file: expected a folder`, { retry: 'no' });
}

/** Makes what is missing below the root. Throws BridgeError when nothing may be made in it. */
export async function makeFolders(folders: Folders): Promise<void> {
  try {
    for (const folder of [
      folders.visits,
      folders.read,
      folders.refused,
      folders.codes,
      folders.own,
      folders.given,
    ]) {
      await makeFolder(folder);
    }
  } catch (error) {
    throw folderError(error, `the folder ${folders.root}`);
  }
}

/** One level; it may be there already, or come from another bridge at the same moment. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/**
 * The name of this folder among all folders, written into it once. An index belongs to one folder; without the name it
 * cannot be told from the empty place where a share was mounted. Null when there is none.
 */
export async function folderId(folders: Folders): Promise<string | null> {
  try {
    return (await readFile(path.join(folders.own, 'id'), 'utf8')).trim() || null;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw folderError(error, `the folder ${folders.root}`);
  }
}

/** Gives the folder its name; when two bridges do so at once, one name stays. */
export async function nameFolder(folders: Folders): Promise<string> {
  try {
    await createWhole(path.join(folders.own, 'id'), `${randomUUID()}\n`);
    return (await folderId(folders)) ?? '';
  } catch (error) {
    throw folderError(error, `the folder ${folders.own}`);
  }
}

/** How far the file server's clock is ahead of this machine's, in ms; it dates the files. Throws what the system says. */
export async function serverClockOffset(folders: Folders): Promise<number> {
  const probe = path.join(folders.own, `clock-${process.pid}-${randomUUID().slice(0, 8)}.tmp`);
  const asked = Date.now();
  const handle = await open(probe, 'wx');
  try {
    await handle.writeFile('clock\n');
  } finally {
    await handle.close();
  }
  try {
    const { mtimeMs } = await stat(probe);
    return Math.round(mtimeMs - (asked + Date.now()) / 2);
  } finally {
    await rm(probe, { force: true });
  }
}

/** ext, XFS, Btrfs, ZFS, tmpfs and overlays of them: a write and a rename each leave their time there, at once. */
const LOCAL_TYPES = new Set([0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0x01021994, 0x794c7630]);

/** Whether the folder is on a disk of this machine whose times can be relied on; false where that is not known. */
export async function isLocalDisk(folders: Folders): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  try {
    return LOCAL_TYPES.has((await statfs(folders.visits)).type);
  } catch {
    return false;
  }
}

/** Replaces a file so that nobody ever sees half of it, and the machine may lose power at any moment. */
export async function replaceWhole(file: string, content: Uint8Array): Promise<void> {
  const hidden = hiddenName(file);
  try {
    await writeDurably(hidden, content);
    await rename(hidden, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    await rm(hidden, { force: true });
    throw error;
  }
}

/**
 * Makes a file that must not exist yet; false when it does. Of two that try at once, on whichever machines, one succeeds:
 * a link refuses a name that is taken, and where links are not to be had (some shares) `wx` does.
 */
export async function createWhole(file: string, content: string): Promise<boolean> {
  const hidden = hiddenName(file);
  try {
    await writeDurably(hidden, Buffer.from(content));
    try {
      await link(hidden, file);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      if (!/^(EPERM|ENOSYS|ENOTSUP|EOPNOTSUPP|EMLINK|EINVAL|UNKNOWN)$/.test(codeOf(error))) throw error;
      if (!(await createExclusively(file, content))) return false;
    }
    await syncFolder(path.dirname(file));
    return true;
  } finally {
    await rm(hidden, { force: true });
  }
}

/** Renames without ever putting a file in the place of another one; false when the name is taken. */
export async function moveTo(from: string, to: string): Promise<boolean> {
  try {
    await stat(to);
    return false;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  await rename(from, to);
  await syncFolder(path.dirname(to));
  await syncFolder(path.dirname(from));
  return true;
}

/** Whether this account may rename in the folder, as the bridge must. Throws what the system says. */
export async function tryRename(folder: string): Promise<void> {
  const probe = path.join(folder, `.probe-${process.pid}-${randomUUID().slice(0, 8)}.tmp`);
  try {
    await writeDurably(probe, Buffer.from('probe\n'));
    await utimes(probe, new Date(), new Date());
    await rename(probe, `${probe}.moved.tmp`);
  } finally {
    await rm(probe, { force: true });
    await rm(`${probe}.moved.tmp`, { force: true });
  }
}

async function createExclusively(file: string, content: string): Promise<boolean> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'wx');
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return true;
}

async function writeDurably(file: string, content: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a rename last. Windows and most shares have no such call on folders; their servers keep a journal. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!/^(EINVAL|EPERM|ENOTSUP|EBADF|EIO)$/.test(codeOf(error))) throw error;
  } finally {
    await handle.close();
  }
}

function hiddenName(file: string): string {
  const { dir, base } = path.parse(file);
  return path.join(dir, `.${base}.${process.pid}-${randomUUID().slice(0, 8)}.tmp`);
}

/** The system's code of an error, `ENOENT`; empty when it has none. */
export function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'is not there (is the share mounted?)',
  ENOTDIR: 'is not there (a file stands in its place)',
  EACCES: 'may not be used by the account that the bridge runs under',
  EPERM: 'may not be used by the account that the bridge runs under',
  EROFS: 'is on a disk that cannot be written to',
  ENOSPC: 'is on a disk that is full',
  EBUSY: 'is in use by another program',
};

/** A file that somebody has open (Excel) refuses in the same words as a right that is missing: it is tried again. */
export function folderError(error: unknown, what: string, isRetried = false): BridgeError {
  if (error instanceof BridgeError) return error;
  const code = codeOf(error);
  const words = WORDS[code] ?? `cannot be used (${code === '' ? 'unexpected error' : code})`;
  const isDenied = /^(EACCES|EPERM|EROFS)$/.test(code) && !isRetried;
  return new BridgeError(isDenied ? 'his-denied' : 'his-unreachable', `${what} ${words}`, {
    retry: isDenied ? 'no' : 'yes',
    detail: { driverCode: code },
  });
}
