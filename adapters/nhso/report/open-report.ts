/**
 * The NHSO report as a file (reference §4): .xlsx, 24 columns, thousands of rows, read as a stream. The parser faces the
 * outside: whatever the file holds, it ends in lines or in a refusal. See docs/decisions/0029-report-import.md.
 */

import type { NhsoReport, ReportLine } from '../../../src/service/ports/reported-codes.ts';
import { Archive } from './archive.ts';
import { type Columns, HEADER_WITHIN, type Header, headerIn, headerRefusal, isWhole } from './header.ts';
import { readLine } from './line.ts';
import { SharedStrings } from './shared-strings.ts';
import { type Row, readRows, type Wanted } from './sheet.ts';
import { readWorkbook, type Workbook } from './workbook.ts';

/** Throws BridgeError `bad-input` (retry no) for what is no .xlsx, with the next step. */
export async function openReport(path: string): Promise<NhsoReport> {
  const archive = await Archive.open(path);
  try {
    return new Report(archive, await readWorkbook(archive));
  } catch (error) {
    archive.close();
    throw error;
  }
}

class Report implements NhsoReport {
  readonly #archive: Archive;
  readonly #book: Workbook;
  readonly #bytes: number;
  #before = 0;
  #isReading = false;

  constructor(archive: Archive, book: Workbook) {
    this.#archive = archive;
    this.#book = book;
    this.#bytes = book.sheets.reduce((sum, part) => sum + archive.sizeOf(part), 0);
  }

  async *lines(isOurs: (hcode: string) => boolean): AsyncGenerator<ReportLine, void, undefined> {
    const { sheets, sharedStrings, is1904 } = this.#book;
    const texts = sharedStrings === null ? null : await SharedStrings.read(this.#archive, sharedStrings);
    // of a file with a wrong checksum nothing is taken, not even what comes before the damage
    for (const part of sheets) await this.#archive.verify(part);
    this.#isReading = true;
    let best: { header: Header; row: number } | null = null;
    let isFound = false;
    for (const part of sheets) {
      const sheet = new Sheet();
      const wanted: Wanted = { columns: null };
      for await (const rows of readRows(this.#archive, part, texts, wanted)) {
        for (const row of rows) {
          if (sheet.columns !== null) {
            const line = readLine(row, { columns: sheet.columns, is1904, isOurs });
            if (line !== null) yield line;
          } else sheet.seek(row);
        }
        if (sheet.columns !== null) wanted.columns ??= new Set(Object.values(sheet.columns));
        else if (sheet.isGivenUp) break;
      }
      isFound ||= sheet.columns !== null;
      best = nearer(best, sheet.best);
      this.#before += this.#archive.sizeOf(part);
    }
    if (!isFound) throw headerRefusal(best);
  }

  share(): number {
    if (!this.#isReading) return 0;
    return Math.min(1, (this.#before + this.#archive.position) / Math.max(1, this.#bytes));
  }

  close(): void {
    this.#archive.close();
  }
}

/** A sheet whose header is being looked for. */
class Sheet {
  columns: Columns | null = null;
  best: { header: Header; row: number } | null = null;
  isGivenUp = false;

  seek(row: Row): void {
    if (row.row > HEADER_WITHIN) {
      this.isGivenUp = true;
      return;
    }
    const header = headerIn(row);
    if (header === null) return;
    if (isWhole(header)) this.columns = header.columns;
    else this.best = nearer(this.best, { header, row: row.row });
  }
}

type Found = { header: Header; row: number } | null;

function nearer(one: Found, other: Found): Found {
  if (one === null || other === null) return one ?? other;
  return other.header.missing.length < one.header.missing.length ? other : one;
}
