import { describe, expect, it } from 'vitest';
import { checkWorkQueue, openWorkQueue } from '../../queues/open-work-queue.ts';
import { freePort } from '../support/services/processes.ts';
import { keptLog, SHORT } from './support.ts';

const options = { log: keptLog(), ...SHORT };

describe('opening the work queue', () => {
  it.each(['', 'rabbit', 'mysql://h/db', 'http://redis:6379', 'constructor:x', 'embedded:x'])(
    'refuses "%s" and says what it expects',
    async (url) => {
      await expect(openWorkQueue(url, options)).rejects.toMatchObject({
        code: 'config',
        retry: 'no',
        message: expect.stringContaining('expected "embedded", redis://'),
      });
    },
  );

  it.each(['redis', 'rediss', 'postgres', 'postgresql'])(
    'says soon when nobody is there: %s',
    async (scheme) => {
      const url = `${scheme}://me:secret@127.0.0.1:${await freePort()}/0`;
      await expect(openWorkQueue(url, options)).rejects.toMatchObject({
        code: 'queue-unavailable',
        retry: 'yes',
        message: expect.stringMatching(/^(?!.*secret).*127\.0\.0\.1.*ECONNREFUSED/),
      });
      const findings = await checkWorkQueue(url, options);
      expect(findings).toMatchObject([{ check: 'queue-reachable', level: 'fail' }]);
    },
  );
});
