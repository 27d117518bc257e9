/**
 * A bridge to speak HTTP with: the real service on a real ledger (SQLite unless another is named), behind the real server. It is not started, so
 * it does not poll; its HIS and its agents are addresses where nobody listens, and its queue is away.
 */

import type { Router } from 'express';
import { openHis } from '../../../adapters/his/registry.ts';
import { openAgent } from '../../../adapters/nhso/agent.ts';
import { openLedger } from '../../../db/open-ledger.ts';
import { parseConfig } from '../../../src/config.ts';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { Case } from '../../../src/domain/case.ts';
import { makeKey } from '../../../src/http/api-key.ts';
import { makeApp, routesOf } from '../../../src/http/app.ts';
import { makeMetrics } from '../../../src/http/metrics.ts';
import type { HttpParts } from '../../../src/http/parts.ts';
import type { Scope } from '../../../src/http/scopes.ts';
import { listen } from '../../../src/http/server.ts';
import { makeLog } from '../../../src/log.ts';
import { Bridge } from '../../../src/service/bridge.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import type { WorkQueue } from '../../../src/service/ports/work-queue.ts';
import { Tokens } from '../../../src/service/tokens/tokens.ts';
import { SAMPLE_AT, SAMPLE_HCODE } from '../../support/samples.ts';

export const OTHER_HCODE = '11111';

const CONFIG = parseConfig(
  {
    sites: [SAMPLE_HCODE, OTHER_HCODE].map((hcode) => ({
      hcode,
      his: { kind: 'hosxp', url: 'mysql://nobody@127.0.0.1:1/hos' },
      stations: [
        { id: 'counter-1', agentUrl: 'http://127.0.0.1:1' },
        { id: 'counter-2', agentUrl: 'http://127.0.0.1:1' },
      ],
    })),
  },
  {},
);

export interface TestHouse {
  url: string;
  ledger: Ledger;
  parts: HttpParts;
  routes: ReturnType<typeof routesOf>;
  app: ReturnType<typeof makeApp>;
  /** Everything that was logged. */
  logged(): string;
  /** Moves the house's clock. */
  wait(ms: number): void;
  /** A key's text. */
  key(
    scopes: readonly Scope[],
    bound?: { hcode?: string; stationId?: string; name?: string },
  ): Promise<string>;
  put(...cases: Case[]): Promise<void>;
  /** One request; `body` is sent as JSON. */
  ask(method: string, path: string, options?: Ask): Promise<Answer>;
  close(): Promise<void>;
}

export interface Ask {
  key?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  json: any;
}

export async function openHouse(
  { store = 'sqlite::memory:', ...more }: Partial<HttpParts> & { store?: string } = {},
  fhir?: (parts: HttpParts) => Router,
): Promise<TestHouse> {
  let now = SAMPLE_AT + 10 * 60_000;
  const clock = { now: () => now };
  const lines: string[] = [];
  const log = makeLog({ level: 'debug', destination: { write: (line) => lines.push(line) } });
  const ledger = await openLedger(store);
  await ledger.migrate();
  const queue = queueThatIsAway();
  const sites = CONFIG.sites.map(({ hcode, his, nhso, requires, stations }) => ({
    hcode,
    name: '',
    policy: { requirement: requires, claimType: { default: nhso.defaultClaimType, rules: [] } },
    his: openHis({ ...his, hcode, log }),
    stations: stations.map(({ id, agentUrl }) => ({
      id,
      agent: openAgent({ url: agentUrl, hcode, zone: 'test', timeouts: nhso.timeouts }),
    })),
    authenStatus: null,
    rightSearch: null,
    settings: {
      pollMs: 1000,
      quietHours: null,
      overlapMs: 1000,
      digestMs: 1000,
      catchUpDays: 7,
      confirmTimeoutMs: 1000,
      settleMs: 1000,
      offlineLookupMs: 1000,
      callBack: { afterMs: 1_800_000, at: '15:00' },
      breakerFailures: 3,
      probeMs: 1000,
      ratePerSecond: 0,
      rightsAfterMs: 900_000,
      rightsPerSecond: 2,
      openingTime: nhso.openingTime,
      reconcile: { at: [], days: 7, ratePerSecond: 100 },
    },
    tokenSources: [],
  }));
  const metrics = makeMetrics({ ledger, clock, sites, queue });
  const own = { ledger, queue, clock, log, metrics, sites: new Map(sites.map((s) => [s.hcode, s])) };
  const house = { ...own, tokens: new Tokens(own) };
  const api = new Bridge(house, { onStuck: () => undefined });
  const parts: HttpParts = { api, ledger, clock, log, sites, metrics, ...more };
  if (fhir !== undefined) parts.fhir = fhir(parts);
  const app = makeApp(parts);
  const server = await listen(app, { host: '127.0.0.1', port: 0 });

  return {
    url: server.url,
    ledger,
    parts,
    routes: routesOf(parts),
    app,
    logged: () => lines.join(''),
    wait(ms) {
      now += ms;
    },
    async key(scopes, { hcode = null, stationId = null, name = 'a test' } = {} as never) {
      const { id, text, hash } = makeKey();
      await ledger.addKey({ id, name, hash, scopes, hcode, stationId, createdAt: now, revokedAt: null });
      return text;
    },
    put: (...cases) => ledger.commit(cases.map((next) => ({ next, from: null, history: [] }))),
    ask: (method, path, options) => ask(`${server.url}${path}`, method, options),
    async close() {
      await server.close(0);
      await api.stop(0);
      for (const site of sites) {
        await site.his.close();
        for (const { agent } of site.stations) await agent.close();
      }
      await ledger.close();
    },
  };
}

/** A queue that is away. What must be done stays in the ledger's outbox, and no answer over HTTP waits for it. */
function queueThatIsAway(): WorkQueue {
  const away = () =>
    Promise.reject(new BridgeError('queue-unavailable', 'the queue is away', { retry: 'yes' }));
  return {
    ...{ add: away, start: away, counts: away, oldestWaitMs: away, check: away },
    close: () => Promise.resolve(),
  };
}

async function ask(url: string, method: string, { key, body, headers }: Ask = {}): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson && text !== '' ? JSON.parse(text) : undefined,
  };
}
