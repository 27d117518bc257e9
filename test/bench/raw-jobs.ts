/** What BullMQ itself can do on this Redis: jobs a second that do nothing. */

import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

/** Jobs run before the clock starts, so that neither side is measured cold. */
const WARM_UP = 2_000;

/** Jobs are added first; the clock runs from the first one taken to the last one done. */
export async function rawJobsPerSecond(redis: string, count: number, concurrency: number): Promise<number> {
  await timed(redis, WARM_UP, concurrency);
  return count / (await timed(redis, count, concurrency));
}

/** Seconds. */
async function timed(redis: string, count: number, concurrency: number): Promise<number> {
  const connection = new Redis(redis, { maxRetriesPerRequest: null });
  const options = { connection, prefix: '{bench}' };
  const queue = new Queue('raw', options);
  for (let at = 0; at < count; at += 1_000) {
    const some = Math.min(1_000, count - at);
    await queue.addBulk(
      Array.from({ length: some }, (_, i) => ({
        name: 'raw',
        data: { n: at + i },
        opts: { removeOnComplete: true },
      })),
    );
  }
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const worker = new Worker('raw', async () => undefined, { ...options, autorun: false, concurrency });
  let left = count;
  worker.on('completed', () => {
    left -= 1;
    if (left === 0) resolve();
  });
  await worker.waitUntilReady();
  const begun = performance.now();
  const running = worker.run();
  await done;
  const seconds = (performance.now() - begun) / 1000;
  await worker.close();
  await running;
  await queue.obliterate({ force: true });
  await queue.close();
  connection.disconnect();
  return seconds;
}
