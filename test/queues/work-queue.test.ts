/** One suite, three back-ends. */

import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe } from 'vitest';
import { backendOn, makeDatabase } from '../../queues/backends/embedded.ts';
import { BullWorkQueue } from '../../queues/bull-work-queue.ts';
import { errorSink } from '../../queues/error-log.ts';
import { settingsOf } from '../../queues/options.ts';
import { describeWith, freshPostgres } from '../support/services.ts';
import { schedulesContract } from './schedules-contract.ts';
import { sharedWorkContract } from './shared-work-contract.ts';
import { freshPrefix, keptLog, type Opener, openAt, SHORT } from './support.ts';
import { workQueueContract } from './work-queue-contract.ts';
import { wrongClockContract } from './wrong-clock-contract.ts';

describe('work queue, embedded', () => {
  let db: PGlite;
  beforeAll(async () => {
    db = await makeDatabase(keptLog());
  }, 120_000);
  afterAll(() => db.close());
  // One database for all, since making one takes two seconds; `embedded.test.ts` opens it as the bridge does.
  const open: Opener = async (options = {}) => {
    const settings = settingsOf({ log: keptLog(), prefix: freshPrefix(), ...SHORT, ...options });
    const report = errorSink(settings.log, []);
    return new BullWorkQueue(
      backendOn(db, settings, report, async () => undefined),
      settings,
      report,
    );
  };
  workQueueContract(open);
  schedulesContract(open);
  wrongClockContract(open);
});

describeWith('redis', 'work queue on Redis', (url) => {
  const open: Opener = (options) => openAt(url, options);
  workQueueContract(open);
  schedulesContract(open);
  wrongClockContract(open);
  sharedWorkContract(() => url);
});

describeWith('postgres', 'work queue on PostgreSQL', (adminUrl) => {
  let database: Awaited<ReturnType<typeof freshPostgres>>;
  beforeAll(async () => {
    database = await freshPostgres(adminUrl);
  });
  afterAll(() => database.drop());
  const open: Opener = (options) => openAt(database.url, options);
  workQueueContract(open);
  schedulesContract(open);
  wrongClockContract(open);
  sharedWorkContract(() => database.url);
});
