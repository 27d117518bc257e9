/**
 * `node worker.ts`, forked by `main.ts`: servers of its own, and one run after the other as seeds come in. A server that a
 * run kills is nobody else's.
 */

import { startFromPath } from '../support/services/start.ts';
import type { Wishes } from './plan.ts';
import { GivenUp, run } from './run.ts';

export interface Order {
  seed: number;
  wishes: Wishes;
  keep: boolean;
}

const [mariadb, postgres] = await Promise.all([startFromPath('mariadb'), startFromPath('postgres')]);

const givenUp = Promise.withResolvers<never>();
givenUp.promise.catch(() => undefined); // between two runs nobody waits for it
let running: Promise<unknown> = Promise.resolve();

async function end(): Promise<never> {
  // a day that loses its hospital in the middle fails in many places
  process.on('uncaughtException', () => undefined);
  givenUp.reject(new GivenUp());
  await running;
  const stopped = await Promise.allSettled([mariadb.stop(), postgres.stop()]);
  process.exit(stopped.every(({ status }) => status === 'fulfilled') ? 0 : 1);
}
process.on('disconnect', () => void end());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => undefined); // the parent decides, and its end is ours
}

process.on('message', ({ seed, wishes, keep }: Order) => {
  running = run(seed, wishes, { mariadb, postgres }, { keep, givenUp: givenUp.promise }).then((result) => {
    if (process.connected) process.send?.(result);
  });
});
// whoever asked may be gone by now
if (process.connected) process.send?.('ready');
else await end();
