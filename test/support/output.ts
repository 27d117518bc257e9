/**
 * Hands the output of processes that tests start to the run's check for citizen ids (`run.ts`), which cannot see
 * what a test has caught for itself.
 */

import type { ChildProcess } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names the folder; set by `run.ts`. */
export const OUTPUT_DIR = 'AUTHEN_BRIDGE_OUTPUT_DIR';

/** Keeps a piece of what the process `name` printed. Nothing is kept when vitest was started without `run.ts`. */
export function keepOutput(name: string, chunk: string | Uint8Array): void {
  const folder = process.env[OUTPUT_DIR];
  if (folder === undefined || folder === '') return;
  // the process id keeps test files that run at the same time out of each other's lines
  appendFileSync(join(folder, `${name.replace(/[^\w.-]/g, '_')}-${process.pid}.log`), chunk);
}

/** Keeps all that a child prints from now on. Its streams must be pipes; others may listen to them too. */
export function keepChildOutput(name: string, child: ChildProcess): void {
  child.stdout?.on('data', (chunk: Buffer) => keepOutput(`${name}.stdout`, chunk));
  child.stderr?.on('data', (chunk: Buffer) => keepOutput(`${name}.stderr`, chunk));
}
