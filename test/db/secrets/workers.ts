/** Starts processes of `worker.ts`, all at the same moment. */

import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { programEnv } from '../../support/program-env.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));

export interface Worker {
  hcode: string;
  child: ChildProcess;
  /** Lines that it has printed. */
  lines: string[];
  /** Exit code and whatever it complained of. */
  ended: Promise<{ code: number | null; faults: string }>;
}

/** `go`: a file that is not there yet. Comes back when all are ready and have been told to go. */
export async function startWorkers(options: {
  store: string;
  keyFile: string;
  hcodes: readonly string[];
  go: string;
}): Promise<Worker[]> {
  const { store, keyFile, hcodes, go } = options;
  const workers = hcodes.map((hcode): Worker & { ready: Promise<unknown> } => {
    const child = spawn(process.execPath, [WORKER, store, keyFile, hcode, go], {
      env: programEnv(),
      stdio: 'pipe',
    });
    const lines: string[] = [];
    let faults = '';
    let rest = '';
    const ended = new Promise<{ code: number | null; faults: string }>((resolve) => {
      child.on('close', (code) => resolve({ code, faults }));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      faults += text;
    });
    const ready = new Promise((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        const parts = (rest + text).split('\n');
        rest = parts.pop() ?? '';
        lines.push(...parts);
        resolve(null);
      });
    });
    return { hcode, child, lines, ended, ready: Promise.race([ready, ended]) };
  });
  await Promise.all(workers.map((worker) => worker.ready));
  writeFileSync(go, '');
  return workers;
}

/** Lets each finish what it does. */
export function endWorkers(workers: readonly Worker[]): Promise<{ code: number | null; faults: string }[]> {
  for (const { child } of workers) child.stdin?.write('enough\n');
  return Promise.all(workers.map((worker) => worker.ended));
}
