/**
 * Text as rows of cells, piece by piece. A row is one line, or several where a quoted cell holds line ends. A quote that is opened
 * and never closed would swallow all rows after it: then its line alone is a fault, and the next line is a row again.
 * Cells in quotes are taken apart by csv-parse; a line without any needs no parser.
 */

import { parse } from 'csv-parse/sync';

/** A cell may hold line ends, but not so many that a lost quote goes unnoticed. */
const MOST_LINES = 20;
/** A line longer than this is no row of a table (in UTF-16 units). */
const LONGEST_LINE = 64 * 1024;

export interface Row {
  /** Of the file, from 1. */
  line: number;
  cells: readonly string[];
  /** The file ended in the middle of it, or at its end without a line end. */
  isLast: boolean;
  fault: null | 'open-quote';
}

/** Thrown for what cannot be a table at all. */
export class NoTable extends Error {
  readonly line: number;
  constructor(line: number) {
    super(`line ${line} is longer than ${LONGEST_LINE} characters`);
    this.line = line;
  }
}

export class RowReader {
  readonly #separator: string;
  /** How many cells the header has: tells a row in quotes from a lost quote. */
  readonly #columns: number;
  #rest = '';
  #lines: string[] = [];
  /** Line number of `#lines[0]`. */
  #line: number;

  /** `firstLine`: the number of the first line that will be pushed. */
  constructor(separator: string, columns: number, firstLine: number) {
    this.#separator = separator;
    this.#columns = columns;
    this.#line = firstLine;
  }

  push(text: string): Row[] {
    const whole = this.#rest + text;
    // a carriage return may be the first half of a line end
    const end = whole.endsWith('\r') ? whole.length - 1 : whole.length;
    const lines = whole.slice(0, end).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '') + whole.slice(end);
    for (const line of lines) this.#lines.push(line);
    this.#checkLengths();
    return this.#take(false);
  }

  end(): Row[] {
    const rest = this.#rest.replace(/\r$/, '');
    const isTerminated = rest === '';
    if (this.#rest !== '') this.#lines.push(rest);
    this.#rest = '';
    const rows = this.#take(true);
    const last = rows.at(-1);
    if (last !== undefined && (!isTerminated || last.fault !== null)) last.isLast = true;
    return rows;
  }

  #take(isEnd: boolean): Row[] {
    const rows: Row[] = [];
    let at = 0;
    while (at < this.#lines.length) {
      const first = this.#lines[at] as string;
      const line = this.#line + at;
      if (!first.includes('"')) {
        const cells = first.split(this.#separator);
        if (cells.some((cell) => cell.trim() !== '')) rows.push({ line, cells, isLast: false, fault: null });
        at++;
        continue;
      }
      const joined = this.#join(at, isEnd);
      if (joined === 'wait') break;
      rows.push({
        line,
        cells: joined?.cells ?? [],
        isLast: false,
        fault: joined === null ? 'open-quote' : null,
      });
      at += joined?.lines ?? 1;
    }
    this.#lines.splice(0, at);
    this.#line += at;
    return rows;
  }

  /** The row that begins at the line; null when its quote is never closed, `wait` when that is not known yet. */
  #join(at: number, isEnd: boolean): { cells: string[]; lines: number } | null | 'wait' {
    let text = '';
    let isOpen = false;
    for (let n = 0; n < MOST_LINES; n++) {
      const line = this.#lines[at + n];
      if (line === undefined) return isEnd ? null : 'wait';
      isOpen = staysOpen(line, this.#separator, isOpen);
      text = n === 0 ? line : `${text}\n${line}`;
      if (isOpen) continue;
      const cells = cellsOf(text, this.#separator);
      if (cells === null) return null;
      if (n > 0 && !this.#isOneRow(cells, at, n)) return null;
      return { cells, lines: n + 1 };
    }
    return null;
  }

  /** Lines that belong together make a row of the header's width, and none of them is such a row by itself. */
  #isOneRow(cells: readonly string[], at: number, more: number): boolean {
    if (cells.length !== this.#columns) return false;
    for (let n = 1; n <= more; n++) {
      const alone = cellsOf(this.#lines[at + n] as string, this.#separator);
      if (this.#columns > 1 && alone?.length === this.#columns) return false;
    }
    return true;
  }

  #checkLengths(): void {
    const long = this.#lines.findIndex((line) => line.length > LONGEST_LINE);
    if (long >= 0) throw new NoTable(this.#line + long);
    if (this.#rest.length > LONGEST_LINE) throw new NoTable(this.#line + this.#lines.length);
  }
}

/** The cells of one row's text; null when it is not exactly one row. */
export function cellsOf(text: string, separator: string): string[] | null {
  if (!text.includes('"')) return text.split(separator);
  try {
    const rows = parse(text, {
      delimiter: separator,
      record_delimiter: ['\r\n', '\n'],
      relax_quotes: true,
      relax_column_count: true,
    }) as string[][];
    return rows.length === 1 ? (rows[0] ?? null) : null;
  } catch {
    return null;
  }
}

/** Whether a quoted cell is still open at the end of the line, which began inside one or not. */
function staysOpen(line: string, separator: string, isOpen: boolean): boolean {
  let open = isOpen;
  let isStart = !isOpen;
  for (let i = 0; i < line.length; i++) {
    const sign = line[i];
    if (open) {
      if (sign !== '"') continue;
      if (line[i + 1] === '"') i++;
      else open = false;
    } else if (sign === '"' && isStart) {
      open = true;
      isStart = false;
      continue;
    }
    isStart = sign === separator && !open;
  }
  return open;
}
