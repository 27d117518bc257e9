/** (h) Report: a report of 50,000 rows is imported by the command, as the claims office runs it; time and peak memory. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endsWithUs, throwAwayFolder } from '../../support/leave-nothing.ts';
import { book, goodRow, reportSheet } from '../../support/workbook.ts';
import type { Figure } from '../figures.ts';
import { memoryOf } from '../machine.ts';
import type { BenchContext, PartResult } from '../part.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SECONDS = { atMost: 10 };
const MB = { atMost: 200 };
const LOOK_MS = 50;

export async function report({ say, quick }: BenchContext): Promise<PartResult> {
  const count = quick ? 5_000 : 50_000;
  const folder = throwAwayFolder('authen-bridge-bench-report-');
  try {
    const figures: Figure[] = [];
    for (const strings of ['inline', 'shared'] as const) {
      say(`${count.toLocaleString('en')} rows, texts ${strings}`);
      const file = join(folder, `${strings}.xlsx`);
      const rows = Array.from({ length: count }, (_, n) => goodRow(n));
      await writeFile(file, book(reportSheet(rows), { strings }));
      const store = join(folder, `${strings}.db`);
      for (const what of ['first', 'again'] as const) {
        const { seconds, highest, out } = await importOnce(folder, file, store);
        if (
          !new RegExp(`${count.toLocaleString('en')} +${what === 'first' ? 'taken' : 'already known'}`).test(
            out,
          )
        ) {
          throw new Error(`not every row was taken:\n${out}`);
        }
        const name = `${count.toLocaleString('en')} rows, texts ${strings}, ${what}`;
        figures.push({ part: 'report', name, value: seconds, unit: 's', aim: SECONDS });
        figures.push({
          part: 'report',
          name: `${name}: highest memory`,
          value: highest,
          unit: 'MB',
          aim: MB,
        });
      }
    }
    return { figures, facts: { rows: count, columns: 24 } };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The script of package.json, from start to end of its process. */
async function importOnce(
  folder: string,
  file: string,
  store: string,
): Promise<{ seconds: number; highest: number | null; out: string }> {
  const config = join(folder, 'config.json');
  const his = { kind: 'hosxp', url: 'mysql://bench:bench@127.0.0.1:9/hos' };
  const stations = [{ id: 'counter-1', agentUrl: 'http://127.0.0.1:9' }];
  await writeFile(
    config,
    JSON.stringify({ store: `sqlite:${store}`, sites: [{ hcode: '10978', his, stations }] }),
  );
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const [, ...command] = String(scripts['import-report']).split(' ');
  const begun = performance.now();
  const child = endsWithUs(
    spawn(process.execPath, [...command, file, '--config', config], {
      ...{ cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] as const },
    }),
  );
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  // what the system keeps as the highest ends with the process
  let highest: number | null = null;
  const look = setInterval(() => {
    const { highest: seen } = memoryOf(child.pid ?? 0) ?? {};
    // one that has ended and not been fetched yet has no memory
    if (Number.isFinite(seen)) highest = seen ?? highest;
  }, LOOK_MS);
  await once(child, 'close');
  clearInterval(look);
  return { seconds: (performance.now() - begun) / 1_000, highest, out };
}
