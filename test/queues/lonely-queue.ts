/** Run as a process of its own: does work on the embedded queue while every outgoing connection is forbidden. */

import net from 'node:net';

const dialled: unknown[] = [];
net.Socket.prototype.connect = function refuse(...target: unknown[]): never {
  dialled.push(target[0]);
  throw new Error('the embedded queue dialled out');
};

// after the ban, so that nothing has a way round it
const { eventually, handlers, openAt, stepJobs } = await import('./support.ts');
const before = { rss: process.memoryUsage().rss, at: performance.now() };
const queue = await openAt('embedded');
const openMs = Math.round(performance.now() - before.at);
let done = 0;
const ticks: number[] = [];
const tick = { id: 'tick', every: 100, run: async () => void ticks.push(1) };
// none of it leaves the process, so nothing but the queue itself gives others a turn
let turns = 0;
const timer = setInterval(() => void turns++, 1);
const later = stepJobs(4_000, { hcode: '99999', dueAt: Date.now() + 3_600_000 });
await queue.add(later.slice(0, 2_000));
await queue.add(later.slice(2_000));
clearInterval(timer);
await queue.add(stepJobs(50));
await queue.start(
  handlers(async () => {
    done += 1;
  }, [tick]),
);
await eventually(() => done === 50);
const findings = await queue.check();
const megabytes = Math.round((process.memoryUsage().rss - before.rss) / 1e6);
await queue.close();
process.stdout.write(
  `${JSON.stringify({ dialled, done, turns, ticks: ticks.length, openMs, megabytes, findings })}\n`,
);
