/** Being told to stop (SIGTERM, Ctrl-C): the first time in good order, the second time at once. */

import { constants } from 'node:os';

/**
 * A Ctrl-C reaches the process twice when npm runs it, once from the terminal and once from npm. What comes this soon
 * after the first is the same key, ms.
 */
const SAME_KEY_MS = 500;

/** Listens from now on; resolves to the first signal. `onSecond` runs before a second one ends the process. */
export function toldToStop(onSecond: () => void = () => undefined): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: number | null = null;
    const hear = (signal: NodeJS.Signals): void => {
      resolve(signal);
      first ??= Date.now();
      if (Date.now() - first < SAME_KEY_MS) return;
      onSecond();
      process.exit(exitCodeOf(signal));
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, hear);
  });
}

/** As a shell counts a process that a signal has ended. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
