/** What is ready and what is not, kept up to date beside the work so that asking costs nothing. */

import { timeOfDay } from '../domain/bangkok.ts';
import { errorText } from '../domain/bridge-error.ts';
import type { Intake } from './intake.ts';
import type { NhsoLine } from './nhso-line.ts';
import type { Finding } from './ports/finding.ts';
import type { House, Site } from './site.ts';

/** Polls in a row that may be missed before the HIS counts as away. */
const MISSED_POLLS = 10;

/** Turns between two looks at what is well. */
const CALM_TURNS = 5;

export class Readiness {
  readonly #house: House;
  readonly #intakes: ReadonlyMap<string, Intake>;
  readonly #lines: ReadonlyMap<string, NhsoLine>;
  #own: Finding[] = [{ check: 'starting', level: 'fail', message: 'the bridge is starting' }];
  #agents = new Map<string, Finding>();

  constructor(house: House, intakes: ReadonlyMap<string, Intake>, lines: ReadonlyMap<string, NhsoLine>) {
    this.#house = house;
    this.#intakes = intakes;
    this.#lines = lines;
  }

  /** Looks at the ledger, the queue and every agent. */
  async refresh(): Promise<void> {
    await Promise.all([this.#lookAtOwn(), this.#lookAtAllAgents()]);
  }

  /**
   * Each to be called every few seconds, beside the others: an agent that hangs holds up no look at the ledger. What is
   * well is looked at every {@link CALM_TURNS} turns only; what stands in the way at each, so that the end of an outage
   * is soon seen.
   */
  turns(): (() => Promise<void>)[] {
    const turn = (current: () => readonly Finding[], look: () => Promise<void>) => {
      let turns = 0;
      return async (): Promise<void> => {
        turns += 1;
        if (turns % CALM_TURNS === 0 || current().some((f) => f.level === 'fail')) await look();
      };
    };
    const agents = (): Finding[] => [...this.#house.sites.values()].flatMap((site) => this.#stations(site));
    return [
      turn(
        () => this.#own,
        () => this.#lookAtOwn(),
      ),
      turn(agents, () => this.#lookAtAllAgents()),
    ];
  }

  async #lookAtOwn(): Promise<void> {
    const [ledger, queue] = await Promise.all([
      looked('ledger', () => this.#house.ledger.check()),
      looked('queue', () => this.#house.queue.check()),
    ]);
    this.#own = [...ledger, ...queue];
  }

  async #lookAtAllAgents(): Promise<void> {
    await Promise.all([...this.#house.sites.values()].map((site) => this.#lookAtAgents(site)));
  }

  findings(): Finding[] {
    const sites = [...this.#house.sites.values()];
    return [
      ...this.#own,
      ...sites.flatMap((site) => [this.#his(site), this.#nhso(site), ...this.#stations(site)]),
      ...this.#house.tokens.findings(),
    ];
  }

  #his(site: Site): Finding {
    const check = `his-${site.hcode}`;
    const { lastSuccess, trouble } = this.#intakes.get(site.hcode)?.health ?? {
      lastSuccess: null,
      trouble: null,
    };
    const limit = Math.max(30_000, site.settings.pollMs * MISSED_POLLS);
    const isLate = lastSuccess === null || this.#house.clock.now() - lastSuccess > limit;
    const since = lastSuccess === null ? 'never yet' : `last at ${timeOfDay(lastSuccess)}`;
    if (isLate && trouble !== null)
      return { check, level: 'fail', message: `HIS of ${site.hcode}: ${trouble} (${since})` };
    // another bridge process may be the one that polls
    if (isLate)
      return {
        check,
        level: 'warn',
        message: `HIS of ${site.hcode} has not been polled by this process (${since})`,
      };
    return { check, level: 'ok', message: `HIS of ${site.hcode} polled, ${since}` };
  }

  #nhso(site: Site): Finding {
    const check = `nhso-${site.hcode}`;
    return this.#lines.get(site.hcode)?.status === 'down'
      ? {
          check,
          level: 'warn',
          message: `NHSO cannot be reached from ${site.hcode}; the work waits and goes on by itself`,
        }
      : { check, level: 'ok', message: `NHSO: nothing known against it at ${site.hcode}` };
  }

  #stations(site: Site): Finding[] {
    const found = site.stations
      .map((s) => this.#agents.get(`${site.hcode}/${s.id}`))
      .filter((f) => f !== undefined);
    const down = found.filter((f) => f.level !== 'ok');
    // one counter that is switched off is no reason to call the bridge unready
    return found.length > 0 && down.length === found.length
      ? down.map((f) => ({ ...f, level: 'fail' as const }))
      : found;
  }

  async #lookAtAgents(site: Site): Promise<void> {
    await Promise.all(
      site.stations.map(async ({ id, agent }) => {
        const check = `agent-${site.hcode}-${id}`;
        try {
          const terminals = await agent.terminals();
          const message = terminals.length === 0 ? `no card reader at ${id}` : `agent at ${id} answers`;
          this.#agents.set(`${site.hcode}/${id}`, {
            check,
            level: terminals.length === 0 ? 'warn' : 'ok',
            message,
          });
        } catch (error) {
          this.#agents.set(`${site.hcode}/${id}`, {
            check,
            level: 'warn',
            message: `agent at ${id}: ${errorText(error)}`,
          });
        }
      }),
    );
  }
}

async function looked(check: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    return [{ check, level: 'fail', message: `${check}: ${errorText(error)}` }];
  }
}
