/** A process of the bench that is asked over IPC, one question at a time, and may tell things by itself. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endsWithUs } from '../../support/leave-nothing.ts';

export class Asked<Question, Answer> {
  readonly #child: ChildProcess;
  #next: { resolve(answer: Answer): void; reject(error: Error): void } | null = null;

  /** @param tell what it says without being asked */
  constructor(file: string, args: readonly string[], tell: (told: unknown) => void = () => undefined) {
    const program = fileURLToPath(new URL(file, import.meta.url));
    this.#child = endsWithUs(fork(program, args, { execArgv: ['--expose-gc'] }));
    this.#child.on('message', (message: { answer?: Answer; failed?: string; told?: unknown }) => {
      if (message.told !== undefined) return tell(message.told);
      const asked = this.#next;
      this.#next = null;
      if (message.failed === undefined) asked?.resolve(message.answer as Answer);
      else asked?.reject(new Error(message.failed));
    });
    this.#child.once('exit', (code, signal) =>
      this.#next?.reject(new Error(`${file} ended: ${code ?? signal}`)),
    );
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#next = { resolve, reject };
      this.#child.send(question as object);
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** The other side: answers until the parent is gone. */
export function answerParent<Question, Answer>(answer: (question: Question) => Promise<Answer>): void {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.on('message', (question: Question) => {
    answer(question).then(
      (said) => process.send?.({ answer: said }),
      (error) => process.send?.({ failed: error instanceof Error ? error.message : String(error) }),
    );
  });
}

/** Milliseconds that mean the same in every process of this machine. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
