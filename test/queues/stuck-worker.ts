/**
 * Run as a process of its own: takes a job, says so, and never ends it. Arguments: URL, prefix, and how far its clock is
 * ahead, ms.
 */

import { makeLog } from '../../src/log.ts';
import { handlers, openAt } from './support.ts';

const [url, prefix, aheadMs = '0'] = process.argv.slice(2);
if (url === undefined || prefix === undefined) throw new Error('expected: stuck-worker.ts <url> <prefix>');

const rightNow = Date.now;
Date.now = () => rightNow() + Number(aheadMs);

const queue = await openAt(url, { prefix, log: makeLog({ level: 'silent' }) });
await queue.start(
  handlers(async (job) => {
    process.stdout.write(`${job.vn}\n`);
    await new Promise(() => undefined);
  }),
);
process.stdout.write('ready\n');
