/** The wiring: the only place that knows everybody. Makes a running bridge from a configuration. */

import type { Express } from 'express';
import { openHis } from '../adapters/his/registry.ts';
import type { PgliteLike } from '../adapters/his/sql/pglite.ts';
import { openAgent } from '../adapters/nhso/agent.ts';
import { openTokenSources } from '../adapters/nhso/tokens/open.ts';
import { openAuthenStatusOf, openRightSearch } from '../adapters/nhso/web/registry.ts';
import { openLedger } from '../db/open-ledger.ts';
import { openWorkQueue } from '../queues/open-work-queue.ts';
import type { Config, SiteConfig } from './config.ts';
import { BridgeError } from './domain/bridge-error.ts';
import { makeApp } from './http/app.ts';
import { fhirRouter } from './http/fhir/router.ts';
import { makeMetrics } from './http/metrics.ts';
import { type Listening, listen } from './http/server.ts';
import { Bridge } from './service/bridge.ts';
import { NhsoLine } from './service/nhso-line.ts';
import type { Clock } from './service/ports/clock.ts';
import type { Ledger } from './service/ports/ledger.ts';
import type { Log } from './service/ports/log.ts';
import type { WorkQueue } from './service/ports/work-queue.ts';
import { nightTools } from './service/reconcile/night-tools.ts';
import { Reconcile } from './service/reconcile/reconcile.ts';
import type { House, Site } from './service/site.ts';
import { Tokens } from './service/tokens/tokens.ts';

export interface StartOptions {
  log: Log;
  clock?: Clock;
  /** In-process PostgreSQL for a site's HIS in the place of its URL: for the demo. */
  pglite?: ReadonlyMap<string, PgliteLike>;
  /** The process can do no more work and should end; by default it is logged and the process exits with code 70. */
  onStuck?: () => void;
}

export interface RunningBridge {
  /** Where it listens, `http://127.0.0.1:8080`. */
  url: string;
  bridge: Bridge;
  ledger: Ledger;
  house: House;
  /** Finishes what is in hand, then lets go of everything. */
  stop(graceMs?: number): Promise<void>;
}

/** Throws BridgeError: `config`, `ledger-unavailable`, `queue-unavailable`; a HIS or an agent that is away is no error. */
export async function startBridge(config: Config, options: StartOptions): Promise<RunningBridge> {
  const { log } = options;
  const clock = options.clock ?? { now: Date.now };
  // what was opened, newest last; closed the other way round, also when the start fails half-way
  const opened: (() => Promise<void>)[] = [];
  let grace: number | undefined;
  try {
    const ledger = await openLedger(config.store, { secrets: config.secrets });
    opened.push(() => ledger.close());
    await ledger.migrate();

    const sites = openSites(config, options, clock, opened);
    const queue = await openWorkQueue(config.queue, { log, concurrency: config.concurrency });
    opened.push(() => queue.close(grace));
    const metrics = makeMetrics({ ledger, clock, sites: [...sites.values()], queue });
    const tokens = new Tokens({ ledger, clock, log, metrics, sites });
    const house: House = { ledger, queue, clock, log, metrics, sites, tokens };
    const bridge = new Bridge(house, { onStuck: options.onStuck ?? (() => exitStuck(log)) });
    opened.push(() => bridge.stop(grace));

    // until a public address is configured, links lead to where the bridge listens; known once it does
    let url = config.http.publicUrl ?? '';
    const theSites = [...sites.values()];
    const fhir = fhirRouter({ ...{ ledger, clock, log }, sites: theSites, publicUrl: () => url });
    const app = makeApp({
      ...{ api: bridge, ledger, clock, log, metrics, fhir },
      sites: theSites,
      publicUrl: config.http.publicUrl,
      trustProxy: config.http.trustProxy,
    });
    const server = await listenOn(app, config.http);
    opened.push(() => server.close());
    url = config.http.publicUrl ?? server.url;
    await bridge.start();
    log.info({ url: server.url, sites: [...sites.keys()] }, 'authen-bridge is at work');
    return {
      ...{ url: server.url, bridge, ledger, house },
      stop: (graceMs) => {
        grace = graceMs;
        return closeAll(opened, log);
      },
    };
  } catch (error) {
    await closeAll(opened, log);
    throw error;
  }
}

export interface OpenNight {
  reconcile: Reconcile;
  ledger: Ledger;
  sites: ReadonlyMap<string, Site>;
  close(): Promise<void>;
}

/**
 * The reconciliation alone, in a process of its own, whether a bridge runs or not: the same ledger, HIS, agents and tokens, but
 * neither queue nor HTTP. What a run leaves to be done stands in the ledger's outbox, where a bridge that runs looks each
 * second, and one that does not at its start. A lease in the ledger keeps two from working at one day. Throws BridgeError
 * `config`, `ledger-unavailable`; a HIS or an agent that is away is no error.
 */
export async function openNight(
  config: Config,
  options: Pick<StartOptions, 'log' | 'clock'>,
): Promise<OpenNight> {
  const { log } = options;
  const clock = options.clock ?? { now: Date.now };
  const opened: (() => Promise<void>)[] = [];
  try {
    const ledger = await openLedger(config.store, { secrets: config.secrets });
    opened.push(() => ledger.close());
    await ledger.migrate();
    const sites = openSites(config, options, clock, opened);
    // nobody asks this process for its figures
    const metrics = { count: () => undefined, observe: () => undefined, set: () => undefined };
    const tokens = new Tokens({ ledger, clock, log, metrics, sites });
    opened.push(() => tokens.stop());
    const house: House = { ledger, queue: NO_QUEUE, clock, log, metrics, sites, tokens };
    const lines = new Map(
      [...sites].map(([hcode, site]) => [hcode, new NhsoLine(site, house, () => undefined)]),
    );
    const line = (hcode: string): NhsoLine => {
      const found = lines.get(hcode);
      if (found === undefined)
        throw new BridgeError('not-found', `no site ${hcode} is configured`, { retry: 'no' });
      return found;
    };
    const reconcile = new Reconcile(nightTools(house, { line, gap: () => null, kick: () => undefined }));
    return { reconcile, ledger, sites, close: () => closeAll(opened, log) };
  } catch (error) {
    await closeAll(opened, log);
    throw error;
  }
}

const noQueue = (): Promise<never> =>
  Promise.reject(new BridgeError('queue-unavailable', 'this process has no queue', { retry: 'no' }));

const NO_QUEUE: WorkQueue = {
  ...{ add: noQueue, start: noQueue, counts: noQueue, oldestWaitMs: noQueue, check: noQueue },
  close: () => Promise.resolve(),
};

/** One that cannot be closed keeps no other open. */
async function closeAll(opened: (() => Promise<void>)[], log: Log): Promise<void> {
  for (const close of opened.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      log.warn({ error }, 'something could not be closed');
    }
  }
}

async function listenOn(app: Express, http: Config['http']): Promise<Listening> {
  try {
    return await listen(app, http);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'error';
    throw new BridgeError('config', `http: cannot listen on ${http.host}:${http.port}: ${whyNot(code)}`, {
      retry: 'no',
      cause,
    });
  }
}

function whyNot(code: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'another program uses this port (or a bridge runs already); choose another http.port';
    case 'EACCES':
      return 'a port below 1024 needs more rights; choose another http.port';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'http.host is no address of this machine; 127.0.0.1 or 0.0.0.0 always is';
    default:
      return code;
  }
}

function openSites(
  config: Config,
  options: StartOptions,
  clock: Clock,
  opened: (() => Promise<void>)[],
): Map<string, Site> {
  const sites = new Map(config.sites.map((s) => [s.hcode, openSite(s, options, clock)]));
  for (const site of sites.values()) {
    opened.push(() => site.his.close());
    for (const { agent } of site.stations) opened.push(() => agent.close());
    for (const web of [site.authenStatus, site.rightSearch]) {
      if (web !== null) opened.push(() => web.close());
    }
  }
  return sites;
}

function openSite(config: SiteConfig, options: StartOptions, clock: Clock): Site {
  const { hcode, name, his, nhso, requires } = config;
  const pglite = options.pglite?.get(hcode);
  const log = options.log.child({ site: hcode });
  return {
    hcode,
    name,
    policy: {
      requirement: requires,
      claimType: { default: nhso.defaultClaimType, rules: nhso.claimTypeRules },
    },
    his: openHis({ ...his, hcode, log, ...(pglite === undefined ? {} : { pglite }) }),
    stations: config.stations.map(({ id, agentUrl }) => ({
      id,
      agent: openAgent({ url: agentUrl, hcode, zone: nhso.zone, timeouts: nhso.timeouts }),
    })),
    authenStatus: openAuthenStatusOf(nhso),
    rightSearch: openRightSearch(nhso),
    tokenSources: openTokenSources(nhso, () => clock.now()),
    settings: {
      pollMs: his.pollSeconds * 1000,
      quietHours: { ...his.quietHours, pollMs: his.quietHours.pollSeconds * 1000 },
      overlapMs: his.overlapMinutes * 60_000,
      digestMs: his.digestSeconds * 1000,
      catchUpDays: his.catchUpDays,
      confirmTimeoutMs: nhso.timeouts.confirmMs,
      settleMs: nhso.settleSeconds * 1000,
      offlineLookupMs: nhso.offlineLookupMinutes * 60_000,
      callBack: { afterMs: nhso.callBack.afterMinutes * 60_000, at: nhso.callBack.at },
      breakerFailures: nhso.breaker.failures,
      probeMs: nhso.breaker.probeSeconds * 1000,
      ratePerSecond: nhso.ratePerSecond,
      rightsAfterMs: (nhso.rights?.afterMinutes ?? 15) * 60_000,
      rightsPerSecond: nhso.rights?.ratePerSecond ?? 2,
      openingTime: nhso.openingTime,
      reconcile: config.reconcile,
    },
  };
}

/** Nothing is lost by ending: the ledger holds all work, and a supervisor starts the process again. */
function exitStuck(log: Log): void {
  log.error(
    {},
    'the queue has stood still for minutes although work waits: ending, so that a restart can take it up',
  );
  process.exit(70);
}
