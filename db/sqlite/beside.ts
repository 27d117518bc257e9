/** The number beside the ledger's file: a small file of its own, which a backup of the ledger does not bring back. */

import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Beside } from '../engine.ts';

/** `path`: of the ledger. */
export function besideFile(path: string): Beside {
  const file = `${path}.beats`;
  return {
    async read() {
      try {
        const number = Number((await readFile(file, 'utf8')).trim());
        return Number.isSafeInteger(number) ? number : 0;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
        throw error;
      }
    },
    async write(value) {
      // a name of its own first: a process that is killed leaves the one or the other, whole
      await writeFile(`${file}.new`, `${value}\n`, { mode: 0o600 });
      await rename(`${file}.new`, file);
    },
  };
}
