/** The command line as a process of its own: what it prints, and the code that it ends with. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { keepChildOutput } from '../support/output.ts';
import { programEnv } from '../support/program-env.ts';

/** Longer than anything here takes, on a machine that has much else to do; then it is killed and the test sees it, ms. */
const PATIENCE_MS = 180_000;

export class Cli {
  out = '';
  err = '';
  readonly child: ChildProcess;
  readonly #ended: Promise<number | null>;

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    this.child = spawn(process.execPath, ['--liftoff-only', 'src/cli.ts', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...programEnv(), NO_COLOR: '1', ...env },
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    });
    keepChildOutput(args[0] ?? 'cli', this.child);
    this.child.stdout?.on('data', (chunk) => {
      this.out += String(chunk);
    });
    this.child.stderr?.on('data', (chunk) => {
      this.err += String(chunk);
    });
    this.#ended = once(this.child, 'close').then(([code]) => code as number | null);
  }

  /** Its exit code, all that it printed having been read; null when a signal ended it. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  /** Waits until standard output or error holds it. */
  async says(what: string | RegExp): Promise<void> {
    const holds = (): boolean => this.out.search(what) >= 0 || this.err.search(what) >= 0;
    for (let waited = 0; !holds(); waited += 20) {
      if (waited > PATIENCE_MS || this.child.exitCode !== null) {
        throw new Error(`it never said ${what}:\n${this.out}\n${this.err}`);
      }
      await sleep(20);
    }
  }
}

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

export async function runCli(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const cli = new Cli(args, env);
  const code = await cli.ended();
  return { code, out: cli.out, err: cli.err };
}
