/** Where a backup goes, and which older ones go for it. */

import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { folderToDisk, toDisk } from '../../../db/files.ts';
import { bangkokIso, type Instant } from '../../domain/bangkok.ts';
import { refuse } from './store.ts';

export interface Place {
  file: string;
  /** What is half done is called that, beside it. */
  part: string;
  /** The folder, when that was all that was named. */
  folder: string | null;
}

/** Date and time of Bangkok, to the second; sorts by age. */
const OURS = /^authen-bridge-\d{8}-\d{6}\.db$/;

export function stampOf(at: Instant): string {
  return bangkokIso(at).slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}

/** `to`: a folder that is there, or the name of a file, `….db`, that is not. */
export function placeFor(to: string, at: Instant): Place {
  const isFolder = existsSync(to) && statSync(to).isDirectory();
  const file = resolve(isFolder ? join(to, `authen-bridge-${stampOf(at)}.db`) : to);
  // a disk that is not mounted must not become a file of its name
  if (!isFolder && !to.endsWith('.db')) {
    refuse('--to', `there is no folder ${to} (the name of a file ends in .db)`);
  }
  if (existsSync(file)) refuse('--to', `${file} is there already, and nothing is overwritten; name a folder`);
  if (!existsSync(dirname(file))) refuse('--to', `there is no folder ${dirname(file)}`);
  return { file, part: `${file}.${process.pid}.part`, folder: isFolder ? resolve(to) : null };
}

/** The copy is on the disk, under its own name, when this ends. */
export function finish({ file, part }: Pick<Place, 'file' | 'part'>): void {
  toDisk(part, 'r+');
  renameSync(part, file);
  folderToDisk(dirname(file));
}

/** Removes all but the newest `keep` backups that bear a name of ours. Returns the names of those that went. */
export function removeOlder(folder: string, keep: number): string[] {
  const ours = readdirSync(folder).filter((name) => OURS.test(name));
  const older = ours.sort().reverse().slice(keep);
  for (const name of older) rmSync(join(folder, name));
  return older;
}
