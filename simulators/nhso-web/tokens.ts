/**
 * Who may ask: hospitals' UUIDs, UC Authentication's tokens and SRM's. UC and SRM access tokens die at 00:00 Asia/Bangkok by
 * NHSO's clock, and at once when the same person logs in again.
 */

import { randomInt, randomUUID } from 'node:crypto';
import { localDate } from '../common/bangkok.ts';
import { JwtMint } from './jwt.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const YEAR_MS = 365 * 86_400_000;

export interface SrmTokens {
  accessToken: string;
  refreshToken: string;
}

/** A log-in that happened, by card and PIN or by a refresh token. */
export interface LogIn {
  kind: 'uc' | 'srm';
  way: 'person' | 'refresh';
  /** Citizen id of the member of staff. */
  account: string;
  /** UTC, ISO 8601, by NHSO's clock. */
  at: string;
}

interface Clock {
  now(): number;
}

interface Live {
  account: string;
  bornAt: number;
}

export class TokenOffice {
  /** Whether a used refresh token is dead and replaced by a new one, as NHSO does it. */
  rotates = true;
  /** How long an SRM access token lives at most; null: until midnight. */
  srmLifeMs: number | null = null;
  readonly #clock: Clock;
  readonly #mint = new JwtMint();
  readonly #hospitals = new Map<string, string>();
  readonly #uc = new Map<string, Live>();
  readonly #srm = new Map<string, Live & { expiresAt: number }>();
  readonly #refresh = new Map<string, Live>();
  #logIns: LogIn[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  // a hospital's own token for check-authen-status

  admit(hcode: string, token: string = randomUUID()): string {
    this.#hospitals.set(token, hcode);
    return token;
  }

  dismiss(token: string): void {
    this.#hospitals.delete(token);
  }

  hospitalOf(token: string): string | null {
    return this.#hospitals.get(token) ?? null;
  }

  // UC Authentication 4.x

  /** A member of staff logs in with card and PIN; the former token of that person is dead. */
  ucLogIn(account: string): string {
    this.killUc(account);
    const token = Array.from({ length: 16 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
    this.#uc.set(token, { account, bornAt: this.#clock.now() });
    this.#note('uc', 'person', account);
    return token;
  }

  /** Whether that person's token is good now. */
  ucGood(account: string, token: string): boolean {
    this.#sweep();
    return this.#uc.get(token)?.account === account;
  }

  killUc(account: string): void {
    drop(this.#uc, (live) => live.account === account);
  }

  // SRM

  /** A member of staff logs in; both former tokens of that person are dead. */
  srmLogIn(account: string): SrmTokens {
    this.killSrm(account);
    this.killRefresh(account);
    this.#note('srm', 'person', account);
    return { accessToken: this.#access(account), refreshToken: this.#newRefresh(account) };
  }

  /** Null when the refresh token is unknown, used up or expired; nothing changes then. */
  srmRefresh(refreshToken: string): SrmTokens | null {
    this.#sweep();
    const live = this.#refresh.get(refreshToken);
    if (live === undefined) return null;
    const { account } = live;
    this.killSrm(account);
    if (this.rotates) this.killRefresh(account);
    this.#note('srm', 'refresh', account);
    return {
      accessToken: this.#access(account),
      refreshToken: this.rotates ? this.#newRefresh(account) : refreshToken,
    };
  }

  /** Whose access token it is; null when it is unknown, expired or replaced. */
  srmAccount(accessToken: string): string | null {
    this.#sweep();
    return this.#srm.get(accessToken)?.account ?? null;
  }

  killSrm(account: string): void {
    drop(this.#srm, (live) => live.account === account);
  }

  killRefresh(account: string): void {
    drop(this.#refresh, (live) => live.account === account);
  }

  // all of them

  /** What NHSO does at 00:00: every UC and SRM access token dies, refresh tokens and hospitals' tokens live on. */
  clear(): void {
    this.#uc.clear();
    this.#srm.clear();
  }

  logIns(): LogIn[] {
    return [...this.#logIns];
  }

  /** Forgets tokens of persons and log-ins; hospitals' tokens stay. */
  reset(): void {
    this.clear();
    this.#refresh.clear();
    this.#logIns = [];
    this.rotates = true;
    this.srmLifeMs = null;
  }

  #access(account: string): string {
    const now = this.#clock.now();
    const midnight = nextMidnight(now);
    const expiresAt = this.srmLifeMs === null ? midnight : Math.min(midnight, now + this.srmLifeMs);
    const token = this.#mint.mint(`srm-${account.slice(-4)}`, now, expiresAt);
    this.#srm.set(token, { account, bornAt: now, expiresAt });
    return token;
  }

  #newRefresh(account: string): string {
    const now = this.#clock.now();
    const token = this.#mint.mint(`srm-${account.slice(-4)}`, now, now + YEAR_MS);
    this.#refresh.set(token, { account, bornAt: now });
    return token;
  }

  #note(kind: LogIn['kind'], way: LogIn['way'], account: string): void {
    this.#logIns.push({ kind, way, account, at: new Date(this.#clock.now()).toISOString() });
  }

  /** Done whenever somebody asks, so that a midnight is never missed, whatever moved the clock. The dead stay dead. */
  #sweep(): void {
    const now = this.#clock.now();
    const today = localDate(now);
    drop(this.#uc, (live) => localDate(live.bornAt) < today);
    drop(this.#srm, (live) => localDate(live.bornAt) < today || live.expiresAt <= now);
    drop(this.#refresh, (live) => live.bornAt + YEAR_MS <= now);
  }
}

/** The next 00:00 Asia/Bangkok after an instant. */
export function nextMidnight(at: number): number {
  return Date.parse(`${localDate(at)}T00:00:00+07:00`) + 86_400_000;
}

function drop<T>(map: Map<string, T>, dead: (value: T) => boolean): void {
  for (const [key, value] of map) if (dead(value)) map.delete(key);
}
