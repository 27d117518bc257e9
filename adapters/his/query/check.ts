/** `doctor` at a HIS that is served by configuration: each statement is looked at, and each that reads is run. */

import { sql } from 'kysely';
import type { Finding } from '../../../src/service/ports/finding.ts';
import { checkClock } from '../sql/checks/clock.ts';
import { checkReached } from '../sql/checks/reach.ts';
import type { CheckParts } from './check-parts.ts';
import { checkPlans } from './check-plans.ts';
import { checkSelects } from './check-selects.ts';
import { checkWrite } from './check-write.ts';

export function checkQuery(parts: CheckParts): Promise<Finding[]> {
  return checkReached(parts.db, 'the HIS', async () => {
    const { findings, day, sample } = await checkSelects(parts);
    return [
      ...findings,
      ...checkPoll(parts),
      ...(await checkPlans(parts, day, sample?.vn ?? null)),
      ...(await checkWrite(parts, sample)),
      ...(await checkClock(parts.db, 'date and time')),
      ...(await checkSnapshot(parts)),
    ];
  });
}

function checkPoll({ statements: { newer, visits } }: CheckParts): Finding[] {
  const check = 'his-poll';
  if (newer !== null) {
    return [{ check, level: 'ok', message: 'a poll asks "newer", and then for the visits that are new' }];
  }
  if (visits.parameters.has('from') || visits.parameters.has('fromTime')) {
    return [{ check, level: 'ok', message: 'a poll asks "visits" from :from on' }];
  }
  return [
    {
      check,
      level: 'warn',
      message:
        'every poll reads the whole day: "visits" has neither :from nor :fromTime, and there is no "newer"',
      fix: 'Add "newer": a SELECT of vn alone, since :from or :fromTime; see docs/his-query.md.',
    },
  ];
}

/** Without it a read waits for a writer who has not committed, as long as the bridge has patience. */
async function checkSnapshot({ db }: CheckParts): Promise<Finding[]> {
  if (db.dialect.name !== 'mssql') return [];
  const { rows } = await db.run(
    sql`select is_read_committed_snapshot_on as snapshot from sys.databases where name = db_name()`,
  );
  const isOn = rows[0]?.snapshot === true || Number(rows[0]?.snapshot) === 1;
  return [
    {
      check: 'his-snapshot',
      level: 'ok',
      message: isOn
        ? 'READ_COMMITTED_SNAPSHOT is on: reading waits for nobody'
        : 'READ_COMMITTED_SNAPSHOT is off: reading may wait for a writer, at most statementTimeoutMs',
    },
  ];
}
