/** The night's reconciliation: runs, resumed runs, and runs taken back. */

import { randomInt } from 'node:crypto';
import type { ServiceDate } from '../../domain/bangkok.ts';
import { BridgeError, isBridgeError } from '../../domain/bridge-error.ts';
import type { Reconciliation, ReconciliationItem } from '../ports/reconciliations.ts';
import type { Site } from '../site.ts';
import { everyItem } from './items.ts';
import { withLease } from './lease.ts';
import { noSuchRun, RunFailed, Runner, whyEnded } from './runner.ts';
import { NIGHT_TIMES, type NightTools, type RunOptions } from './tools.ts';
import { type UndoReport, undoRun } from './undo.ts';

export class Reconcile {
  readonly #tools: NightTools;

  constructor(tools: NightTools) {
    this.#tools = tools;
  }

  /**
   * One run to its end, whatever that is: `failed` says in `trouble` why, and can be resumed. Throws BridgeError `not-found`
   * (no such site), `conflict` (a run of that site and day is under way), `ledger-unavailable` (the run may be resumed).
   */
  async run(options: RunOptions): Promise<Reconciliation> {
    const site = this.#site(options.hcode);
    const { serviceDate, resume } = options;
    return this.#alone(site, serviceDate, { isPatient: resume, signal: options.signal }, async (signal) => {
      const run = await this.#begin(options);
      return this.#through(site, run, options, signal);
    });
  }

  /** `actor`: `cli:<user>` or the name of a key. Throws `not-found`, `bad-input` (a dry run), `conflict`, and what the HIS throws. */
  async undo(id: string, actor: string, signal?: AbortSignal): Promise<UndoReport> {
    const run = await this.#tools.house.ledger.reconciliations.run(id);
    if (run === null) throw noSuchRun(id);
    const site = this.#site(run.hcode);
    return this.#alone(site, run.serviceDate, { isPatient: false, signal }, (stop) =>
      undoRun(this.#tools, site, run, actor, stop),
    );
  }

  async #through(
    site: Site,
    run: Reconciliation,
    options: RunOptions,
    signal: AbortSignal,
  ): Promise<Reconciliation> {
    const { reconciliations } = this.#tools.house.ledger;
    const { log, clock } = this.#tools.house;
    const runner = new Runner(this.#tools, site, run, options, signal);
    const end = async (
      state: 'finished' | 'failed',
      trouble: string | null,
      hisCount: number | null,
    ): Promise<Reconciliation> => {
      await reconciliations.close(run.id, { state, trouble, hisCount, finishedAt: clock.now() });
      const ended = (await reconciliations.run(run.id)) ?? run;
      const fields = { site: site.hcode, run: run.id, counts: ended.counts, calls: ended.calls, trouble };
      log[state === 'failed' ? 'warn' : 'info'](fields, `reconciliation ${state}`);
      return ended;
    };
    try {
      const { hisCount, trouble } = await runner.go(await this.#saidBefore(run));
      const ended = await end('finished', trouble, hisCount);
      if (!run.dryRun) await reconciliations.thinOut(run);
      return ended;
    } catch (error) {
      // whoever has taken the lease over goes on with the run: its end is theirs to tell
      if (isBridgeError(error, 'conflict') && error === signal.reason) throw error;
      const why = whyEnded(error, signal);
      if (why !== null) return end('failed', why, error instanceof RunFailed ? error.hisCount : null);
      throw error;
    }
  }

  async #begin({ hcode, serviceDate, dryRun, resume, startedBy }: RunOptions): Promise<Reconciliation> {
    const { clock, ledger } = this.#tools.house;
    const { reconciliations } = ledger;
    const now = clock.now();
    const left = await reconciliations.unfinished(hcode, serviceDate, dryRun);
    if (left !== null && resume) {
      await reconciliations.reopen(left.id);
      return { ...left, state: 'running' };
    }
    if (left?.state === 'running') {
      // nobody works at it: whoever did would hold the lease
      const trouble = 'it ended without a word, and another run was begun';
      await reconciliations.close(left.id, { state: 'failed', trouble, hisCount: null, finishedAt: now });
    }
    const run: Reconciliation = {
      ...{ id: newId(hcode, serviceDate), hcode, serviceDate, dryRun, startedBy, startedAt: now },
      ...{ finishedAt: null, state: 'running', trouble: null, hisCount: null, counts: {}, calls: 0 },
    };
    await reconciliations.begin(run);
    return run;
  }

  /** What the last run that came to its end said of the same day: codes that NHSO has shown are not asked for again. */
  async #saidBefore({ hcode, serviceDate, id }: Reconciliation): Promise<Map<string, ReconciliationItem>> {
    const { ledger } = this.#tools.house;
    const { items } = await ledger.reconciliations.list({ hcode, serviceDate }, { limit: 50 });
    const before = items.find((run) => run.state === 'finished' && run.id !== id);
    const said = new Map<string, ReconciliationItem>();
    if (before === undefined) return said;
    for await (const item of everyItem(ledger, before.id)) said.set(item.vn, item);
    return said;
  }

  #alone<T>(
    { hcode }: Site,
    serviceDate: ServiceDate,
    options: { isPatient: boolean; signal: AbortSignal | undefined },
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const ttlMs = this.#tools.times?.leaseMs ?? NIGHT_TIMES.leaseMs;
    return withLease(
      this.#tools.house,
      `the reconciliation of ${hcode} for ${serviceDate}`,
      { ...options, ttlMs },
      work,
    );
  }

  #site(hcode: string): Site {
    const site = this.#tools.house.sites.get(hcode);
    if (site !== undefined) return site;
    throw new BridgeError('not-found', `no site ${hcode} is configured`, { retry: 'no' });
  }
}

/** Letters that are not taken for one another when they are read out. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';

function newId(hcode: string, serviceDate: ServiceDate): string {
  const own = Array.from({ length: 6 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return `${serviceDate.replaceAll('-', '')}-${hcode}-${own}`;
}
