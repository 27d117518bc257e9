/** Run as a process of its own: does work on the embedded queue while every outgoing connection is forbidden. */

import net from 'node:net';

const dialled: unknown[] = [];
net.Socket.prototype.connect = function refuse(...target: unknown[]): never {
  dialled.push(target[0]);
  throw new Error('the embedded queue dialled out');
};

// after the ban, so that nothing has a way round it
const { drained, handlers, openAt, stepJobs } = await import('./support.ts');
const before = { rss: process.memoryUsage().rss, at: performance.now() };
const queue = await openAt('embedded');
const openMs = Math.round(performance.now() - before.at);
let done = 0;
const ticks: number[] = [];
const tick = { id: 'tick', every: 100, run: async () => void ticks.push(1) };
await queue.add(stepJobs(50));
await queue.start(
  handlers(async () => {
    done += 1;
  }, [tick]),
);
await drained(queue);
const findings = await queue.check();
const megabytes = Math.round((process.memoryUsage().rss - before.rss) / 1e6);
await queue.close();
process.stdout.write(
  `${JSON.stringify({ dialled, done, ticks: ticks.length, openMs, megabytes, findings })}\n`,
);
