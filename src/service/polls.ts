/**
 * When which HIS is asked. All sites share one tick, which one of the processes takes; at each the sites that are due are
 * asked, some at a time. One that is slow or dead soon stands aside and is waited for by nobody.
 */

import type { Instant } from '../domain/bangkok.ts';
import type { Intake } from './intake.ts';
import type { House } from './site.ts';
import { SitePoll } from './site-poll.ts';
import { Turns } from './turns.ts';

/** Looks at a time; a hundred at once would hold up the counters' work, and each other. */
const AT_ONCE = 8;
/** A look that takes longer than this keeps nobody waiting, ms: a hundred sites are through within a second. */
const PLACE_MS = 50;
/** Looks that are rung for, over all sites: so many without waiting, then one in so many ms. */
const RINGS = { atOnce: 50, everyMs: 25 };
/** Of how many sites one may read a day that is over, at each tick: after midnight they all have a week of them. */
const SITES_A_PAST_DAY = 10;

export interface PollsOptions {
  /** How long a tick waits for a look before it goes on without it, ms. */
  placeMs?: number;
}

export class Polls {
  /** Of the tick: the fastest pace of any site. */
  readonly everyMs: number;
  readonly #sites: ReadonlyMap<string, SitePoll>;
  readonly #placeMs: number;

  constructor(
    house: Pick<House, 'clock' | 'log' | 'metrics' | 'sites'>,
    intakes: ReadonlyMap<string, Intake>,
    { placeMs = PLACE_MS }: PollsOptions = {},
  ) {
    const rings = new Turns(RINGS.atOnce);
    const ringTurn = (): number => rings.take(performance.now(), RINGS.everyMs);
    const all = [...intakes].flatMap(([hcode, intake], i) => {
      const site = house.sites.get(hcode);
      const share = i / intakes.size;
      return site === undefined ? [] : [new SitePoll({ house, site, intake, share, ringTurn })];
    });
    this.#sites = new Map(all.map((site) => [site.hcode, site]));
    this.#placeMs = placeMs;
    this.everyMs = Math.min(...[...house.sites.values()].map((site) => site.settings.pollMs));
  }

  /** Begins to listen to those HISs whose log of changes may be read. */
  start(): void {
    for (const site of this.#sites.values()) site.watch();
  }

  site(hcode: string): SitePoll | undefined {
    return this.#sites.get(hcode);
  }

  /** One tick. Ends when what is quick has been done; the rest goes on by itself. Never throws. */
  async run(plannedAt: Instant): Promise<void> {
    const tick = { at: plannedAt, everyMs: this.everyMs };
    const due = [...this.#sites.values()]
      .filter((site) => site.isDue(tick))
      // whoever a long tick has kept waiting is first
      .toSorted((a, b) => (a.askedAt ?? 0) - (b.askedAt ?? 0));
    let pastDays = Math.ceil(this.#sites.size / SITES_A_PAST_DAY);
    const mayReadPastDay = (): boolean => pastDays-- > 0;
    const places = new Set<Promise<void>>();
    const aside: Promise<void>[] = [];
    for (const site of due) {
      if (site.isSlow(this.#placeMs)) {
        aside.push(this.#awhile(site.poll(mayReadPastDay)));
        continue;
      }
      if (places.size >= AT_ONCE) await Promise.race(places);
      const place: Promise<void> = this.#awhile(site.poll(mayReadPastDay)).finally(() =>
        places.delete(place),
      );
      places.add(place);
    }
    await Promise.all([...places, ...aside]);
  }

  /** Takes up nothing more, and waits for what is under way for at most `limitMs`. */
  async stop(limitMs: number): Promise<void> {
    await Promise.all([...this.#sites.values()].map((site) => site.stop(limitMs)));
  }

  async #awhile(poll: Promise<void>): Promise<void> {
    if (this.#placeMs === Number.POSITIVE_INFINITY) return poll;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#placeMs);
    await Promise.race([poll, promise]);
    clearTimeout(timer);
  }
}
