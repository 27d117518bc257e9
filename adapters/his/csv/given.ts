/**
 * Which codes have been given to the HIS. One small file a visit under `.authen-bridge/given/<service date>/`, made only where
 * there is none: of two bridges, on whichever machines, one gives the code and the other sees it. Taken back, the file gets
 * another name, and both names stay until the day is no longer kept.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { parseServiceDate, type ServiceDate } from '../../../src/domain/bangkok.ts';
import { codeOf, createWhole, makeFolder } from './folders.ts';

export interface GivenCode {
  vn: string;
  hn: string | null;
  serviceDate: ServiceDate;
  claimCode: string;
  claimType: string | null;
  /** UTC epoch ms; when NHSO issued it. */
  issuedAt: number | null;
}

export interface DayOfCodes {
  /** In the order of visit numbers. */
  given: readonly GivenCode[];
  withdrawn: readonly (GivenCode & { withdrawnAt: number })[];
}

/** `<visit>.<n>.json`: n codes of the visit were taken back before. A name never gets another content, so it is read once. */
const STANDING = /^[0-9a-f]{32}\.\d{1,3}\.json$/;
const WITHDRAWN = /^[0-9a-f]{32}\.\d{1,3}\.withdrawn\.json$/;
/** A file that is no code after this long was left by a process that was killed while it made it. */
const UNFINISHED_MS = 10_000;
/** Days looked into at a time. */
const TOGETHER = 16;

type Known = GivenCode & { withdrawnAt: number };

export class Given {
  readonly #folder: string;
  readonly #known = new Map<ServiceDate, Map<string, Known>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The code that stands for the visit, whatever day it was given for; null when none does. */
  async of(vn: string): Promise<GivenCode | null> {
    const days = (await this.days()).reverse();
    for (let i = 0; i < days.length; i += TOGETHER) {
      const found = await Promise.all(days.slice(i, i + TOGETHER).map((date) => this.#ofOn(date, vn)));
      const code = found.find((one) => one !== null);
      if (code !== undefined) return code;
    }
    return null;
  }

  /** False when the visit has one already. */
  async give(code: GivenCode): Promise<boolean> {
    const day = path.join(this.#folder, code.serviceDate);
    await makeFolder(day);
    const { n, isStanding } = await this.#number(code.serviceDate, code.vn);
    return !isStanding && createWhole(path.join(day, nameOf(code.vn, n)), `${JSON.stringify(code)}\n`);
  }

  /** Takes the code back; false when it does not stand any more. Of two that do so at once, one succeeds. */
  async withdraw({ serviceDate, vn, claimCode }: GivenCode): Promise<boolean> {
    const { n, isStanding } = await this.#number(serviceDate, vn);
    const name = nameOf(vn, n);
    if (!isStanding || (await this.#load(serviceDate, name))?.claimCode !== claimCode) return false;
    const from = path.join(this.#folder, serviceDate, name);
    try {
      const now = new Date();
      await utimes(from, now, now);
      await rename(from, path.join(this.#folder, serviceDate, nameOf(vn, n, '.withdrawn')));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
    return true;
  }

  /** All of one service date. */
  async ofDay(date: ServiceDate): Promise<DayOfCodes> {
    const given: GivenCode[] = [];
    const withdrawn: Known[] = [];
    for (const name of await this.names(date)) {
      const code = await this.#load(date, name);
      if (code === null) continue;
      if (WITHDRAWN.test(name)) withdrawn.push(code);
      else given.push(code);
    }
    given.sort(byNumber);
    withdrawn.sort((a, b) => a.withdrawnAt - b.withdrawnAt || byNumber(a, b));
    return { given, withdrawn };
  }

  /** The names of a day's files, sorted: when they are the same, so are the codes. */
  async names(date: ServiceDate): Promise<string[]> {
    try {
      const names = await readdir(path.join(this.#folder, date));
      return names.filter((name) => STANDING.test(name) || WITHDRAWN.test(name)).sort();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** Service dates that hold codes, oldest first. */
  async days(): Promise<ServiceDate[]> {
    const names = await readdir(this.#folder);
    return names
      .map(parseServiceDate)
      .filter((date) => date !== null)
      .sort();
  }

  async forget(before: ServiceDate): Promise<void> {
    for (const date of await this.days()) {
      if (date >= before) continue;
      await rm(path.join(this.#folder, date), { recursive: true, force: true });
      this.#known.delete(date);
    }
  }

  async #ofOn(date: ServiceDate, vn: string): Promise<GivenCode | null> {
    const { n, isStanding } = await this.#number(date, vn);
    return isStanding ? this.#load(date, nameOf(vn, n)) : null;
  }

  /** How many codes of the visit were taken back on the day, and whether one stands. */
  async #number(date: ServiceDate, vn: string): Promise<{ n: number; isStanding: boolean }> {
    for (let n = 0; ; n++) {
      if (await exists(path.join(this.#folder, date, nameOf(vn, n)))) return { n, isStanding: true };
      if (!(await exists(path.join(this.#folder, date, nameOf(vn, n, '.withdrawn'))))) {
        return { n, isStanding: false };
      }
    }
  }

  async #load(date: ServiceDate, name: string): Promise<Known | null> {
    const day = this.#known.get(date) ?? new Map<string, Known>();
    this.#known.set(date, day);
    const known = day.get(name);
    if (known !== undefined) return known;
    const file = path.join(this.#folder, date, name);
    try {
      const { mtimeMs } = await stat(file);
      const code = parse(await readFile(file, 'utf8'));
      if (code === null) {
        if (Date.now() - mtimeMs > UNFINISHED_MS) await rm(file, { force: true });
        return null;
      }
      const loaded = { ...code, withdrawnAt: Math.round(mtimeMs) };
      day.set(name, loaded);
      return loaded;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      return null;
    }
  }
}

function nameOf(vn: string, n: number, more = ''): string {
  return `${createHash('sha256').update(vn).digest('hex').slice(0, 32)}.${n}${more}.json`;
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}

/** Null for what is not whole. */
function parse(text: string): GivenCode | null {
  try {
    const code = JSON.parse(text) as GivenCode | null;
    return typeof code?.vn === 'string' && typeof code.claimCode === 'string' ? code : null;
  } catch {
    return null;
  }
}

function byNumber(a: GivenCode, b: GivenCode): number {
  return a.vn < b.vn ? -1 : a.vn > b.vn ? 1 : 0;
}
