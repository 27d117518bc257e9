/** Starts processes of `token-caller.ts` and talks with them. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CallerOptions, CallerOrder, CallerWord } from './token-caller.ts';

const PROGRAM = fileURLToPath(new URL('token-caller.ts', import.meta.url));

type Said<What extends CallerWord['said']> = Extract<CallerWord, { said: What }>;

export interface TokenCaller {
  tell(order: CallerOrder): void;
  /** The next word of that kind. Rejects when the process ends before. */
  hears<What extends CallerWord['said']>(what: What): Promise<Said<What>>;
  /** At once, with nothing brought to an end. */
  kill(): Promise<void>;
}

/** Resolves when it is ready. */
export async function startTokenCaller(options: CallerOptions): Promise<TokenCaller> {
  const child = fork(PROGRAM, [JSON.stringify(options)]);
  const caller = callerOf(child);
  await caller.hears('ready');
  return caller;
}

function callerOf(child: ChildProcess): TokenCaller {
  return {
    tell: (order) => void child.send(order),
    hears: (what) =>
      new Promise((resolve, reject) => {
        const end = (): void => {
          child.off('message', hear);
          child.off('exit', gone);
        };
        const hear = (word: CallerWord): void => {
          if (word.said !== what) return;
          end();
          resolve(word as never);
        };
        const gone = (): void => {
          end();
          reject(new Error(`the process ended before it said ${what}`));
        };
        child.on('message', hear);
        child.on('exit', gone);
      }),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
