/** A HIS that nobody may connect to: it drops files with visits into a folder, and finds files with codes there. */

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import {
  addDays,
  DAY_MS,
  type Instant,
  type ServiceDate,
  serviceDateOf,
} from '../../../src/domain/bangkok.ts';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { Visit } from '../../../src/domain/visit.ts';
import type { Finding } from '../../../src/service/ports/finding.ts';
import type {
  ChangeListener,
  ChangeWatch,
  HisAdapter,
  UndoRequest,
  WriteBackOutcome,
  WriteBackRequest,
} from '../../../src/service/ports/his.ts';
import type { CsvOptions } from '../options.ts';
import { checkCsv } from './check.ts';
import { CodesFiles } from './codes-file.ts';
import {
  type Folders,
  folderError,
  folderId,
  foldersOf,
  isLocalDisk,
  makeFolders,
  mustBeThere,
  nameFolder,
  serverClockOffset,
} from './folders.ts';
import { type DayOfCodes, Given } from './given.ts';
import { Inbox } from './inbox.ts';
import { type TellingOf, VisitIndex } from './visit-index.ts';
import { watchFolder } from './watch.ts';
import { undoCode, writeCode } from './write-back.ts';

/** A poll does not wait longer than this for a large file: its rows come with the next one. */
const POLL_WAITS_MS = 1_000;
/** What must know all that is in the files waits so long, and is tried again then. */
const MOST_WAIT_MS = 15_000;
/** Visits read from the index at a time. */
const PAGE = 500;
const CLOCK_MS = 10 * 60_000;

export class CsvHis implements HisAdapter {
  readonly hcode: string;
  readonly #options: CsvOptions;
  readonly #folders: Folders;
  readonly #given: Given;
  readonly #codes: CodesFiles;
  #opened: { index: VisitIndex; inbox: Inbox } | null = null;
  /** True once everything that lay in the folder at the start has been read. */
  #isCaughtUp = false;
  #looking: Promise<void> | null = null;
  #nextLook: { promise: Promise<void>; isThorough: boolean } | null = null;
  #clockAt = Number.NEGATIVE_INFINITY;
  #tidiedOn: ServiceDate | null = null;
  #isClosed = false;

  constructor(options: CsvOptions) {
    this.hcode = options.hcode;
    this.#options = options;
    this.#folders = foldersOf(path.resolve(options.folder));
    this.#given = new Given(this.#folders.given);
    this.#codes = new CodesFiles(this.#folders.codes, this.#given, options.codes);
  }

  async visitsFrom(from: Instant, until: Instant): Promise<Visit[]> {
    const index = await this.#index();
    const first = serviceDateOf(from);
    const visits: Visit[] = [];
    for (const date of datesOf(from, until)) {
      const since = date === first ? from : Number.MIN_SAFE_INTEGER;
      visits.push(...(await this.#pages(date, (after) => index.pageFrom(date, since, after, PAGE))));
    }
    return visits;
  }

  /** A file brings visits long after they began: what counts is when it told of them. */
  async newVisits(from: Instant, until: Instant, isSettled: (vn: string) => boolean): Promise<Visit[]> {
    const index = await this.#index();
    const visits: Visit[] = [];
    for (const date of datesOf(from, until)) {
      const { given } = await this.#codesOf(date);
      const codes = new Map(given.map((code) => [code.vn, code.claimCode]));
      for (let after: TellingOf | null = null; ; ) {
        this.#mustBeOpen();
        const told: TellingOf[] = index.toldSince(date, from, after, PAGE);
        for (const { vn } of told) {
          const visit = isSettled(vn) ? null : index.visit(vn);
          if (visit !== null) visits.push(withCode(visit, codes.get(vn)));
        }
        after = told.at(-1) ?? null;
        if (told.length < PAGE) break;
        await breathe();
      }
    }
    return visits;
  }

  async countOn(date: ServiceDate): Promise<number> {
    return (await this.#index()).count(date);
  }

  async visitsOn(date: ServiceDate): Promise<Visit[]> {
    const index = await this.#index();
    return this.#pages(date, (after) => index.page(date, after, PAGE));
  }

  async digestOf(date: ServiceDate): Promise<string> {
    const digest = (await this.#index()).digest(date);
    const { given, withdrawn } = await this.#codesOf(date);
    return `${digest}/${given.length}/${withdrawn.length}`;
  }

  async visit(vn: string): Promise<Visit | null> {
    const visit = (await this.#index()).visit(vn) ?? (await this.#index('thorough')).visit(vn);
    if (visit === null) return null;
    return withCode(visit, (await this.#guarded(() => this.#given.of(vn)))?.claimCode);
  }

  async visitsWithoutCode(date: ServiceDate): Promise<Visit[]> {
    return (await this.visitsOn(date)).filter((visit) => visit.code === null);
  }

  async writeBack(request: WriteBackRequest): Promise<WriteBackOutcome> {
    const visit = (await this.#index('thorough')).visit(request.vn);
    return this.#guarded(() => writeCode(request, visit, this.#given, this.#codes));
  }

  async undoWriteBack(request: UndoRequest): Promise<boolean> {
    await this.#index();
    return this.#guarded(() => undoCode(request, this.#given, this.#codes));
  }

  watch(listener: ChangeListener): ChangeWatch {
    return watchFolder(this.#folders, this.#options.settleSeconds * 1000, listener);
  }

  /** This machine's: visits have the time that the HIS wrote into the file, and nothing here goes by the file server's. */
  async now(): Promise<Instant> {
    return Date.now();
  }

  async check(): Promise<Finding[]> {
    return checkCsv(this.#folders, this.#options, async () => {
      await this.#index();
      const { index, inbox } = this.#open();
      return { index, waiting: inbox.waiting };
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#looking?.catch(() => undefined);
    this.#opened?.index.close();
    this.#opened = null;
  }

  /** Page after page, so that a day of 100,000 visits holds nobody up; with the codes that the bridge has given. */
  async #pages(date: ServiceDate, page: (after: Visit | null) => Visit[]): Promise<Visit[]> {
    const { given } = await this.#codesOf(date);
    const codes = new Map(given.map((code) => [code.vn, code.claimCode]));
    const visits: Visit[] = [];
    for (let after: Visit | null = null; ; ) {
      this.#mustBeOpen();
      const some = page(after);
      for (const visit of some) visits.push(withCode(visit, codes.get(visit.vn)));
      after = some.at(-1) ?? null;
      if (some.length < PAGE) return visits;
      await breathe();
    }
  }

  #codesOf(date: ServiceDate): Promise<DayOfCodes> {
    return this.#guarded(() => this.#given.ofDay(date));
  }

  /** The index, after a look into the folder. Throws BridgeError when the folder is away or what is in it is not known yet. */
  async #index(how: 'usual' | 'thorough' = 'usual'): Promise<VisitIndex> {
    this.#mustBeOpen();
    const isThorough = how === 'thorough';
    const look = this.#look(isThorough);
    const isDone = await within(look, isThorough || !this.#isCaughtUp ? MOST_WAIT_MS : POLL_WAITS_MS);
    if (!isDone && (isThorough || !this.#isCaughtUp)) {
      throw new BridgeError('his-timeout', `files in ${this.#folders.root} are still being read`, {
        retry: 'yes',
      });
    }
    this.#mustBeOpen();
    return this.#open().index;
  }

  /** A look that begins after the call; calls that come while one goes on share the next. */
  #look(isThorough: boolean): Promise<void> {
    if (this.#looking === null) return this.#begin(isThorough);
    if (this.#nextLook === null) {
      const next = { isThorough, promise: Promise.resolve() };
      next.promise = this.#looking
        .catch(() => undefined)
        .then(() => {
          this.#nextLook = null;
          return this.#begin(next.isThorough);
        });
      this.#nextLook = next;
    }
    this.#nextLook.isThorough ||= isThorough;
    return this.#nextLook.promise;
  }

  #begin(isThorough: boolean): Promise<void> {
    const looking = this.#lookNow(isThorough).finally(() => {
      if (this.#looking === looking) this.#looking = null;
    });
    // who stopped waiting hears nothing of it; the next look fails in the same way
    looking.catch(() => undefined);
    this.#looking = looking;
    return looking;
  }

  async #lookNow(isThorough: boolean): Promise<void> {
    this.#mustBeOpen();
    await mustBeThere(this.#folders);
    const { index, inbox } = this.#open();
    await this.#checkFolder(index);
    await this.#readClock(inbox);
    await inbox.look(isThorough || !this.#isCaughtUp);
    this.#isCaughtUp = true;
    await this.#tidy(index, inbox);
  }

  /** An empty place where a share was mounted is not the folder; an index of another folder knows nothing of this one. */
  async #checkFolder(index: VisitIndex): Promise<void> {
    const { root } = this.#folders;
    const known = index.folder;
    const found = await folderId(this.#folders);
    if (known?.path === root && found === null) {
      const next = `is the share mounted? If the folder was made anew, remove ${index.file} and restart`;
      throw new BridgeError('his-unreachable', `the folder ${root} is not the one it was: ${next}`, {
        retry: 'yes',
      });
    }
    await makeFolders(this.#folders);
    if (known?.path === root && known.id === found) return;
    index.begin({ id: found ?? (await nameFolder(this.#folders)), path: root });
    if (known?.id !== found) this.#isCaughtUp = false;
  }

  async #readClock(inbox: Inbox): Promise<void> {
    const now = performance.now();
    if (now - this.#clockAt < CLOCK_MS) return;
    try {
      inbox.place({
        offsetMs: await serverClockOffset(this.#folders),
        isLocal: await isLocalDisk(this.#folders),
      });
    } catch (error) {
      throw folderError(error, `the folder ${this.#folders.own}`);
    }
    this.#clockAt = now;
  }

  async #tidy(index: VisitIndex, inbox: Inbox): Promise<void> {
    const today = serviceDateOf(Date.now());
    if (this.#tidiedOn === today) return;
    const { keepDays } = this.#options;
    await this.#guarded(async () => {
      await inbox.tidy(Date.now());
      await this.#given.forget(addDays(today, -keepDays));
    });
    index.forget(addDays(today, -keepDays), Date.now() - 2 * keepDays * DAY_MS);
    this.#tidiedOn = today;
  }

  #open(): { index: VisitIndex; inbox: Inbox } {
    if (this.#opened !== null) return this.#opened;
    const options = this.#options;
    const folder = path.resolve(options.index);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw folderError(error, `his.index ${folder}`);
    }
    const index = new VisitIndex(path.join(folder, `his-csv-${this.hcode}.db`));
    const settings = {
      ...options,
      settleMs: options.settleSeconds * 1000,
      cancelledStatuses: new Set(options.cancelledStatuses.map((status) => status.trim().toLowerCase())),
    };
    this.#opened = { index, inbox: new Inbox(this.#folders, index, settings, options.log) };
    return this.#opened;
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new BridgeError('his-unreachable', 'the adapter is closed', { retry: 'yes' });
  }

  /** What the system says becomes an error of the bridge's. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw folderError(error, `the folder ${this.#folders.root}`);
    }
  }
}

/** Service dates from the one instant to the other. */
function* datesOf(from: Instant, until: Instant): Generator<ServiceDate> {
  for (let date = serviceDateOf(from); date <= serviceDateOf(until); date = addDays(date, 1)) yield date;
}

/** The HIS's own word comes first: it is what stands in its database. */
function withCode(visit: Visit, given: string | undefined): Visit {
  return visit.code === null && given !== undefined ? { ...visit, code: given } : visit;
}

/** False when it takes longer; it then goes on by itself. Throws what it throws. */
async function within(work: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
