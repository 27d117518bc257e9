/** LibreOffice Calc, where it is installed: what a spreadsheet program makes of a file. */

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A cell as the program shows and types it. */
export interface Cell {
  text: string;
  type: 'string' | 'float' | 'date' | 'other';
}

export const hasSpreadsheet = ((): boolean => {
  try {
    execFileSync('soffice', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** Opens a CSV file as a person does who agrees to "UTF-8, comma", and reads every cell of its first lines. */
export async function openInSpreadsheet(csv: string): Promise<Cell[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'authen-bridge-sheet-'));
  try {
    writeFileSync(join(folder, 'run.csv'), csv);
    // separator 44, quote 34, character set 76 (UTF-8), from line 1; a profile of its own, so that two may run at once
    await promisify(execFile)(
      'soffice',
      [
        ...[`-env:UserInstallation=file://${folder}/profile`, '--headless', '--infilter=CSV:44,34,76,1'],
        ...['--convert-to', 'fods', '--outdir', folder, join(folder, 'run.csv')],
      ],
      { timeout: 150_000 },
    );
    return cellsOf(readFileSync(join(folder, 'run.fods'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function cellsOf(fods: string): Cell[][] {
  const [sheet = ''] = /<table:table [\s\S]*?<\/table:table>/.exec(fods) ?? [];
  const rows = [...sheet.matchAll(/<table:table-row[^>]*>([\s\S]*?)<\/table:table-row>/g)];
  return rows.map(([, row = '']) =>
    [...row.matchAll(/<table:table-cell([^>]*?)(?:\/>|>([\s\S]*?)<\/table:table-cell>)/g)].map(
      ([, attributes = '', content = '']) => ({ text: textOf(content), type: typeOf(attributes) }),
    ),
  );
}

function typeOf(attributes: string): Cell['type'] {
  const [, type] = /office:value-type="(\w+)"/.exec(attributes) ?? [];
  return type === 'string' || type === 'float' || type === 'date' ? type : 'other';
}

function textOf(content: string): string {
  const lines = [...content.matchAll(/<text:p>([\s\S]*?)<\/text:p>/g)].map(([, line = '']) =>
    line
      .replace(/<text:s\/>/g, ' ')
      .replace(/<text:tab\/>/g, '\t')
      .replace(/<[^>]+>/g, '')
      .replace(/&apos;/g, "'")
      .replace(/&quot;/g, '"')
      .replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>')
      .replace(/&amp;/g, '&'),
  );
  return lines.join('\n');
}
