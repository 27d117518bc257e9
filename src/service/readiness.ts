/** What is ready and what is not, kept up to date beside the work so that asking costs nothing. */

import { timeOfDay } from '../domain/bangkok.ts';
import { errorText } from '../domain/bridge-error.ts';
import { AgentLooks } from './agent-looks.ts';
import type { HisState } from './bridge-api.ts';
import type { Intake } from './intake.ts';
import type { NhsoLine } from './nhso-line.ts';
import type { Polls } from './polls.ts';
import type { Finding } from './ports/finding.ts';
import type { House, Site } from './site.ts';

/** Polls in a row that may be missed before the HIS counts as away: at the fast pace, and at the pace that it has. */
const MISSED = { fast: 10, any: 4 };
const SOON_MS = 30_000;

/** Turns between two looks at what is well. */
const CALM_TURNS = 5;

export class Readiness {
  readonly #house: House;
  readonly #intakes: ReadonlyMap<string, Intake>;
  readonly #polls: Polls;
  readonly #lines: ReadonlyMap<string, NhsoLine>;
  readonly #agents: AgentLooks;
  #own: Finding[] = [{ check: 'starting', level: 'fail', message: 'the bridge is starting' }];

  constructor(
    house: House,
    intakes: ReadonlyMap<string, Intake>,
    polls: Polls,
    lines: ReadonlyMap<string, NhsoLine>,
  ) {
    this.#house = house;
    this.#intakes = intakes;
    this.#polls = polls;
    this.#lines = lines;
    this.#agents = new AgentLooks([...house.sites.values()], CALM_TURNS);
  }

  /** Looks at the ledger, the queue and every agent. */
  async refresh(): Promise<void> {
    await Promise.all([this.#lookAtOwn(), this.#agents.lookAtAll()]);
  }

  /**
   * Each to be called every few seconds, beside the others: an agent that hangs holds up no look at the ledger. What is
   * well is looked at every {@link CALM_TURNS} turns only; what stands in the way at each, so that the end of an outage
   * is soon seen.
   */
  turns(): (() => Promise<void>)[] {
    let turns = 0;
    return [
      async () => {
        turns += 1;
        if (turns % CALM_TURNS === 0 || this.#own.some((f) => f.level === 'fail')) await this.#lookAtOwn();
      },
      async () => this.#agents.turn(),
    ];
  }

  async #lookAtOwn(): Promise<void> {
    const [ledger, queue] = await Promise.all([
      looked('ledger', () => this.#house.ledger.check()),
      looked('queue', () => this.#house.queue.check()),
    ]);
    this.#own = [...ledger, ...queue];
  }

  /**
   * A HIS that is away, or a site without any agent, stands in the way of the whole only when no site is better off: a health
   * centre that is closed must not take the bridge from the ninety-nine others.
   */
  findings(): Finding[] {
    const sites = [...this.#house.sites.values()];
    const his = orWarn(sites.map((site) => [this.#his(site)]));
    const agents = orWarn(sites.map((site) => this.#agents.findings(site)));
    return [
      ...this.#own,
      ...sites.flatMap((site, i) => [...(his[i] ?? []), this.#nhso(site), ...(agents[i] ?? [])]),
      ...this.#house.tokens.findings(),
    ];
  }

  hisStates(): HisState[] {
    return [...this.#house.sites.values()].map((site) => this.#stateOf(site));
  }

  #stateOf({ hcode, settings }: Site): HisState {
    const { lastSuccess, trouble } = this.#intakes.get(hcode)?.health ?? NEVER;
    const poll = this.#polls.site(hcode);
    const pace = poll?.pace ?? { ms: settings.pollMs, reason: 'usual' };
    const limit = Math.max(SOON_MS, settings.pollMs * MISSED.fast, pace.ms * MISSED.any);
    const isLate = lastSuccess === null || this.#house.clock.now() - lastSuccess > limit;
    const late = trouble === null ? 'elsewhere' : 'away';
    return {
      hcode,
      state: isLate ? late : 'well',
      awaySince: trouble?.since ?? null,
      lastPoll: lastSuccess,
      paceMs: pace.ms,
      pace: pace.reason,
      isListening: poll?.hearing?.isListening ?? null,
    };
  }

  #his(site: Site): Finding {
    const { hcode } = site;
    const check = `his-${hcode}`;
    const { state, awaySince, lastPoll, paceMs } = this.#stateOf(site);
    const last = lastPoll === null ? 'never yet' : `last at ${timeOfDay(lastPoll)}`;
    const every = `every ${Math.round(paceMs / 100) / 10} s`;
    if (state === 'away') {
      const { why } = this.#intakes.get(hcode)?.health.trouble ?? { why: '' };
      const since = awaySince === null ? '' : `, away since ${timeOfDay(awaySince)}`;
      return { check, level: 'fail', message: `HIS of ${hcode}: ${why} (${last}${since}; tried ${every})` };
    }
    // another bridge process may be the one that polls
    if (state === 'elsewhere')
      return {
        check,
        level: 'warn',
        message: `HIS of ${hcode} has not been polled by this process (${last})`,
      };
    const polled = `HIS of ${hcode} polled ${every}, ${last}`;
    const hearing = this.#polls.site(hcode)?.hearing ?? null;
    if (hearing === null) return { check, level: 'ok', message: polled };
    if (hearing.isListening)
      return { check, level: 'ok', message: `${polled}; changes are heard of as they are made` };
    const why = hearing.why === null ? '' : `: ${hearing.why}`;
    return { check, level: 'warn', message: `${polled}; changes are not heard of as they are made${why}` };
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
}

const NEVER = { lastSuccess: null, trouble: null };

/** Of each site its findings: failures are warnings as long as one site has none. */
function orWarn(ofSites: readonly Finding[][]): Finding[][] {
  const isDown = (findings: readonly Finding[]): boolean => findings.some((f) => f.level === 'fail');
  if (ofSites.every(isDown)) return [...ofSites];
  const warned = (f: Finding): Finding => (f.level === 'fail' ? { ...f, level: 'warn' } : f);
  return ofSites.map((findings) => findings.map(warned));
}

async function looked(check: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    return [{ check, level: 'fail', message: `${check}: ${errorText(error)}` }];
  }
}
