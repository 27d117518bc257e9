/** The rows of one sheet, as they come. */

import type { Archive } from './archive.ts';
import { damaged, tooLarge } from './refusal.ts';
import { Runs, type SharedStrings, TEXT_MAX } from './shared-strings.ts';
import { readXml, type XmlHandler } from './xml.ts';

/** As Excel's. */
const ROWS_MAX = 1_048_576;
const CELLS_MAX = 16_384;
/** Where a header is looked for: the report has 24 columns. */
const COLUMNS_SEEN = 256;

/** What a cell holds, before anybody says what it should. A number is kept as it is written. */
export type Cell =
  | { kind: 'text'; text: string }
  | { kind: 'number'; text: string }
  /** ISO 8601, as newer programs may write a date. */
  | { kind: 'date'; text: string }
  /** A boolean, or an error such as #REF!. */
  | { kind: 'other' };

export interface Row {
  /** As Excel numbers it, from 1. */
  row: number;
  /** By column from 0; only those that are wanted and hold something. */
  cells: ReadonlyMap<number, Cell>;
}

/** Which columns become cells; may be narrowed while the sheet is being read. */
export interface Wanted {
  columns: ReadonlySet<number> | null;
}

/** Its rows with at least one cell, in pieces as they come together. Throws a Refusal. */
export async function* readRows(
  archive: Archive,
  part: string,
  texts: SharedStrings | null,
  wanted: Wanted,
): AsyncGenerator<readonly Row[], void, undefined> {
  const reader = new RowReader(texts, wanted);
  for await (const _ of readXml(archive.bytes(part), reader)) {
    const rows = reader.take();
    if (rows.length > 0) yield rows;
  }
}

class RowReader implements XmlHandler {
  readonly #texts: SharedStrings | null;
  readonly #wanted: Wanted;
  readonly #runs = new Runs();
  #done: Row[] = [];
  #rows = 0;
  #row = 0;
  #cells = new Map<number, Cell>();
  #seen = 0;
  #column = -1;
  #type: string | undefined;
  #value = '';
  #isValue = false;
  #isWanted = false;

  constructor(texts: SharedStrings | null, wanted: Wanted) {
    this.#texts = texts;
    this.#wanted = wanted;
  }

  take(): readonly Row[] {
    const rows = this.#done;
    this.#done = [];
    return rows;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'c') this.#beginCell(attributes);
    else if (name === 'v') this.#isValue = true;
    else if (name === 'row') this.#beginRow(attributes.r);
    else if (this.#isWanted) this.#runs.open(name);
  }

  close(name: string): void {
    if (name === 'c') this.#endCell();
    else if (name === 'v') this.#isValue = false;
    else if (name === 'row') this.#endRow();
    else if (this.#isWanted) this.#runs.close(name);
  }

  text(text: string): void {
    if (!this.#isWanted) return;
    if (this.#isValue && this.#value.length <= TEXT_MAX) this.#value += text;
    else this.#runs.text(text);
  }

  #beginRow(given: string | undefined): void {
    if (++this.#rows > ROWS_MAX) throw tooLarge();
    const number = /^\d{1,7}$/.test(given ?? '') ? Number(given) : 0;
    this.#row = number > this.#row && number <= ROWS_MAX ? number : this.#row + 1;
    this.#cells = new Map();
    this.#seen = 0;
    this.#column = -1;
  }

  #endRow(): void {
    if (this.#cells.size > 0) this.#done.push({ row: this.#row, cells: this.#cells });
  }

  #beginCell({ r, t }: Readonly<Record<string, string>>): void {
    if (++this.#seen > CELLS_MAX) throw tooLarge();
    this.#column = (r === undefined ? null : columnOf(r)) ?? this.#column + 1;
    this.#type = t;
    this.#value = '';
    this.#runs.take();
    const { columns } = this.#wanted;
    this.#isWanted = columns === null ? this.#column < COLUMNS_SEEN : columns.has(this.#column);
  }

  #endCell(): void {
    if (!this.#isWanted) return;
    this.#isWanted = false;
    const cell = this.#cell();
    if (cell !== null) this.#cells.set(this.#column, cell);
  }

  #cell(): Cell | null {
    const value = this.#value;
    switch (this.#type) {
      case 's':
        return textCell(this.#shared(value));
      case 'inlineStr':
        return textCell(this.#runs.take());
      case 'str':
        return textCell(value);
      case 'd':
        return value === '' ? null : { kind: 'date', text: value };
      case 'b':
      case 'e':
        return { kind: 'other' };
      default:
        return value.trim() === '' ? null : { kind: 'number', text: value.trim() };
    }
  }

  /** A text that is not there: the table of texts belongs to another sheet, and so may every other text. */
  #shared(value: string): string {
    const text = /^\s*\d{1,9}\s*$/.test(value) ? (this.#texts?.at(Number(value)) ?? null) : null;
    if (text === null) throw damaged();
    return text;
  }
}

function textCell(text: string): Cell | null {
  return text === '' ? null : { kind: 'text', text };
}

/** "AB12" → 27; null when it is no such name. */
function columnOf(name: string): number | null {
  let column = 0;
  let at = 0;
  for (; at < name.length; at++) {
    const letter = name.charCodeAt(at) - 64;
    if (letter < 1 || letter > 26) break;
    column = column * 26 + letter;
    if (column > CELLS_MAX) return null;
  }
  return at === 0 ? null : column - 1;
}
