/** What a run needs, over the real adapters: for the tests, and for the processes that they kill. */

import { openHis } from '../../../adapters/his/registry.ts';
import type { PgliteLike } from '../../../adapters/his/sql/pglite.ts';
import { openAgent } from '../../../adapters/nhso/agent.ts';
import { openTokenSources } from '../../../adapters/nhso/tokens/open.ts';
import { openAuthenStatusOf } from '../../../adapters/nhso/web/registry.ts';
import { openLedger } from '../../../db/open-ledger.ts';
import { CANCELLED_STATUS } from '../../../simulators/his/hosxp/sample-day.ts';
import { DEFAULT_POLICY } from '../../../src/domain/requirement.ts';
import { NhsoLine } from '../../../src/service/nhso-line.ts';
import type { Clock } from '../../../src/service/ports/clock.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import type { Log } from '../../../src/service/ports/log.ts';
import { nightTools } from '../../../src/service/reconcile/night-tools.ts';
import { Reconcile } from '../../../src/service/reconcile/reconcile.ts';
import type { NightTimes, NightTools } from '../../../src/service/reconcile/tools.ts';
import type { House, Site } from '../../../src/service/site.ts';
import { Tokens } from '../../../src/service/tokens/tokens.ts';
import { hisOptions } from '../../adapters/his/hosxp/support.ts';
import { SAMPLE_HCODE } from '../../support/samples.ts';
import { HandQueue } from '../support/hand-queue.ts';
import { quietLog, silentMetrics } from '../support/quiet.ts';

export interface PartsOptions {
  store: string;
  keyFile: string;
  hisUrl: string;
  pglite: PgliteLike | null;
  agentUrls: readonly string[];
  statusUrl: string | null;
  serviceToken: string | null;
  ratePerSecond: number;
  at: readonly string[];
  clock: Clock;
  times?: Partial<NightTimes> | undefined;
  log?: Log | undefined;
}

export interface Parts {
  ledger: Ledger;
  site: Site;
  tools: NightTools;
  reconcile: Reconcile;
  close(): Promise<void>;
}

export async function openParts(options: PartsOptions): Promise<Parts> {
  const { clock, pglite } = options;
  const hcode = SAMPLE_HCODE;
  const ledger = await openLedger(options.store, { secrets: { keyFile: options.keyFile } });
  await ledger.migrate();
  const his = openHis({
    ...hisOptions({ url: options.hisUrl }),
    ...(pglite === null ? {} : { pglite }),
    cancelledStatuses: [CANCELLED_STATUS],
  });
  const timeouts = { terminalsMs: 1_000, readMs: 2_000, draftMs: 2_000, confirmMs: 2_000, lookupMs: 20_000 };
  const nhso = {
    ...{ zone: 'test' as const, timeouts, srmRefreshUrl: 'http://127.0.0.1:9/' },
    ...(options.statusUrl === null ? {} : { authenStatusUrl: options.statusUrl }),
    ...(options.serviceToken === null ? {} : { serviceToken: options.serviceToken }),
  };
  const site: Site = {
    ...{ hcode, name: '', his, rightSearch: null },
    policy: { requirement: DEFAULT_POLICY, claimType: { default: 'PG0060001', rules: [] } },
    stations: options.agentUrls.map((url, i) => ({
      id: `counter-${i + 1}`,
      agent: openAgent({ url, hcode, zone: 'test', timeouts }),
    })),
    authenStatus: openAuthenStatusOf(nhso),
    tokenSources: openTokenSources(nhso, clock.now),
    settings: {
      ...{
        pollMs: 1_000,
        quietHours: null,
        overlapMs: 15 * 60_000,
        digestMs: 5_000,
        catchUpDays: 7,
        confirmTimeoutMs: 700,
      },
      ...{
        settleMs: 20_000,
        offlineLookupMs: 600_000,
        callBack: { afterMs: 1_800_000, at: '15:00' },
        breakerFailures: 3,
        probeMs: 60_000,
        ratePerSecond: 0,
      },
      ...{ openingTime: '07:00', rightsAfterMs: 900_000, rightsPerSecond: 2 },
      reconcile: { at: options.at, days: 7, ratePerSecond: options.ratePerSecond },
    },
  };
  const parts = {
    ...{ ledger, clock, queue: new HandQueue(clock), log: options.log ?? quietLog, metrics: silentMetrics },
    sites: new Map([[hcode, site]]),
  };
  const house: House = { ...parts, tokens: new Tokens(parts) };
  const line = new NhsoLine(site, house, () => undefined);
  const tools: NightTools = {
    ...nightTools(house, { line: () => line, gap: () => null, kick: () => undefined }),
    times: { leaseMs: 3_000, pauseMs: 50, ...options.times },
  };
  return {
    ...{ ledger, site, tools, reconcile: new Reconcile(tools) },
    async close() {
      await house.tokens.stop();
      await site.authenStatus?.close();
      for (const station of site.stations) await station.agent.close();
      await his.close();
      await ledger.close();
    },
  };
}
