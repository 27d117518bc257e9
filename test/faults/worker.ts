/**
 * `node worker.ts`, forked by `main.ts`: servers of its own, and one run after the other as seeds come in. A server that a
 * run kills is nobody else's.
 */

import { startFromPath } from '../support/services/start.ts';
import type { Wishes } from './plan.ts';
import { run } from './run.ts';

export interface Order {
  seed: number;
  wishes: Wishes;
  keep: boolean;
}

const [mariadb, postgres] = await Promise.all([startFromPath('mariadb'), startFromPath('postgres')]);

async function end(): Promise<never> {
  await Promise.all([mariadb.stop(), postgres.stop()]);
  process.exit(0);
}
process.on('disconnect', () => void end());
process.on('SIGINT', () => undefined); // the parent decides, and its end is ours

process.on('message', ({ seed, wishes, keep }: Order) => {
  void run(seed, wishes, { mariadb, postgres }, keep).then((result) => process.send?.(result));
});
process.send?.('ready');
