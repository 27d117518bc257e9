/** Runs a program, shows what it prints, and looks for citizen ids in every line. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { citizenIdsIn } from './citizen-id-scan.ts';
import { OUTPUT_DIR } from './output.ts';

interface Leak {
  source: string;
  lineNumber: number;
  /** Masked, like the line: the report must not print what it complains about. */
  ids: string[];
  line: string;
}

interface Tally {
  lines: number;
  leaks: Leak[];
}

/** The program's exit code, or 1 when it printed a citizen id (128 + signal when it was ended by one). */
export async function runScanned(program: string, args: readonly string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'authen-bridge-output-'));
  const tally: Tally = { lines: 0, leaks: [] };
  try {
    const child = spawn(program, args, {
      stdio: ['inherit', 'pipe', 'pipe'],
      env: { ...process.env, [OUTPUT_DIR]: folder, ...keepColour() },
    });
    child.stdout.pipe(process.stdout, { end: false });
    child.stderr.pipe(process.stderr, { end: false });
    const release = passSignals((signal) => child.kill(signal));
    const [[code, signal]] = await Promise.all([
      once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
      scan('stdout', child.stdout, tally),
      scan('stderr', child.stderr, tally),
    ]);
    release();
    for (const file of (await readdir(folder)).sort()) {
      await scan(file, createReadStream(join(folder, file)), tally);
    }
    report(tally);
    if (tally.leaks.length > 0) return 1;
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function scan(source: string, stream: Readable, tally: Tally): Promise<void> {
  let lineNumber = 0;
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    lineNumber++;
    const ids = citizenIdsIn(line);
    if (ids.length > 0) tally.leaks.push({ source, lineNumber, ids, line: withoutDigits(line) });
  }
  tally.lines += lineNumber;
}

function report({ lines, leaks }: Tally): void {
  if (leaks.length === 0) {
    process.stdout.write(`no citizen id in ${lines} lines of output\n`);
    return;
  }
  for (const { source, lineNumber, ids, line } of leaks) {
    process.stderr.write(`CITIZEN ID ${ids.join(', ')} in ${source}, line ${lineNumber}: ${line}\n`);
  }
  process.stderr.write(`FAILED: ${leaks.length} of ${lines} lines of output show a citizen id\n`);
}

/** Enough to find the place by. No digit is left, so an id that hides in escapes stays hidden. */
function withoutDigits(line: string): string {
  return line.replace(/\d/g, 'x').slice(0, 300);
}

/** A pipe has no colours of its own; the terminal behind it has. */
function keepColour(): Record<string, string> {
  const colours = process.stdout.isTTY && process.env.NO_COLOR === undefined;
  return colours ? { FORCE_COLOR: '1' } : {};
}

/** Ctrl-C reaches the child by itself; we only wait for it. A signal sent to us alone is handed on. */
function passSignals(send: (signal: NodeJS.Signals) => void): () => void {
  const wait = (): void => undefined;
  const handOn = (): void => send('SIGTERM');
  process.on('SIGINT', wait).on('SIGTERM', handOn);
  return () => void process.off('SIGINT', wait).off('SIGTERM', handOn);
}
