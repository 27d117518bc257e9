/** One run, from the first visit of the day to the comparison with the HIS's own count. */

import pLimit from 'p-limit';
import { BridgeError, errorText, isBridgeError } from '../../domain/bridge-error.ts';
import type { Case } from '../../domain/case.ts';
import type { Outcome } from '../../domain/reconcile.ts';
import { lostAnswerTimes } from '../ask-times.ts';
import type { Reconciliation, ReconciliationItem } from '../ports/reconciliations.ts';
import type { Site } from '../site.ts';
import { byPerson, type Day, readDay } from './day.ts';
import { everyItem } from './items.ts';
import { Judge } from './judge.ts';
import { Pace } from './pace.ts';
import { type PersonRun, settlePerson } from './person.ts';
import { Sources } from './sources.ts';
import { NIGHT_TIMES, type NightTools, type RunOptions } from './tools.ts';
import { pause } from './wait.ts';

/** Items of people for whom nothing is asked, in one transaction. */
const BATCH = 200;
/** Calls that may be under way at a time: enough for the rate with answers that take so long, seconds. */
const SLOWEST_S = 10;
const MOST_AT_ONCE = 200;

export class Runner {
  readonly #tools: NightTools;
  readonly #site: Site;
  readonly #run: Reconciliation;
  readonly #options: RunOptions;
  readonly #signal: AbortSignal;
  readonly #sources: Sources;
  /** By visit, what has been said. */
  readonly #said = new Map<string, Outcome>();
  readonly #isResumed: boolean;
  readonly #atOnce: number;
  #before: ReadonlyMap<string, ReconciliationItem> = new Map();
  #total = 0;
  #calls: number;

  constructor(tools: NightTools, site: Site, run: Reconciliation, options: RunOptions, signal: AbortSignal) {
    this.#tools = tools;
    this.#site = site;
    this.#run = run;
    this.#options = options;
    this.#signal = signal;
    this.#calls = run.calls;
    this.#isResumed = options.resume;
    const { ratePerSecond } = site.settings.reconcile;
    this.#sources = new Sources(tools, site, run.serviceDate, new Pace(ratePerSecond));
    this.#atOnce = Math.min(MOST_AT_ONCE, 4 + Math.ceil(ratePerSecond * SLOWEST_S));
  }

  /** What went wrong on the way, for people, though something was said of every visit; null: nothing. */
  async go(
    before: ReadonlyMap<string, ReconciliationItem>,
  ): Promise<{ hisCount: number; trouble: string | null }> {
    this.#before = before;
    for await (const item of everyItem(this.#tools.house.ledger, this.#run.id)) {
      this.#said.set(item.vn, item.outcome);
    }
    const { dryRun, serviceDate } = this.#run;
    const day = await readDay(this.#tools, this.#site, serviceDate, { dryRun });
    await this.#sayOf(day);
    const hisCount = (await this.#agreed(day)) ?? (await this.#lookAgain());
    return { hisCount, trouble: this.#sources.trouble };
  }

  /** Visits came or went while the run was under way. */
  async #lookAgain(): Promise<number> {
    const { dryRun, serviceDate } = this.#run;
    const day = await readDay(this.#tools, this.#site, serviceDate, { dryRun });
    await this.#sayOf(day);
    const hisCount = await this.#agreed(day);
    if (hisCount !== null) return hisCount;
    const counted = await this.#site.his.countOn(serviceDate);
    const rest =
      'resume the run when the day no longer changes; a row without a visit number is never one of its visits';
    const sums = `visits that the run has said something of: ${this.#said.size}; the HIS counts ${counted}`;
    throw new RunFailed(`${sums}: ${rest}`, counted);
  }

  async #sayOf(day: Day): Promise<void> {
    this.#total = day.cases.length;
    const standing = new Set(day.cases.map((c) => c.vn));
    const gone = [...this.#said.keys()].filter((vn) => !standing.has(vn));
    await this.#tools.house.ledger.reconciliations.removeItems(this.#run.id, gone);
    for (const vn of gone) this.#said.delete(vn);
    const judge = new Judge(this.#tools.house, {
      ...{ sources: this.#sources, before: this.#before, inHis: day.inHis },
      onlyMissing: this.#options.onlyMissing ?? false,
    });
    const of: PersonRun = {
      ...{ tools: this.#tools, run: this.#run, judge, unheld: day.unheld, oneByOne: pLimit(1) },
      days: this.#site.settings.reconcile.days,
      times: lostAnswerTimes(this.#site.settings),
      mayHaveFound: (vn) => this.#isResumed || this.#said.has(vn),
    };
    const open = byPerson(day.cases).filter((cases) => cases.some((c) => !this.#said.has(c.vn)));
    const [asked, quiet] = [open.filter((p) => judge.asks(p)), open.filter((p) => !judge.asks(p))];
    this.#tellProgress();
    // the others are said something of while the answers of these are waited for
    const [left] = await together([this.#ask(of, asked), this.#sayWithoutAsking(of, quiet)]);
    if (left.length === 0) return;
    await pause(this.#tools.times?.pauseMs ?? NIGHT_TIMES.pauseMs, this.#signal);
    const still = await this.#ask(of, left);
    if (still.length === 0) return;
    const visits = still.reduce((sum, p) => sum + p.length, 0);
    throw new RunFailed(
      `no source answered for ${visits} of the visits, so nothing is said of them: ${this.#sources.trouble ?? ''}; resume the run when a source answers`,
    );
  }

  async #sayWithoutAsking(of: PersonRun, people: readonly Case[][]): Promise<void> {
    let batch: ReconciliationItem[] = [];
    const put = async (): Promise<void> => {
      await this.#put(batch, 0);
      batch = [];
    };
    for (const cases of people) {
      this.#signal.throwIfAborted();
      const items = await settlePerson(of, cases, []);
      batch.push(...items);
      // what was written is put down before anything else is done
      if (batch.length >= BATCH || items.some((i) => i.written !== null)) await put();
    }
    if (batch.length > 0) await put();
  }

  /** Those for whom no source answered. */
  async #ask(of: PersonRun, people: readonly Case[][]): Promise<Case[][]> {
    const limit = pLimit(this.#atOnce);
    const unanswered: Case[][] = [];
    const failed = new AbortController();
    const stop = AbortSignal.any([failed.signal, this.#signal]);
    const done = await Promise.allSettled(
      people.map((cases) =>
        limit(async () => {
          stop.throwIfAborted();
          try {
            if (!(await this.#askFor(of, cases))) unanswered.push(cases);
          } catch (error) {
            failed.abort(error);
            throw error;
          }
        }),
      ),
    );
    this.#signal.throwIfAborted();
    if (failed.signal.aborted) throw failed.signal.reason;
    const broken = done.find((d) => d.status === 'rejected');
    if (broken !== undefined) throw broken.reason;
    return unanswered;
  }

  async #askFor(of: PersonRun, cases: readonly Case[]): Promise<boolean> {
    const heard = await of.judge.hear(cases);
    if (!heard.isAnswered) {
      await this.#put([], heard.calls);
      return false;
    }
    await this.#put(await settlePerson(of, cases, heard.shown), heard.calls);
    return true;
  }

  async #put(items: readonly ReconciliationItem[], calls: number): Promise<void> {
    if (items.length > 0 || calls > 0) {
      await this.#tools.house.ledger.reconciliations.putItems(this.#run.id, items, calls);
    }
    for (const item of items) this.#said.set(item.vn, item.outcome);
    this.#calls += calls;
    this.#tellProgress();
  }

  #tellProgress(): void {
    const counts: Partial<Record<Outcome, number>> = {};
    if (this.#options.onProgress === undefined) return;
    for (const outcome of this.#said.values()) counts[outcome] = (counts[outcome] ?? 0) + 1;
    this.#options.onProgress({ done: this.#said.size, total: this.#total, calls: this.#calls, counts });
  }

  /**
   * The HIS's own count, when something was said of exactly the visits that it has now; null otherwise. A row whose date cannot
   * be read is a visit of the day that its number names, but none that the HIS counts on any day.
   */
  async #agreed(day: Day): Promise<number | null> {
    const { serviceDate } = this.#run;
    const hisCount = await this.#site.his.countOn(serviceDate);
    const standing = await this.#site.his.visitsOn(serviceDate);
    const isSame = standing.length === this.#said.size && standing.every(({ vn }) => this.#said.has(vn));
    const uncounted = this.#said.size - hisCount;
    const unreadable = day.cases.filter((c) => c.visit.problem !== null).length;
    return isSame && uncounted >= 0 && uncounted <= unreadable ? hisCount : null;
  }
}

/** Both come to their end, also when one fails: nothing goes on behind a run that has ended. */
async function together<A, B>(both: readonly [Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled(both);
  return Promise.all(both);
}

/** The run ends without having said something of every visit; what it has said stays, and it may be resumed. */
export class RunFailed extends Error {
  readonly hisCount: number | null;
  constructor(message: string, hisCount: number | null = null) {
    super(message);
    this.hisCount = hisCount;
  }
}

/** Why a run ended early, in words for a person; null for a fault of ours, and for a ledger that is away and can be told nothing. */
export function whyEnded(error: unknown, signal: AbortSignal): string | null {
  if (error instanceof RunFailed) return error.message;
  if (signal.aborted && error === signal.reason)
    return 'it was stopped before its end; resume goes on with it';
  if (!isBridgeError(error) || error.code === 'ledger-unavailable') return null;
  return errorText(error);
}

export function noSuchRun(id: string): BridgeError {
  return new BridgeError('not-found', `no reconciliation ${id}`, { retry: 'no' });
}
