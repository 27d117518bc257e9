/** Whether the agents at the counters answer, as last seen; looked at beside the work, each site in its own time. */

import { errorText } from '../domain/bridge-error.ts';
import type { Finding } from './ports/finding.ts';
import type { Site, Station } from './site.ts';

/** While none of a site's agents answers it is looked at every turn, for so many turns; a closed site is not looked at so closely. */
const CLOSE_TURNS = 100;

export class AgentLooks {
  readonly #sites: readonly Site[];
  readonly #calmTurns: number;
  readonly #found = new Map<string, Finding>();
  /** By site, for how many turns none of its agents has answered. */
  readonly #downFor = new Map<string, number>();
  readonly #inHand = new Set<string>();
  #turns = 0;

  /** `calmTurns`: turns between two looks at a site of which an agent answers. */
  constructor(sites: readonly Site[], calmTurns: number) {
    this.#sites = sites;
    this.#calmTurns = calmTurns;
  }

  async lookAtAll(): Promise<void> {
    await Promise.all(this.#sites.map((site) => this.#look(site)));
  }

  /** To be called every few seconds. An agent that hangs holds up its own site's next look only. */
  turn(): void {
    this.#turns += 1;
    const due = this.#sites.filter((site, i) => {
      const downFor = this.#downFor.get(site.hcode) ?? 0;
      const isClose = downFor > 0 && downFor <= CLOSE_TURNS;
      // the calm ones each at a turn of its own
      return isClose || (this.#turns + i) % this.#calmTurns === 0;
    });
    for (const site of due) void this.#look(site);
  }

  /** One counter that is switched off is no reason to call the site unready: they fail only together. */
  findings(site: Site): Finding[] {
    const found = site.stations
      .map((s) => this.#found.get(`${site.hcode}/${s.id}`))
      .filter((f) => f !== undefined);
    return isAnyWell(found) ? found : found.map((f) => ({ ...f, level: 'fail' as const }));
  }

  async #look(site: Site): Promise<void> {
    const { hcode, stations } = site;
    if (this.#inHand.has(hcode)) return;
    this.#inHand.add(hcode);
    const found = await Promise.all(stations.map((station) => this.#lookAt(hcode, station)));
    this.#inHand.delete(hcode);
    this.#downFor.set(hcode, isAnyWell(found) ? 0 : (this.#downFor.get(hcode) ?? 0) + 1);
  }

  /** Never throws. */
  async #lookAt(hcode: string, { id, agent }: Station): Promise<Finding> {
    const check = `agent-${hcode}-${id}`;
    let found: Finding;
    try {
      const isReady = (await agent.terminals()).length > 0;
      const message = isReady ? `agent at ${id} answers` : `no card reader at ${id}`;
      found = { check, level: isReady ? 'ok' : 'warn', message };
    } catch (error) {
      found = { check, level: 'warn', message: `agent at ${id}: ${errorText(error)}` };
    }
    this.#found.set(`${hcode}/${id}`, found);
    return found;
  }
}

function isAnyWell(found: readonly Finding[]): boolean {
  return found.length === 0 || found.some((f) => f.level === 'ok');
}
