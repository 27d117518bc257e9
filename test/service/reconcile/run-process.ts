/** A process of its own that runs (or resumes) the night of the sample day, to be killed. Told by one JSON argument. */

import { SAMPLE_DATE, SAMPLE_HCODE } from '../../support/samples.ts';
import { openParts, type PartsOptions } from './night-parts.ts';

const { now, resume, ...options } = JSON.parse(process.argv[2] ?? '{}') as Omit<PartsOptions, 'clock'> & {
  now: number;
  resume: boolean;
};
const offset = now - Date.now();
const parts = await openParts({ ...options, clock: { now: () => Date.now() + offset } });
try {
  const run = await parts.reconcile.run({
    ...{ hcode: SAMPLE_HCODE, serviceDate: SAMPLE_DATE, dryRun: false, resume, startedBy: 'cli:killed' },
    onProgress: ({ done }) => process.stdout.write(`${done}\n`),
  });
  process.stdout.write(`${JSON.stringify(run)}\n`);
} finally {
  await parts.close();
}
