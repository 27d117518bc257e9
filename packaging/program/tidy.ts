/** What a package must not owe to the machine that made it: permissions and times. */

import { chmod, lstat, lutimes, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders and programs 0755, other files 0644, all of one time. `programs` are paths below `folder`. */
export async function tidy(folder: string, programs: ReadonlySet<string>, epoch: number): Promise<void> {
  for (const path of [...(await pathsIn(folder)), '']) {
    const full = join(folder, path);
    const isFolder = (await lstat(full)).isDirectory();
    await chmod(full, isFolder || programs.has(path) ? 0o755 : 0o644);
    await lutimes(full, epoch, epoch);
  }
}

/** Everything below the folder, sorted, what is in a folder before the folder itself. */
async function pathsIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort().reverse();
}

/** All files below the folder, sorted, with slashes. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
