/** The contract of every HIS, on a folder of files. */

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe } from 'vitest';
import { openHis } from '../../../../adapters/his/registry.ts';
import { STYLES } from '../../../../simulators/his/csv/desk.ts';
import { csvDesk } from '../../../../simulators/his/csv/registration.ts';
import { hisContract } from '../contract/suite.ts';
import { csvOptions } from './given.ts';

describe.each(['plain', 'a report generator'])('a HIS that drops files as %s', (name) => {
  hisContract(async () => {
    const base = await mkdtemp(path.join(tmpdir(), 'his-csv-contract-'));
    const folder = path.join(base, 'share');
    await mkdir(folder);
    // the contract's days are of one year, and the test may run in another
    const options = { ...csvOptions({ folder, index: path.join(base, 'index') }), keepDays: 20_000 };
    return {
      desk: csvDesk(folder, STYLES[name]),
      open: (more = {}) => openHis({ ...options, ...more }),
      lacks: {
        // a row without a date goes to the day of its file
        strays: true,
      },
      drop: () => rm(base, { recursive: true, force: true }),
    };
  });
});
