/** A process of ours that can be killed, frozen and started again. All that it prints goes into one file. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { endsWithUs } from '../../support/leave-nothing.ts';
import { programEnv } from '../../support/program-env.ts';

/** A process that was told to stop and has not after this long has failed to. ms */
const STOP_MS = 30_000;

export interface Command {
  name: string;
  args: readonly string[];
  env: Record<string, string>;
  /** Takes all output. */
  logFile: string;
  onLine?: (line: string) => void;
}

/**
 * As `src/launch.mjs` starts the bridge, but without optimised code: a process of a run lives for seconds, and a tenth of what it takes of
 * a processor went into optimising it.
 */
export const PROCESS_FLAGS = ['--liftoff-only', '--no-opt', '--no-maglev'];

export class Process {
  /** Ends that nobody asked for, with the exit code or signal. */
  readonly ends: string[] = [];
  readonly #command: Command;
  #child: ChildProcess | null = null;
  #isWanted = false;

  constructor(command: Command) {
    this.#command = command;
  }

  /** Ended although nobody asked it to: whoever supervises it starts it again. */
  get isMissing(): boolean {
    return this.#isWanted && !this.isAlive;
  }

  get isAlive(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  start(): void {
    const { args, env, logFile, name } = this.#command;
    const child = endsWithUs(
      spawn(process.execPath, [...PROCESS_FLAGS, 'src/cli.ts', ...args], {
        env: { ...programEnv(), ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    this.#child = child;
    this.#isWanted = true;
    appendFileSync(logFile, `--- ${name} started as process ${child.pid}\n`);
    let rest = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      rest += chunk.toString('utf8');
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#command.onLine?.(line);
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => appendFileSync(logFile, chunk));
    }
    child.once('exit', (code, signal) => {
      appendFileSync(logFile, `--- ${name} ended with ${code ?? signal}\n`);
      if (this.#isWanted && child === this.#child) this.ends.push(`${name} ended with ${code ?? signal}`);
    });
  }

  /** As a power cut does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** As systemd does, which also wakes what is frozen. Throws when it does not end with 0. */
  async tellToStop(): Promise<void> {
    await this.#end('SIGTERM');
    const code = this.#child?.exitCode;
    if (code !== 0 && code !== undefined)
      throw new Error(`${this.#command.name}: SIGTERM ended it with ${code}`);
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#isWanted = false;
    if (child === null || !this.isAlive) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    child.kill('SIGCONT');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  }
}
