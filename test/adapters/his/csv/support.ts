/** A folder of its own for each test, the adapter on it, and people for the files. */

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach } from 'vitest';
import type { CsvOptions } from '../../../../adapters/his/options.ts';
import { openHis } from '../../../../adapters/his/registry.ts';
import { CsvDesk, type FileVisit } from '../../../../simulators/his/csv/desk.ts';
import { checkDigit } from '../../../../src/domain/citizen-id.ts';
import type { HisAdapter } from '../../../../src/service/ports/his.ts';
import { at, csvOptions, HCODE, TODAY } from './given.ts';

export { at, csvOptions, HCODE, TODAY };

export interface Counter {
  folder: string;
  desk: CsvDesk;
  his: HisAdapter;
  options: CsvOptions;
  /** Another bridge on the folder, with an index of its own unless told otherwise. */
  open(more?: Partial<CsvOptions>): HisAdapter;
}

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const one of cleanUp.splice(0).reverse()) await one();
});

export async function counter(given: Partial<CsvOptions> = {}): Promise<Counter> {
  const base = await mkdtemp(path.join(tmpdir(), 'his-csv-'));
  cleanUp.push(() => rm(base, { recursive: true, force: true }));
  const folder = given.folder ?? path.join(base, 'share');
  await mkdir(folder, { recursive: true });
  const options = csvOptions({ folder, index: path.join(base, 'index'), settleSeconds: 0.3, ...given });
  let opened = 0;
  const open = (more: Partial<CsvOptions> = {}): HisAdapter => {
    const his = openHis({ ...options, index: path.join(base, `index-${++opened}`), ...more });
    cleanUp.push(() => his.close());
    return his;
  };
  return { folder, desk: new CsvDesk(folder), his: open({ index: options.index }), options, open };
}

/** An invented person's visit; the citizen id begins with 9, which no office gives out. */
export function visit(n: number, more: Partial<FileVisit> = {}): FileVisit {
  const first12 = `9${String(n).padStart(11, '0')}`;
  return {
    vn: `6911${String(n).padStart(8, '0')}`,
    at: at('08:00:00') + n * 1000,
    hn: String(n).padStart(9, '0'),
    pid: `${first12}${checkDigit(first12)}`,
    title: 'นาย',
    fname: `ทดสอบ${n}`,
    lname: 'ตัวอย่าง',
    birth: '1980-05-01',
    sex: '1',
    nationality: '99',
    mobile: `08${String(10_000_000 + n)}`,
    right: '89',
    scheme: 'UCS',
    department: '011',
    ...more,
  };
}

/** Until it holds, at most `ms`. */
export async function until<T>(look: () => Promise<T>, holds: (found: T) => boolean, ms = 5_000): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (holds(found) || performance.now() > end) return found;
    await sleep(20);
  }
}
