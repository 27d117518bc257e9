/** Being told to stop (SIGTERM, Ctrl-C): the first time in good order, the second time at once. */

import { constants } from 'node:os';

/**
 * A Ctrl-C reaches the process twice when npm runs it, once from the terminal and once from npm. What comes this soon
 * after the first is the same key, ms.
 */
const SAME_KEY_MS = 500;

/** SIGHUP, the terminal's window being closed, is for who asks for it: a service may have been started to outlive it. */
export type Ending = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

/** Listens from now on; resolves to the first signal. */
export function toldToStop(signals: readonly Ending[] = ['SIGTERM', 'SIGINT']): Promise<Ending> {
  return new Promise((resolve) => {
    let first: number | null = null;
    for (const signal of signals) {
      process.on(signal, () => {
        resolve(signal);
        first ??= Date.now();
        if (Date.now() - first >= SAME_KEY_MS) process.exit(exitCodeOf(signal));
      });
    }
  });
}

/** As a shell counts a process that a signal has ended. */
export function exitCodeOf(signal: Ending): number {
  return 128 + constants.signals[signal];
}
