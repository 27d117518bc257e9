/**
 * The files with codes for the HIS: `codes/2026-11-20.csv` holds every code that stands for visits of the day,
 * `codes/withdrawn-2026-11-20.csv` those that were taken back. A file is always whole and always all of its day: it is made anew
 * with each change and renamed into place, so an import may read it at any time, as often as it likes.
 */

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'csv-stringify/sync';
import type { ServiceDate } from '../../../src/domain/bangkok.ts';
import { wallClock } from '../fields.ts';
import { codeOf, folderError, replaceWhole } from './folders.ts';
import type { DayOfCodes, Given, GivenCode } from './given.ts';
import { SEPARATORS, type Separator } from './header.ts';

export interface CodesStyle {
  encoding: 'utf-8-bom' | 'utf-8' | 'tis-620';
  separator: Separator;
  /** Numbers as `="000012345"`, so that Excel keeps their zeros. */
  excelText: boolean;
}

const HEADS = ['vn', 'hn', 'service_date', 'claim_code', 'claim_type', 'issued_at'];

/** What is done for one day, and what must be done once more after it. */
interface Turn {
  running: Promise<void>;
  next: Promise<void> | null;
}

export class CodesFiles {
  readonly #folder: string;
  readonly #given: Given;
  readonly #style: CodesStyle;
  readonly #turns = new Map<ServiceDate, Turn>();

  constructor(folder: string, given: Given, style: CodesStyle) {
    this.#folder = folder;
    this.#given = given;
    this.#style = style;
  }

  /** The name of a day's file within `codes/`. */
  static nameOf(date: ServiceDate): string {
    return `${date}.csv`;
  }

  /** Whether the day's file, as it lies on the disk, holds the code for the visit. */
  async holds(code: GivenCode): Promise<boolean> {
    const bytes = await this.#read(CodesFiles.nameOf(code.serviceDate));
    if (bytes === null) return false;
    return bytes.includes(this.#bytes(`\n${this.#rows([rowOf(code)], false)}`));
  }

  /**
   * Makes the day's files as the codes given say. Calls that come meanwhile share the next turn. Throws `his-unreachable` when a
   * file is open in another program.
   */
  async update(date: ServiceDate): Promise<void> {
    const turn = this.#turns.get(date);
    if (turn !== undefined) {
      turn.next ??= turn.running.catch(() => undefined).then(() => this.#turn(date));
      return turn.next;
    }
    return this.#turn(date);
  }

  #turn(date: ServiceDate): Promise<void> {
    const running = this.#write(date).finally(() => {
      if (this.#turns.get(date)?.running === running) this.#turns.delete(date);
    });
    this.#turns.set(date, { running, next: null });
    return running;
  }

  async #write(date: ServiceDate): Promise<void> {
    try {
      // another bridge may give a code while this one writes: whoever renames last has seen all that stood before
      for (let before = await this.#given.names(date); ; ) {
        await this.#writeDay(date, await this.#given.ofDay(date));
        const after = await this.#given.names(date);
        if (after.join() === before.join()) return;
        before = after;
      }
    } catch (error) {
      throw folderError(error, `the file ${path.join(this.#folder, CodesFiles.nameOf(date))}`, true);
    }
  }

  async #writeDay(date: ServiceDate, { given, withdrawn }: DayOfCodes): Promise<void> {
    await this.#replace(CodesFiles.nameOf(date), [HEADS, ...given.map(rowOf)]);
    if (withdrawn.length === 0) return;
    const rows = withdrawn.map((code) => [...rowOf(code), wallClock(code.withdrawnAt)]);
    await this.#replace(`withdrawn-${date}.csv`, [[...HEADS, 'withdrawn_at'], ...rows]);
  }

  async #replace(name: string, rows: string[][]): Promise<void> {
    const bytes = this.#bytes(this.#rows(rows, true));
    if ((await this.#read(name))?.equals(bytes) === true) return;
    await replaceWhole(path.join(this.#folder, name), bytes);
  }

  #rows(rows: readonly (readonly string[])[], isWhole: boolean): string {
    const cells = rows.map((row, i) => row.map((text) => (isWhole && i === 0 ? text : this.#cell(text))));
    return stringify(cells, {
      delimiter: SEPARATORS[this.#style.separator],
      record_delimiter: 'windows',
      bom: isWhole && this.#style.encoding === 'utf-8-bom',
      quoted_match: /^\s|\s$/,
    });
  }

  /** What a spreadsheet would carry out as a formula gets an apostrophe; the reader of `visits/` takes it off again. */
  #cell(text: string): string {
    if (/^[=+\-@\t]/.test(text)) return `'${text}`;
    return this.#style.excelText && /^\d/.test(text) ? `="${text}"` : text;
  }

  #bytes(text: string): Buffer {
    return this.#style.encoding === 'tis-620' ? toTis620(text) : Buffer.from(text, 'utf8');
  }

  async #read(name: string): Promise<Buffer | null> {
    try {
      return await readFile(path.join(this.#folder, name));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw folderError(error, `the file ${path.join(this.#folder, name)}`, true);
    }
  }
}

function rowOf({ vn, hn, serviceDate, claimCode, claimType, issuedAt }: GivenCode): string[] {
  return [
    vn,
    hn ?? '',
    serviceDate,
    claimCode,
    claimType ?? '',
    issuedAt === null ? '' : wallClock(issuedAt),
  ];
}

/** Thai letters stand in the Thai block in the order of TIS-620; whatever else is not ASCII becomes a question mark. */
function toTis620(text: string): Buffer {
  const bytes = Buffer.alloc(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const isThai = (unit >= 0x0e01 && unit <= 0x0e3a) || (unit >= 0x0e3f && unit <= 0x0e5b);
    bytes[i] = unit < 0x80 ? unit : isThai ? unit - 0x0e00 + 0xa0 : 0x3f;
  }
  return bytes;
}
