/**
 * A HIS that does what the test says: it has the visits that it is given, answers when it is let, is down, and rings when
 * something has changed. It keeps to the port, and notes how it was asked.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Instant, type ServiceDate, serviceDateOf } from '../../../src/domain/bangkok.ts';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { Visit } from '../../../src/domain/visit.ts';
import type {
  ChangeListener,
  ChangeWatch,
  HisAdapter,
  WriteBackOutcome,
  WriteBackRequest,
} from '../../../src/service/ports/his.ts';
import { sampleVisit } from '../../support/samples.ts';

export class HandHis implements HisAdapter {
  readonly hcode: string;
  visits: Visit[] = [];
  isDown = false;
  /** Of each answer, ms. */
  delayMs = 0;
  /** Looks for what is new. */
  looks = 0;
  /** The most looks that were under way at a time. */
  most = 0;
  /** Days that were read whole. */
  readonly daysRead: ServiceDate[] = [];
  /** Set once it is watched. */
  listener: ChangeListener | null = null;
  isWatched = false;
  #isHung = false;
  #hanging: (() => void)[] = [];
  #underWay = 0;
  readonly #hasLog: boolean;

  /** `hasLog`: its changes can be heard of. */
  constructor(hcode: string, { hasLog = false }: { hasLog?: boolean } = {}) {
    this.hcode = hcode;
    this.#hasLog = hasLog;
  }

  /** Somebody comes; nobody rings. */
  come(vn: string, at: Instant): void {
    this.visits.push(sampleVisit({ hcode: this.hcode, vn, startedAt: at, serviceDate: serviceDateOf(at) }));
  }

  /** A look is under way. */
  get isAsked(): boolean {
    return this.#underWay > 0;
  }

  /** Nothing is answered until it is let go. */
  hang(isHung: boolean): void {
    this.#isHung = isHung;
    if (!isHung) for (const go of this.#hanging.splice(0)) go();
  }

  async newVisits(from: Instant): Promise<Visit[]> {
    this.looks += 1;
    this.#underWay += 1;
    this.most = Math.max(this.most, this.#underWay);
    try {
      return await this.#answer(this.visits.filter((v) => v.startedAt >= from));
    } finally {
      this.#underWay -= 1;
    }
  }

  visitsFrom(from: Instant): Promise<Visit[]> {
    return this.#answer(this.visits.filter((v) => v.startedAt >= from));
  }

  countOn(date: ServiceDate): Promise<number> {
    return this.#answer(this.#on(date).length);
  }

  visitsOn(date: ServiceDate): Promise<Visit[]> {
    this.daysRead.push(date);
    return this.#answer(this.#on(date));
  }

  digestOf(date: ServiceDate): Promise<string> {
    return this.#answer(JSON.stringify(this.#on(date)));
  }

  visit(vn: string): Promise<Visit | null> {
    return this.#answer(this.visits.find((v) => v.vn === vn) ?? null);
  }

  visitsWithoutCode(date: ServiceDate): Promise<Visit[]> {
    return this.#answer(this.#on(date).filter((v) => v.code === null));
  }

  writeBack(_request: WriteBackRequest): Promise<WriteBackOutcome> {
    return Promise.reject(new BridgeError('his-denied', 'nothing is written here', { retry: 'no' }));
  }

  undoWriteBack(): Promise<boolean> {
    return Promise.resolve(false);
  }

  watch(listener: ChangeListener): ChangeWatch | null {
    if (!this.#hasLog) return null;
    this.listener = listener;
    this.isWatched = true;
    return {
      close: async () => {
        this.isWatched = false;
      },
    };
  }

  now(): Promise<Instant> {
    return Promise.resolve(Date.now());
  }

  check(): Promise<[]> {
    return Promise.resolve([]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #on(date: ServiceDate): Visit[] {
    return this.visits.filter((v) => v.serviceDate === date);
  }

  async #answer<T>(answer: T): Promise<T> {
    if (this.#isHung) await new Promise<void>((resolve) => this.#hanging.push(resolve));
    if (this.delayMs > 0) await sleep(this.delayMs);
    if (this.isDown) throw new BridgeError('his-unreachable', 'the HIS is away', { retry: 'yes' });
    return structuredClone(answer);
  }
}
