/** A small disk of a run's own, so that it can be full. */

import { execFileSync } from 'node:child_process';

/** Room enough for a day's ledger, little enough to be filled at once. */
const SIZE = '48m';

/** Mounts a disk in memory on the folder. False without the rights: the caller says what is left out. */
export function canMount(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder], { stdio: 'pipe' });
    return true;
  } catch {
    return false; // no rights, or a machine without mount
  }
}

export function unmount(folder: string): void {
  execFileSync('umount', ['--lazy', folder]);
}
