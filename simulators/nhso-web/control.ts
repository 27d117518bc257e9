/** Everything a test, a demo or a person may do to NHSO's web services and to the centre behind them. */

import type { Breakage } from '../common/breakage.ts';
import type { FailNext, LoseAnswers } from '../common/faults.ts';
import type { Filter } from '../common/journal.ts';
import type { Service } from '../common/port.ts';
import type { CentreCode, CodeInput, NhsoCentre } from '../nhso-agent/centre.ts';
import type { PersonInput } from '../nhso-agent/people.ts';
import { STATUS_FORM, type StatusForm } from './authen-status.ts';
import { WEB_CALLS, type WebCall } from './calls.ts';
import type { WebEntry, WebState } from './state.ts';
import { type FileManners, writeSrmTokenFile, writeUcTokenFile } from './token-files.ts';
import { type LogIn, nextMidnight, type SrmTokens } from './tokens.ts';

/** A member of staff logs in at a counter: to UC Authentication, to SRM, or to both, wherever a file is named. */
export interface StaffLogIn extends FileManners {
  /** Citizen id of the member of staff. */
  account: string;
  /** Path of `nhso_token.txt`. */
  ucTokenFile?: string | undefined;
  /** Path of `token.txt`. */
  srmTokenFile?: string | undefined;
}

export interface CallCount {
  /** Requests that came. */
  asked: number;
  answered: number;
  refused: number;
  /** Failed, broken or lost. */
  failed: number;
}

export class WebControl {
  readonly centre: NhsoCentre;
  readonly #web: WebState;
  readonly #service: Service;

  constructor(web: WebState, service: Service) {
    this.centre = web.centre;
    this.#web = web;
    this.#service = service;
  }

  // people and codes, as all services of the centre see them

  addPeople(people: readonly PersonInput[]): void {
    this.centre.addPeople(people);
  }

  /** A code by another channel, hospital, day or kind. */
  issueCode(input: Omit<CodeInput, 'hcode'> & { hcode?: string | undefined }): CentreCode {
    return this.centre.issue({ channel: 'line', ...input, hcode: input.hcode ?? this.#web.hcode });
  }

  /** How check-authen-status answers; what is left out is as at the start. */
  statusForm(form: Partial<StatusForm>): void {
    this.#web.form = { ...STATUS_FORM, ...form };
  }

  // tokens

  /** A hospital's token for check-authen-status; made up when none is given. */
  admitHospital(hcode: string, token?: string): string {
    return this.#web.tokens.admit(hcode, token);
  }

  dismissHospital(token: string): void {
    this.#web.tokens.dismiss(token);
  }

  /** Logs in and writes the files as NHSO's programs do. Resolves when the files are whole (or left half). */
  async staffLogsIn(order: StaffLogIn): Promise<{ ucToken: string | null; srm: SrmTokens | null }> {
    const { account, ucTokenFile, srmTokenFile, ...manners } = order;
    const ucToken = ucTokenFile === undefined ? null : this.#web.tokens.ucLogIn(account);
    const srm = srmTokenFile === undefined ? null : this.#web.tokens.srmLogIn(account);
    await Promise.all([
      ucTokenFile !== undefined && ucToken !== null
        ? writeUcTokenFile(ucTokenFile, account, ucToken, manners)
        : null,
      srmTokenFile !== undefined && srm !== null ? writeSrmTokenFile(srmTokenFile, srm, manners) : null,
    ]);
    return { ucToken, srm };
  }

  /** Without a file: somebody logs in elsewhere, which kills the token that others use. */
  ucLogIn(account: string): string {
    return this.#web.tokens.ucLogIn(account);
  }

  srmLogIn(account: string): SrmTokens {
    return this.#web.tokens.srmLogIn(account);
  }

  /** The person's tokens of that kind are dead; `srm-refresh`: a new log-in is needed. */
  killToken(kind: 'uc' | 'srm' | 'srm-refresh', account: string): void {
    if (kind === 'uc') this.#web.tokens.killUc(account);
    else if (kind === 'srm') this.#web.tokens.killSrm(account);
    else this.#web.tokens.killRefresh(account);
  }

  /** `rotates`: a used refresh token is dead; `lifeMs`: an access token's, null until midnight. */
  srmManners(manners: { rotates?: boolean | undefined; lifeMs?: number | null | undefined }): void {
    if (manners.rotates !== undefined) this.#web.tokens.rotates = manners.rotates;
    if (manners.lifeMs !== undefined) this.#web.tokens.srmLifeMs = manners.lifeMs;
  }

  /** What NHSO does at 00:00, now: all UC tokens and SRM access tokens are dead. The clock stays. */
  clearTokens(): void {
    this.#web.tokens.clear();
  }

  /** Moves NHSO's clock to the next 00:00 Asia/Bangkok, at which tokens die by themselves. */
  midnight(): void {
    const now = this.centre.now();
    this.centre.clockOffsetMs += nextMidnight(now) - now;
  }

  /** Sets NHSO's clock off against the real one. */
  clockOffset(ms: number): void {
    this.centre.clockOffsetMs = ms;
  }

  /** Who logged in, oldest first, by a person and by refresh. */
  logIns(filter: Partial<Pick<LogIn, 'kind' | 'way' | 'account'>> = {}): LogIn[] {
    const { kind, way, account } = filter;
    return this.#web.tokens
      .logIns()
      .filter(
        (l) =>
          (kind === undefined || l.kind === kind) &&
          (way === undefined || l.way === way) &&
          (account === undefined || l.account === account),
      );
  }

  // faults

  /** All is up again: one call, or every call. */
  up(call?: WebCall): void {
    if (call === undefined) this.#web.outages.clear();
    else this.#web.outages.delete(call);
  }

  /** A call (or every call) breaks in this way after `delayMs`, and no work is done. For "connection refused": `stop`. */
  down(how: Breakage = '500', call?: WebCall, delayMs = 0): void {
    for (const c of call === undefined ? WEB_CALLS : [call]) this.#web.outages.set(c, { how, delayMs });
  }

  delay(ms: number, call?: WebCall): void {
    this.#web.faults.delay(ms, call);
  }

  /** For the SOAP call it is a SOAP fault. */
  failNext(order: FailNext<WebCall> = {}): void {
    this.#web.faults.failNext(order);
  }

  /** The work is done, then the answer is lost; of `access-token` when no call is named. */
  loseAnswers(order: LoseAnswers<WebCall> = {}): void {
    this.#web.faults.loseAnswers(order);
  }

  /** The next SOAP answers hold this `ws_status` and nothing of a person. */
  statusWord(order: { status: string; description?: string | undefined; next?: number | undefined }): void {
    const { status, description = '', next = 1 } = order;
    this.#web.words.push({ left: next, status, description });
  }

  /** Takes back every delay, failure, loss, outage and word that was ordered. */
  clearFaults(): void {
    this.#web.faults.clear();
    this.#web.outages.clear();
    this.#web.words = [];
  }

  /** Nobody listens for so many seconds. Resolves as soon as the port is closed. */
  restart(seconds: number): Promise<void> {
    return this.#service.restart(seconds);
  }

  stop(): Promise<void> {
    return this.#service.stop();
  }

  start(): Promise<void> {
    return this.#service.start();
  }

  // what an outside observer saw

  requests(filter?: Filter<WebEntry>): WebEntry[] {
    return this.#web.journal.entries(filter);
  }

  /** Calls by kind since the start or the last reset. */
  counts(): Record<WebCall, CallCount> {
    return Object.fromEntries(
      WEB_CALLS.map((call) => {
        const entries = this.#web.journal.entries({ call });
        const of = (...outcomes: string[]) => entries.filter((e) => outcomes.includes(e.outcome)).length;
        const failed = of('failed', 'nhso-down', 'lost');
        return [
          call,
          { asked: entries.length, answered: of('answered'), refused: of('refused'), failed },
        ] as const;
      }),
    ) as Record<WebCall, CallCount>;
  }

  state(): Record<string, unknown> {
    const { outages, form, tokens, centre } = this.#web;
    return {
      nhso: centre.outage === null ? 'up' : `down (${centre.outage.how})`,
      down: Object.fromEntries([...outages].map(([call, { how }]) => [call, how])),
      statusForm: form,
      srm: { rotates: tokens.rotates, lifeMs: tokens.srmLifeMs },
      clockOffsetMs: centre.clockOffsetMs,
      counts: this.counts(),
    };
  }

  /** As after start, the centre's people, codes and clock included; hospitals' tokens stay. */
  reset(): void {
    this.centre.reset();
    this.clearFaults();
    this.#web.journal.clear();
    this.#web.tokens.reset();
    this.#web.form = STATUS_FORM;
  }
}
