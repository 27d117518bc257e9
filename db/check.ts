/** What `doctor` and `readyz` say about the ledger. */

import { errorText } from '../src/domain/bridge-error.ts';
import type { Finding } from '../src/service/ports/finding.ts';
import { changeOne, type Engine } from './engine.ts';

/** Never throws: trouble is a finding. */
export async function checkLedger(engine: Engine): Promise<Finding[]> {
  try {
    const pending = await engine.pendingMigrations();
    if (pending.length > 0) return [notMigrated(pending), ...(await engine.check())];
    return [
      { check: 'ledger-migrated', level: 'ok', message: 'the ledger’s tables are up to date' },
      await writable(engine),
      ...(await engine.check()),
    ];
  } catch (error) {
    return [{ check: 'ledger-reachable', level: 'fail', message: errorText(error) }];
  }
}

function notMigrated(pending: readonly string[]): Finding {
  return {
    check: 'ledger-migrated',
    level: 'warn',
    message: `the ledger has not had ${pending.join(', ')} yet`,
    fix: 'start the bridge: it brings its tables up to date by itself',
  };
}

/** A write that goes all the way to the disk. */
async function writable(engine: Engine): Promise<Finding> {
  const touch = engine.db
    .insertInto('memory')
    .values({ name: 'ledger-check', value: 'written' })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: 'written' }))
    .compile();
  try {
    await engine.write(() => changeOne(touch));
    return { check: 'ledger-writable', level: 'ok', message: 'the ledger takes writes' };
  } catch (error) {
    return {
      check: 'ledger-writable',
      level: 'fail',
      message: errorText(error),
      fix: 'see that the disk has room and that the bridge’s user may write to the store',
    };
  }
}
