/** How far an import is, on a terminal; a log or a mail from cron gets no such lines. */

import { SingleBar } from 'cli-progress';
import type { NhsoReport } from '../../service/ports/reported-codes.ts';

export interface ImportProgress {
  show(rows: number): void;
  clear(): void;
}

export function importProgress(report: NhsoReport): ImportProgress {
  if (!process.stderr.isTTY) return { show: () => undefined, clear: () => undefined };
  const bar = new SingleBar({
    ...{ format: 'Importing {bar} {percentage} %  {rows} rows', clearOnComplete: true, hideCursor: false },
    ...{ barCompleteChar: '#', barIncompleteChar: '.', stream: process.stderr, fps: 5 },
  });
  bar.start(100, 0, { rows: 0 });
  return {
    show: (rows) => bar.update(Math.floor(report.share() * 100), { rows: rows.toLocaleString('en') }),
    clear: () => bar.stop(),
  };
}
