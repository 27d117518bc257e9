/** Files that must be there, whole and private, when the power goes. */

import { chownSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Not Node's `recursive`, which tries for ever where the system says that a folder's parent is not there although it is. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // another process made it at the same moment
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** The names in it. */
export function folderToDisk(folder: string): void {
  // Windows opens no folder
  if (process.platform !== 'win32') toDisk(folder, 'r');
}

export function toDisk(path: string, flags: 'r' | 'r+'): void {
  const fd = openSync(path, flags);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Run by root, who may, as is needed: the bridge's own user must be able to open what root has made. */
export function giveToOwnerOf(like: string, made: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(like);
  chownSync(made, uid, gid);
}
