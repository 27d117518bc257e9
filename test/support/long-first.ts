/**
 * The order in which the test files are begun. What takes half a minute and more comes first, the longest at the front: none of
 * it is then left over at the end, where it would run alone. Most of that time is waiting, so that short ones fill the processors beside.
 */

import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Only the order hangs on it: a name that is missing here, or is no file any more, costs a little time. */
const LONG = [
  'e2e/agent-line',
  'e2e/agent-line-cut',
  'e2e/agent-line-two-bridges',
  'packaging/debian/package',
  'e2e/reader-sources',
  'e2e/bridge',
  'commands/demo',
  'commands/reconcile/reconcile',
  'queues/work-queue',
  'adapters/his/capture/mysql-binlog',
  'adapters/his/capture/postgres-logical',
  'e2e/offline',
  'commands/start',
  'e2e/take-over',
  'service/agent-door/once',
  'e2e/midnight',
  'e2e/reader',
  'adapters/reader/pcsc/survival',
  'adapters/reader/pcsc/other-programs',
  'e2e/agent-api',
  'e2e/reader-away-day',
  'e2e/reader-status',
  'db/postgres',
  'commands/doctor',
  'adapters/his/hospitalos/hospitalos',
  'service/rights',
  'http/agent-line',
  'commands/tokens',
].map((name) => `test/${name}.test.ts`);

export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId, project: { config } }: TestSpecification): number => {
      const place = LONG.indexOf(relative(config.root, moduleId).replaceAll('\\', '/'));
      return place === -1 ? LONG.length : place;
    };
    return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
