/**
 * One file, from its bytes to the index. It is looked through once for its letters, then read in pieces; between the pieces
 * others get their turn. Rows are taken in as they come: what was read before a crash is read again, and says the same.
 */

import type { FileHandle } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import { addDays, type ServiceDate, serviceDateOf } from '../../../src/domain/bangkok.ts';
import { type Encoding, lookThrough, textOf } from './encoding.ts';
import { type Field, findHeader, type Header, type Separator } from './header.ts';
import { NoTable, type Row, RowReader } from './rows.ts';
import { toVisit } from './to-visit.ts';
import type { FileOrder, Told, VisitIndex } from './visit-index.ts';

/** Rows made into visits and taken in at a time: a few milliseconds' work. */
const BATCH = 100;
/** Single rows that are told of in a report; of more only the number. */
const TOLD = 500;

const CUT: Words = {
  th: 'ไฟล์จบกลางแถวนี้ (เขียนไม่ครบ)',
  en: 'the file ends in the middle of this row: expected a whole row with a line end',
};

export interface ReadOptions {
  hcode: string;
  columns: Readonly<Partial<Record<Field, string>>>;
  separator: Separator | 'auto';
  encoding: 'auto' | 'utf-8' | 'tis-620';
  cancelledStatuses: ReadonlySet<string>;
  keepDays: number;
}

export interface Words {
  th: string;
  en: string;
}

export interface ReadResult {
  encoding: Encoding;
  separator: string;
  /** Rows that say something, without the header. */
  rows: number;
  /** Rows of days that are no longer kept. */
  old: number;
  /** Visits that are new or changed. */
  changed: number;
  /** Rows of which no case can be made; at most the first 500. */
  refused: readonly { line: number; why: Words }[];
  refusedRows: number;
  /** The last row: `whole`, `unterminated` (no line end after it) or `cut` (it lacks cells, or a quote is open). */
  end: 'whole' | 'unterminated' | 'cut';
}

export type FileRead = ReadResult | { unreadable: Words } | 'empty';

/**
 * `withLast`: also take the last row where no line end stands after it. While it is false such a row may still be in the
 * making, and nothing is said of it.
 */
export async function readVisits(
  handle: FileHandle,
  order: FileOrder,
  index: VisitIndex,
  options: ReadOptions,
  { withLast, now }: { withLast: (end: ReadResult['end']) => boolean; now: number },
): Promise<FileRead> {
  const look = await lookThrough(handle, options.encoding);
  if ('refused' in look) return { unreadable: look.refused };
  if (look.bytes === 0) return 'empty';
  const intake = new RowIntake(order, index, options, now);
  const text = textOf(handle, look.encoding, look.bytes);
  try {
    const opening = await findOpening(text, options);
    if ('refused' in opening) return { unreadable: opening.refused };
    const { header, rest } = opening;
    const rows = new RowReader(header.separator, header.columns, header.nextLine);
    await intake.take(rows.push(rest), header);
    for await (const piece of text) await intake.take(rows.push(piece), header);
    const ending = rows.end();
    const last = ending.at(-1)?.isLast === true ? ending.pop() : undefined;
    await intake.take(ending, header);
    const end = last === undefined ? 'whole' : isCut(last, header) ? 'cut' : 'unterminated';
    if (last !== undefined && withLast(end)) {
      if (end === 'cut') intake.refuse(last.line, CUT);
      else await intake.take([last], header);
    }
    return { ...intake.done(), encoding: look.encoding, separator: header.separator, end };
  } catch (error) {
    if (!(error instanceof NoTable)) throw error;
    return {
      unreadable: {
        th: `บรรทัดที่ ${error.line} ยาวเกินไป: ไฟล์นี้ไม่ใช่ตาราง CSV`,
        en: `${error.message}: this is no table`,
      },
    };
  }
}

/** The header, and the text after it that has been read already. */
async function findOpening(
  text: AsyncGenerator<string>,
  options: ReadOptions,
): Promise<{ header: Header; rest: string } | { refused: Words }> {
  let head = '';
  for (;;) {
    const next = await text.next();
    if (next.done !== true) head += next.value;
    const isAll = next.done === true || head.length > 64 * 1024;
    // half a line end
    if (!isAll && head.endsWith('\r')) continue;
    const lines = head.split(/\r\n|\n|\r/);
    // the last one may go on
    const found = findHeader(isAll ? lines : lines.slice(0, -1), isAll, options.columns, options.separator);
    if (found === null) continue;
    if ('refused' in found) return found;
    return { header: found, rest: afterLines(head, found.nextLine - 1) };
  }
}

function afterLines(text: string, lines: number): string {
  const ends = [...text.matchAll(/\r\n|\n|\r/g)];
  const last = ends[lines - 1];
  return last === undefined ? '' : text.slice(last.index + last[0].length);
}

function isCut(row: Row, header: Header): boolean {
  return row.fault === 'open-quote' || row.cells.length < header.columns;
}

class RowIntake {
  readonly #order: FileOrder;
  readonly #index: VisitIndex;
  readonly #options: ReadOptions;
  readonly #now: number;
  readonly #refused: { line: number; why: Words }[] = [];
  #taken = 0;
  #old = 0;
  #changed = 0;
  #refusedRows = 0;

  constructor(order: FileOrder, index: VisitIndex, options: ReadOptions, now: number) {
    this.#order = order;
    this.#index = index;
    this.#options = options;
    this.#now = now;
  }

  async take(rows: readonly Row[], header: Header): Promise<void> {
    const { hcode, cancelledStatuses, keepDays } = this.#options;
    const today = serviceDateOf(this.#now);
    const context = {
      ...{ hcode, header, cancelledStatuses },
      fileDate: earlierOf(serviceDateOf(this.#order.at), today),
      earliest: addDays(today, -keepDays),
      latest: addDays(today, 1),
    };
    for (let i = 0; i < rows.length; i += BATCH) {
      const told: Told[] = [];
      for (const row of rows.slice(i, i + BATCH)) {
        const made = toVisit(row, context);
        if (made === 'old') this.#old++;
        else if (!('refused' in made)) told.push(made);
        else this.refuse(row.line, made.refused);
      }
      this.#taken += told.length;
      if (told.length > 0) this.#changed += this.#index.put(told, this.#order, this.#now);
      await breathe();
    }
  }

  /** A row of which no case can be made. */
  refuse(line: number, why: Words): void {
    this.#refusedRows++;
    if (this.#refused.length < TOLD) this.#refused.push({ line, why });
  }

  done(): Pick<ReadResult, 'rows' | 'old' | 'changed' | 'refused' | 'refusedRows'> {
    return {
      rows: this.#taken + this.#old + this.#refusedRows,
      old: this.#old,
      changed: this.#changed,
      refused: this.#refused,
      refusedRows: this.#refusedRows,
    };
  }
}

function earlierOf(a: ServiceDate, b: ServiceDate): ServiceDate {
  return a < b ? a : b;
}
