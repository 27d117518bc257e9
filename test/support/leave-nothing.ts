/** What a program of ours must not leave behind, whatever ends it (`kill -9` excepted): its processes, its folders. */

import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

const processes = new Set<ChildProcess>();
const folders = new Set<string>();

/** The process is killed when ours ends before it. */
export function endsWithUs<Child extends ChildProcess>(child: Child): Child {
  processes.add(child);
  child.once('exit', () => processes.delete(child));
  return child;
}

/** A new folder that is removed when our process ends, if it is still there. */
export function throwAwayFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  folders.add(folder);
  return folder;
}

/** To be called once, by the program that is started: a signal ends it as an exit does. */
export function exitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
}

process.once('exit', () => {
  for (const child of processes) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});
