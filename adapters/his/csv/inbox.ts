/**
 * The files that the HIS drops into `visits/`, and how each goes on: it is left alone until it is whole, read into the index, and
 * moved to `read/`, or to `refused/` with the reason beside it.
 *
 * Nothing is lost by a crash, whenever it comes: a file is moved only after all of it stands in the index, and reading it
 * again says the same. Other bridges on the folder read what one has moved from `read/`.
 */

import { type FileHandle, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { addDays, DAY_MS, parseServiceDate, serviceDateOf } from '../../../src/domain/bangkok.ts';
import { maskCitizenIds } from '../../../src/domain/citizen-id.ts';
import type { Log } from '../../../src/service/ports/log.ts';
import { codeOf, type Folders, folderError, makeFolder, moveTo } from './folders.ts';
import { type FileRead, type ReadOptions, type ReadResult, readVisits, type Words } from './read-file.ts';
import { rowsReport, wholeReport } from './report.ts';
import type { VisitIndex } from './visit-index.ts';

export interface InboxOptions extends ReadOptions {
  settleMs: number;
  afterReading: 'move' | 'leave';
}

interface FileFacts {
  name: string;
  size: number;
  mtimeMs: number;
}

interface StandingFile extends FileFacts {
  ctimeMs: number;
  ino: number;
}

interface Waiting extends FileFacts {
  /** `performance.now()` when it was first seen like this. */
  since: number;
  ino: number;
  /** How its last row stood when it was read. */
  end: ReadResult['end'] | null;
  wasMoved: boolean;
  /** Why it cannot be opened, as the system says; null when it can. */
  locked: string | null;
}

/** A file whose last row has no line end is given this many times the usual peace; one that is cut off, this long. */
const UNTERMINATED_TIMES = 5;
const CUT_MS = 60_000;
/** Of files that other bridges have read: the days they lie under, looked into so often. */
const OTHERS_MS = 5_000;
const ALL_OTHERS_MS = 60_000;

const TABLE = /\.(csv|txt|tsv)$/i;
const WORKBOOK = /\.(xlsx?|xlsm|xlsb|ods)$/i;
/** Still being written, or a lock that Excel, LibreOffice or a copying program leaves. */
const UNFINISHED = /^(\.|~|_|#)|\.(tmp|part|partial|crdownload|filepart|temp|lock)$/i;

/** Under this name a file lies in `read/`: by it a bridge knows the file again that another has moved. */
const KEY = /^(\d{8}-\d{9})-(\d+)-(.+)$/s;

export class Inbox {
  readonly #folders: Folders;
  readonly #index: VisitIndex;
  readonly #options: InboxOptions;
  readonly #log: Log | undefined;
  readonly #waiting = new Map<string, Waiting>();
  #othersAt = Number.NEGATIVE_INFINITY;
  #allOthersAt = Number.NEGATIVE_INFINITY;
  #clockOffset = 0;
  #isLocal = false;

  constructor(folders: Folders, index: VisitIndex, options: InboxOptions, log: Log | undefined) {
    this.#folders = folders;
    this.#index = index;
    this.#options = options;
    this.#log = log;
  }

  /** `offsetMs`: how far the clock that dates the files is ahead. `isLocal`: the system keeps the times of changes exactly. */
  place({ offsetMs, isLocal }: { offsetMs: number; isLocal: boolean }): void {
    // less is what making the probe took
    this.#clockOffset = Math.abs(offsetMs) < 2_000 ? 0 : offsetMs;
    this.#isLocal = isLocal;
  }

  /** Files that are there and not read: how many, and which are held open by another program. */
  get waiting(): { files: number; locked: readonly string[] } {
    const all = [...this.#waiting.values()];
    return { files: all.length, locked: all.filter((file) => file.locked !== null).map((file) => file.name) };
  }

  /**
   * Reads whatever has become whole. `thorough`: also what is still being written, as far as it goes, and all that other bridges
   * have read; then what is not in the index is in no file. Throws BridgeError `his-unreachable` or `his-denied`.
   */
  async look(thorough: boolean): Promise<void> {
    try {
      const files = await this.#list();
      for (const facts of files) await this.#consider(facts, thorough);
      await this.#readOthers(thorough);
    } catch (error) {
      throw folderError(error, `the folder ${this.#folders.root}`);
    }
  }

  /** Takes away what is older than it is kept. */
  async tidy(now: number): Promise<void> {
    const before = addDays(serviceDateOf(now), -this.#options.keepDays);
    for (const day of await readdir(this.#folders.read)) {
      const date = parseServiceDate(day);
      if (date !== null && date < before) {
        await rm(path.join(this.#folders.read, day), { recursive: true, force: true });
      }
    }
    for (const folder of [this.#folders.codes, this.#folders.own]) await sweep(folder, now - DAY_MS);
  }

  /** Files of `visits/` that are tables by their name, the older first. */
  async #list(): Promise<StandingFile[]> {
    const names = (await readdir(this.#folders.visits)).filter(
      (name) => !UNFINISHED.test(name) && (TABLE.test(name) || WORKBOOK.test(name)),
    );
    const files: StandingFile[] = [];
    for (const name of names) {
      try {
        const { size, mtimeMs, ctimeMs, ino, mode } = await stat(path.join(this.#folders.visits, name));
        if (isFile(mode)) files.push({ name, size, mtimeMs, ctimeMs, ino });
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
      }
    }
    const standing = new Set(files.map((file) => file.name));
    for (const name of this.#waiting.keys()) {
      if (standing.has(name)) continue;
      this.#waiting.delete(name);
      // another bridge has moved it
      this.#othersAt = Number.NEGATIVE_INFINITY;
    }
    return files.sort((a, b) => a.mtimeMs - b.mtimeMs || (a.name < b.name ? -1 : 1));
  }

  async #consider(facts: StandingFile, thorough: boolean): Promise<void> {
    const { name, size, mtimeMs } = facts;
    const key = keyOf(facts);
    if (this.#index.hasRead(key)) {
      this.#waiting.delete(name);
      if (this.#options.afterReading === 'move') await this.#moveAway(facts, key);
      return;
    }
    const before = this.#waiting.get(name);
    const isSame = before !== undefined && before.size === size && before.mtimeMs === mtimeMs;
    const waiting: Waiting = isSame
      ? before
      : {
          ...{ name, size, mtimeMs },
          since: performance.now(),
          end: null,
          ino: facts.ino,
          // a rename is younger than the last byte; what was seen in the making under this name is no such file
          wasMoved: this.#isLocal && before?.ino !== facts.ino && facts.ctimeMs > mtimeMs,
          locked: null,
        };
    this.#waiting.set(name, waiting);
    const isWhole = this.#hasRested(waiting);
    if (isWhole || thorough) await this.#read(waiting, key, isWhole);
  }

  /** Whether nothing has been written to the file for so long that nothing more is to be expected. */
  #hasRested({ mtimeMs, since, end, wasMoved, size }: Waiting): boolean {
    const { settleMs } = this.#options;
    const age = Date.now() + this.#clockOffset - mtimeMs;
    const rest = Math.max(performance.now() - since, age);
    if (size === 0 || end === 'cut') return rest >= CUT_MS;
    if (wasMoved) return true;
    return rest >= settleMs * (end === 'unterminated' ? UNTERMINATED_TIMES : 1);
  }

  async #read(waiting: Waiting, key: string, isWhole: boolean): Promise<void> {
    const file = path.join(this.#folders.visits, waiting.name);
    const handle = await this.#open(file, waiting);
    if (handle === null) return;
    let result: FileRead;
    try {
      if (!isSameFile(await handle.stat(), waiting)) return;
      if (WORKBOOK.test(waiting.name)) {
        if (isWhole) await this.#refuse(waiting, key, WORKBOOK_WORDS);
        return;
      }
      result = await readVisits(
        handle,
        { at: orderAt(waiting.mtimeMs), name: waiting.name },
        this.#index,
        this.#options,
        {
          withLast: (end) => {
            waiting.end = end;
            return isWhole && this.#hasRested(waiting);
          },
          now: Date.now(),
        },
      );
      if (!isSameFile(await handle.stat(), waiting)) return;
    } finally {
      await handle.close();
    }
    if (!isWhole || !this.#hasRested(waiting)) return;
    if (result === 'empty') await this.#refuse(waiting, key, EMPTY_WORDS);
    else if ('unreadable' in result) await this.#refuse(waiting, key, result.unreadable);
    else await this.#finish(waiting, key, result);
  }

  async #open(file: string, waiting: Waiting): Promise<FileHandle | null> {
    try {
      const handle = await open(file, 'r');
      waiting.locked = null;
      return handle;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT') return null;
      if (!/^(EBUSY|EACCES|EPERM|EISDIR|UNKNOWN)$/.test(code)) throw error;
      if (waiting.locked !== code) {
        this.#log?.warn(
          { file: maskCitizenIds(waiting.name), why: code },
          'a file of visits cannot be opened; tried again',
        );
      }
      waiting.locked = code;
      return null;
    }
  }

  async #finish(file: FileFacts, key: string, result: ReadResult): Promise<void> {
    if (result.refusedRows > 0 || (result.old > 0 && result.old === result.rows)) {
      await this.#report(`${key}.rows.txt`, rowsReport(file.name, result, this.#options.keepDays));
    }
    this.#index.markRead(key, 'read', Date.now());
    this.#waiting.delete(file.name);
    const { rows, changed, refusedRows, old, encoding } = result;
    const told = { file: maskCitizenIds(file.name), rows, changed, refusedRows, old, encoding };
    if (refusedRows > 0)
      this.#log?.warn(told, 'a file of visits was read, but not every row: see the report in refused/');
    else this.#log?.info(told, 'a file of visits was read');
    if (this.#options.afterReading === 'move') await this.#moveAway(file, key);
  }

  async #refuse(file: FileFacts, key: string, why: Words): Promise<void> {
    const name = path.parse(file.name);
    const isMoved = this.#options.afterReading === 'move';
    const report = wholeReport(file.name, why);
    this.#log?.warn(
      { file: maskCitizenIds(file.name), why: why.en },
      'a file of visits cannot be understood: it stands in refused/',
    );
    if (!isMoved) {
      await this.#report(`${key}.txt`, report);
      this.#index.markRead(key, 'refused', Date.now());
      this.#waiting.delete(file.name);
      return;
    }
    // a second file of the name gets its date before it
    for (const target of [file.name, `${stamp(file.mtimeMs)}-${name.base}`, key]) {
      if (await isTaken(path.join(this.#folders.refused, target))) continue;
      await this.#report(`${target}.txt`, report);
      if (!(await this.#tryMove(file, path.join(this.#folders.refused, target)))) continue;
      this.#waiting.delete(file.name);
      return;
    }
  }

  /** `wx` would be of no use: a report of a file that is refused again says it again. */
  async #report(name: string, text: string): Promise<void> {
    await writeFile(path.join(this.#folders.refused, name), text);
  }

  async #moveAway(file: FileFacts, key: string): Promise<void> {
    const day = path.join(this.#folders.read, serviceDateOf(Date.now()));
    await makeFolder(day);
    for (let n = 0; n < 10; n++) {
      const target = path.join(day, n === 0 ? key : `${key}.${n + 1}`);
      if (!(await this.#tryMove(file, target))) continue;
      await this.#putBackIfWritten(file, target);
      return;
    }
  }

  /** False when the name is taken. A file that is held open by another program, or gone, stays as it is and is tried again. */
  async #tryMove(file: FileFacts, target: string): Promise<boolean> {
    try {
      return await moveTo(path.join(this.#folders.visits, file.name), target);
    } catch (error) {
      if (/^(ENOENT|EBUSY|EACCES|EPERM)$/.test(codeOf(error))) return true;
      throw error;
    }
  }

  /** Between the last look and the move somebody may have written to it. */
  async #putBackIfWritten(file: FileFacts, moved: string): Promise<void> {
    try {
      if (isSameFile(await stat(moved), file)) return;
      await moveTo(moved, path.join(this.#folders.visits, file.name));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }

  /** What another bridge has moved to `read/`; after the index was lost, all of it. */
  async #readOthers(thorough: boolean): Promise<void> {
    const now = performance.now();
    const isAll = thorough || now - this.#allOthersAt >= ALL_OTHERS_MS;
    if (!isAll && now - this.#othersAt < OTHERS_MS) return;
    const today = serviceDateOf(Date.now());
    const days = (await readdir(this.#folders.read)).filter((day) => parseServiceDate(day) !== null).sort();
    for (const day of days) {
      if (!isAll && day < addDays(today, -1)) continue;
      for (const key of (await readdir(path.join(this.#folders.read, day))).sort()) {
        if (KEY.test(key) && !this.#index.hasRead(key))
          await this.#readOther(path.join(this.#folders.read, day, key), key);
      }
    }
    this.#othersAt = now;
    if (isAll) this.#allOthersAt = now;
  }

  async #readOther(file: string, key: string): Promise<void> {
    const [, written = '', , name = ''] = KEY.exec(key) ?? [];
    let handle: FileHandle;
    try {
      handle = await open(file, 'r');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return;
      throw error;
    }
    try {
      const order = { at: orderAt(unstamp(written)), name };
      await readVisits(handle, order, this.#index, this.#options, { withLast: () => true, now: Date.now() });
      this.#index.markRead(key, 'read', Date.now());
    } finally {
      await handle.close();
    }
  }
}

const EMPTY_WORDS: Words = { th: 'ไฟล์ว่างเปล่า', en: 'the file is empty' };
const WORKBOOK_WORDS: Words = {
  th: 'ไฟล์นี้เป็นสมุดงาน: กรุณาบันทึกเป็น "CSV UTF-8 (Comma delimited)" แล้ววางใหม่',
  en: 'this is a workbook: save it as "CSV UTF-8 (Comma delimited)" and drop that',
};

/** A file from the future would win over all that come: it counts as written now. */
function orderAt(mtimeMs: number): number {
  return Math.min(Math.floor(mtimeMs), Date.now());
}

function isSameFile(now: { size: number; mtimeMs: number }, then: FileFacts): boolean {
  return now.size === then.size && now.mtimeMs === then.mtimeMs;
}

/** Hidden files that a process was killed over. */
async function sweep(folder: string, before: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.tmp')) continue;
    const file = path.join(folder, name);
    if ((await stat(file)).mtimeMs < before) await rm(file, { force: true });
  }
}

async function isTaken(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function isFile(mode: number): boolean {
  return (mode & 0o170000) === 0o100000;
}

function keyOf({ name, size, mtimeMs }: FileFacts): string {
  const { name: base, ext } = path.parse(name);
  return `${stamp(mtimeMs)}-${size}-${base.slice(0, 40)}${ext}`;
}

/** `20261120-083015123`, UTC. */
function stamp(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace(/[-:.Z]/g, '')
    .replace('T', '-');
}

function unstamp(text: string): number {
  const [, y, mo, d, h, mi, s, ms] = /^(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})(\d{2})(\d{3})$/.exec(text) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}.${ms}Z`);
}
