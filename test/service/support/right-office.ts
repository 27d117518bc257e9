/**
 * A bridge for rights without a card: its ledger in a file, the files of tokens that NHSO's own programs write, NHSO's web services in
 * miniature behind the real adapters, and a clock that is set by hand. Its HIS is an address where nobody listens; the tests put
 * the visits into the ledger.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openHis } from '../../../adapters/his/registry.ts';
import { openTokenSources } from '../../../adapters/nhso/tokens/open.ts';
import { openRightSearch } from '../../../adapters/nhso/web/registry.ts';
import { openLedger } from '../../../db/open-ledger.ts';
import type { Outcome } from '../../../simulators/common/journal.ts';
import type { WebCall } from '../../../simulators/nhso-web/calls.ts';
import type { WebControl } from '../../../simulators/nhso-web/control.ts';
import { startNhsoWeb } from '../../../simulators/nhso-web/start.ts';
import { serviceDateOf } from '../../../src/domain/bangkok.ts';
import type { Case } from '../../../src/domain/case.ts';
import type { FoundRight, RightSource } from '../../../src/domain/found-right.ts';
import { DEFAULT_POLICY } from '../../../src/domain/requirement.ts';
import { Bridge } from '../../../src/service/bridge.ts';
import type { DuePerson } from '../../../src/service/ports/found-rights.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import type { Log } from '../../../src/service/ports/log.ts';
import type { Site, SiteSettings } from '../../../src/service/site.ts';
import { Tokens } from '../../../src/service/tokens/tokens.ts';
import { hisOptions } from '../../adapters/his/hosxp/support.ts';
import { created } from '../../db/contract/changes.ts';
import { SAMPLE_AT, SAMPLE_HCODE, sampleCitizenId } from '../../support/samples.ts';
import { HandQueue } from './hand-queue.ts';
import { quietLog, silentMetrics } from './quiet.ts';

const STAFF = sampleCitizenId(900);
const MINUTE_MS = 60_000;
const SETTINGS: SiteSettings = {
  pollMs: 60_000,
  quietHours: null,
  overlapMs: 60_000,
  digestMs: 60_000,
  catchUpDays: 1,
  confirmTimeoutMs: 1_000,
  settleMs: 1_000,
  offlineLookupMs: 60_000,
  callBack: { afterMs: 1_800_000, at: '15:00' },
  breakerFailures: 3,
  probeMs: MINUTE_MS,
  ratePerSecond: 0,
  rightsAfterMs: 15 * MINUTE_MS,
  rightsPerSecond: 50,
  photoDays: 30,
  openingTime: '07:00',
  reconcile: { at: [], days: 7, ratePerSecond: 100 },
};

export interface RightOffice {
  nhso: WebControl;
  readonly ledger: Ledger;
  readonly now: number;
  pass(ms: number): void;
  /** A member of staff logs in: the token's file is there, and the bridge has it. */
  logIn(): Promise<void>;
  /** Whoever is logged in loses the token, NHSO's clearing or another log-in: the file stays as it was. */
  killToken(): void;
  /** One turn of the schedule. */
  run(): Promise<void>;
  /** What is under way ends early, as when the process is told to stop. */
  stop(): Promise<void>;
  /** The process ends and another one starts on the same file. */
  restart(): Promise<void>;
  /** Visits that have waited for an hour; of one person each unless the overrides name another. */
  visits(...cases: Partial<Case>[]): Promise<void>;
  case(vn: string): Promise<Case>;
  found(n: number): Promise<FoundRight | undefined>;
  due(): Promise<DuePerson[]>;
  /** The numbers of the sample people that NHSO was asked for, in their order; null where it did not look. */
  asked(outcome?: Outcome): (number | null)[];
  /** When each was asked for, ms. */
  askedAt(): number[];
  call: WebCall;
  close(): Promise<void>;
}

export interface OfficeOptions {
  settings?: Partial<SiteSettings>;
  log?: Log;
  /** A member of staff has logged in before the bridge starts: it finds the token at its first look, not seconds later. */
  isLoggedIn?: boolean;
}

export async function openRightOffice(
  source: RightSource,
  options: OfficeOptions = {},
): Promise<RightOffice> {
  let now = SAMPLE_AT + 60 * MINUTE_MS;
  const clock = { now: () => now };
  const folder = await mkdtemp(join(tmpdir(), 'authen-bridge-rights-'));
  const tokenFile = join(folder, source === 'ucws' ? 'nhso_token.txt' : 'token.txt');
  const web = await startNhsoWeb({ hcode: SAMPLE_HCODE });
  const call = source === 'ucws' ? 'searchCurrentByPID' : 'right-search';
  const kind = source === 'ucws' ? 'uc' : 'srm';
  const log = options.log ?? quietLog;
  web.control.clockOffset(now - Date.now());

  const open = async () => {
    const ledger = await openLedger(`sqlite:${join(folder, 'bridge.db')}`, {
      secrets: { keyFile: join(folder, 'secret.key') },
    });
    await ledger.migrate();
    const search = openRightSearch({
      zone: 'test',
      timeouts: { lookupMs: 20_000 },
      rights: { source, url: source === 'ucws' ? web.urls.ucws : web.urls.rightSearch },
    });
    if (search === null) throw new Error('a right search is configured');
    const his = openHis(hisOptions({ url: 'mysql://nobody@127.0.0.1:1/hos' }));
    const site: Site = {
      ...{ hcode: SAMPLE_HCODE, name: '', his, stations: [], authenStatus: null, rightSearch: search },
      policy: { requirement: DEFAULT_POLICY, claimType: { default: 'PG0060001', rules: [] } },
      tokenSources: openTokenSources(
        {
          [source === 'ucws' ? 'ucTokenFile' : 'srmTokenFile']: tokenFile,
          srmRefreshUrl: web.urls.srmRefresh,
        },
        clock.now,
      ),
      settings: { ...SETTINGS, ...options.settings },
    };
    const queue = new HandQueue(clock);
    const parts = {
      ledger,
      queue,
      clock,
      log,
      metrics: silentMetrics,
      sites: new Map([[SAMPLE_HCODE, site]]),
    };
    const tokens = new Tokens(parts);
    const bridge = new Bridge({ ...parts, tokens }, { onStuck: () => undefined });
    await bridge.start();
    const end = async () => {
      await bridge.stop(0);
      await search.close();
      await his.close();
      await ledger.close();
    };
    return { ledger, tokens, queue, bridge, end };
  };

  const login = async (): Promise<void> => {
    await web.control.staffLogsIn({
      account: STAFF,
      ...(source === 'ucws' ? { ucTokenFile: tokenFile } : { srmTokenFile: tokenFile }),
    });
  };

  if (options.isLoggedIn === true) await login();
  let process = await open();
  const gateOpens = (): Promise<void> =>
    expect
      .poll(() => process.tokens.isOpen(SAMPLE_HCODE, kind), { timeout: 30_000, interval: 50 })
      .toBe(true);
  if (options.isLoggedIn === true) await gateOpens();
  return {
    ...{ nhso: web.control, call },
    get ledger() {
      return process.ledger;
    },
    get now() {
      return now;
    },
    pass(ms) {
      now += ms;
      web.control.clockOffset(now - Date.now());
    },
    async logIn() {
      await login();
      await gateOpens();
    },
    killToken() {
      web.control.killToken(kind, STAFF);
      if (kind === 'srm') web.control.killToken('srm-refresh', STAFF);
    },
    run: () => process.queue.tick('rights'),
    stop: () => process.bridge.stop(0),
    async restart() {
      await process.end();
      process = await open();
    },
    visits: (...cases) =>
      process.ledger.commit(
        cases.map((c, i) => created({ vn: String(i + 1), pid: sampleCitizenId(i + 1), ...c })),
      ),
    async case(vn) {
      const found = await process.ledger.case({ hcode: SAMPLE_HCODE, vn });
      if (found === null) throw new Error(`no case ${vn}`);
      return found;
    },
    async found(n) {
      const person = { hcode: SAMPLE_HCODE, pid: sampleCitizenId(n), serviceDate: serviceDateOf(now) };
      return (await process.ledger.rights.find([person]))[0];
    },
    due: () =>
      process.ledger.rights.due({
        ...{ hcode: SAMPLE_HCODE, serviceDate: serviceDateOf(now), limit: 1_000 },
        ...{ now, knownSince: now - SETTINGS.rightsAfterMs },
      }),
    asked: (outcome) =>
      web.control
        .requests({ call, ...(outcome === undefined ? {} : { outcome }) })
        .map(({ pid }) => (pid === null ? null : Number(pid.slice(2, -1)))),
    askedAt: () => web.control.requests({ call }).map((r) => Date.parse(r.at)),
    async close() {
      await process.end();
      await web.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
