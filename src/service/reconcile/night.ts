/**
 * The night by itself: at each configured time the day that ended, then the days before it on which a visit still has no
 * code. A time that passed while the bridge was off is made up for at its start, once, by whichever bridge is first.
 */

import {
  addDays,
  type Instant,
  type ServiceDate,
  serviceDateOf,
  startOfServiceDate,
} from '../../domain/bangkok.ts';
import { errorText, isBridgeError } from '../../domain/bridge-error.ts';
import type { CaseState } from '../../domain/case.ts';
import type { Schedule } from '../ports/work-queue.ts';
import type { Site } from '../site.ts';
import { Reconcile } from './reconcile.ts';
import type { NightTools } from './tools.ts';

/** In these a visit may stand without a code that could still be found. */
const MAY_LACK_CODE: readonly CaseState[] = [
  'awaiting-card',
  'ready',
  'drafted',
  'confirming',
  'unknown',
  'offline',
  'needs-staff',
  'expired',
];

/** Nights worked through at a time: each reads whole days out of its HIS, and a hundred at once would starve the polls. */
const AT_ONCE = 8;

export class Night {
  readonly #tools: NightTools;
  readonly #reconcile: Reconcile;
  readonly #ending = new AbortController();
  /** By hospital, the night that is being worked through here, or waits for its turn. */
  readonly #inHand = new Map<string, Promise<void>>();
  readonly #places = new Set<Promise<void>>();

  constructor(tools: NightTools) {
    this.#tools = tools;
    this.#reconcile = new Reconcile(tools);
  }

  /** A tick only begins the work: a night may take longer than any tick may. */
  schedules(): Schedule[] {
    const sites = [...this.#tools.house.sites.values()];
    const times = new Set(sites.flatMap((site) => site.settings.reconcile.at));
    return [...times].map((at) => {
      const [hours = '0', minutes = '0'] = at.split(':');
      return {
        id: `reconcile-${hours}${minutes}`,
        cron: `${Number(minutes)} ${Number(hours)} * * *`,
        run: async () => {
          for (const site of sites) if (site.settings.reconcile.at.includes(at)) await this.#dueAt(site);
        },
      };
    });
  }

  /** At the start: what was missed while no bridge was there. A bridge that is new here has missed nothing. */
  async catchUp(): Promise<void> {
    const { ledger, clock } = this.#tools.house;
    for (const site of this.#tools.house.sites.values()) {
      if (site.settings.reconcile.at.length === 0) continue;
      const kept = await ledger.recall(nightDone(site.hcode));
      if (kept === null) await ledger.remember(nightDone(site.hcode), String(clock.now()));
      else await this.#dueAt(site);
    }
  }

  /** Ends what is in hand at the next person; it is resumed at the next start. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#inHand.values());
  }

  /** Waits for what has been begun; for whoever drives the schedules by hand. */
  async idle(): Promise<void> {
    await Promise.all(this.#inHand.values());
  }

  /** Begins the night of the last time that has come, unless it has been done. */
  async #dueAt(site: Site): Promise<void> {
    const { ledger, clock } = this.#tools.house;
    const now = clock.now();
    const due = lastTime(site.settings.reconcile.at, now);
    const done = Number((await ledger.recall(nightDone(site.hcode))) ?? 0);
    // what was done "in the future", by a clock that was ahead, was not done
    if (due === null || (done >= due && done <= now)) return;
    if (this.#ending.signal.aborted || this.#inHand.has(site.hcode)) return;
    const work: Promise<void> = this.#inTurn(() => this.#workThrough(site, due)).finally(() =>
      this.#inHand.delete(site.hcode),
    );
    this.#inHand.set(site.hcode, work);
  }

  /** `work` never throws. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    while (this.#places.size >= AT_ONCE) await Promise.race(this.#places);
    const place: Promise<void> = work().finally(() => this.#places.delete(place));
    this.#places.add(place);
    await place;
  }

  /** Never throws: nobody waits for it. */
  async #workThrough(site: Site, due: Instant): Promise<void> {
    const { ledger, clock, log } = this.#tools.house;
    const { hcode, settings } = site;
    const yesterday = addDays(serviceDateOf(due), -1);
    try {
      await this.#run(site, yesterday, due, { onlyMissing: false });
      for (let back = 1; back < settings.reconcile.days; back++) {
        const date = addDays(yesterday, -back);
        if (await this.#lacksCodes(hcode, date)) await this.#run(site, date, due, { onlyMissing: true });
      }
      if (!this.#ending.signal.aborted) await ledger.remember(nightDone(hcode), String(clock.now()));
    } catch (error) {
      // another bridge is at it, and remembers when it has done it
      const isElsewhere = isBridgeError(error, 'conflict');
      const fields = { site: hcode, why: errorText(error) };
      if (isElsewhere) log.info(fields, 'the night is worked through by another process');
      else log.error(fields, 'the reconciliation of the night broke off; the next time takes it up');
    }
  }

  async #run(
    site: Site,
    date: ServiceDate,
    due: Instant,
    { onlyMissing }: { onlyMissing: boolean },
  ): Promise<void> {
    const { signal } = this.#ending;
    if (signal.aborted) return;
    const { hcode } = site;
    const { reconciliations } = this.#tools.house.ledger;
    const left = await reconciliations.unfinished(hcode, date, false);
    // one that this very night had begun goes on; an older one is done anew
    const resume = left !== null && left.startedBy === BRIDGE && left.startedAt >= due;
    const [newest] = (await reconciliations.list({ hcode, serviceDate: date }, { limit: 1 })).items;
    const isDone = newest?.startedBy === BRIDGE && newest.startedAt >= due && newest.state === 'finished';
    if (isDone) return;
    const options = {
      hcode,
      serviceDate: date,
      dryRun: false,
      resume,
      startedBy: BRIDGE,
      onlyMissing,
      signal,
    };
    await this.#reconcile.run(options);
  }

  async #lacksCodes(hcode: string, serviceDate: ServiceDate): Promise<boolean> {
    const filter = { hcode, serviceDate, states: MAY_LACK_CODE };
    return (await this.#tools.house.ledger.countCases(filter)) > 0;
  }
}

const BRIDGE = 'bridge';

/** What the ledger remembers for all bridges: when the last night was worked through. */
function nightDone(hcode: string): string {
  return `reconcile/${hcode}`;
}

/** The last of these times of day (Asia/Bangkok) that has come; null when there are none. */
export function lastTime(at: readonly string[], now: Instant): Instant | null {
  const today = startOfServiceDate(serviceDateOf(now));
  const times = at.flatMap((time) => {
    const [hours = 0, minutes = 0] = time.split(':').map(Number);
    const ofToday = today + (hours * 60 + minutes) * 60_000;
    return ofToday <= now
      ? [ofToday]
      : [startOfServiceDate(addDays(serviceDateOf(now), -1)) + ofToday - today];
  });
  return times.length === 0 ? null : Math.max(...times);
}
