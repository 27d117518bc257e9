/**
 * A hospital at night, for the tests of the reconciliation: a HOSxP behind its real adapter, NHSO's agent and web services as
 * simulators over HTTP behind theirs, a ledger, a clock that is set by hand. No bridge: what a run does, it does alone.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plainPerson, type SamplePerson } from '../../../simulators/his/hosxp/sample-people.ts';
import { codeOf, insertPeople, insertVisit, type NewVisit } from '../../../simulators/his/hosxp/visits.ts';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { type NhsoWebSimulator, startNhsoWeb } from '../../../simulators/nhso-web/start.ts';
import { DAY_MS, endOfServiceDate, type Instant } from '../../../src/domain/bangkok.ts';
import type { Case } from '../../../src/domain/case.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import type { Log } from '../../../src/service/ports/log.ts';
import type { Reconciliation, ReconciliationItem } from '../../../src/service/ports/reconciliations.ts';
import { everyItem } from '../../../src/service/reconcile/items.ts';
import type { Reconcile } from '../../../src/service/reconcile/reconcile.ts';
import type { NightTimes, NightTools, RunOptions } from '../../../src/service/reconcile/tools.ts';
import { SAMPLE_DATE, SAMPLE_HCODE } from '../../support/samples.ts';
import type { HisOfTheFile } from '../support/hospital.ts';
import { citizenIdOf } from '../support/quiet.ts';
import { openParts } from './night-parts.ts';

const HCODE = SAMPLE_HCODE;

export interface NightOptions {
  store?: string;
  ratePerSecond?: number;
  at?: readonly string[];
  /** False: check-authen-status is not configured. */
  hasStatus?: boolean;
  /** Another than the hospital's own, or none. */
  serviceToken?: string | null;
  times?: Partial<NightTimes>;
  log?: Log;
}

export interface NightHospital {
  his: HisOfTheFile;
  agent: NhsoAgentSimulator;
  web: NhsoWebSimulator;
  ledger: Ledger;
  tools: NightTools;
  reconcile: Reconcile;
  readonly now: Instant;
  setClock(now: Instant): void;
  /** A plain person's visit at so many hours of the sample day. */
  visit(n: number, hours: number, more?: Partial<NewVisit & SamplePerson>): Promise<string>;
  /** NHSO has issued a code to that person on the sample day, by LINE or elsewhere. */
  issue(n: number, hours: number, more?: { hcode?: string; claimType?: string; kind?: 'PP' | 'EP' }): string;
  run(options?: Partial<RunOptions>): Promise<Reconciliation>;
  items(run: Reconciliation): Promise<ReconciliationItem[]>;
  /** By visit number. */
  outcomes(run: Reconciliation): Promise<Record<string, string>>;
  case(vn: string): Promise<Case>;
  code(vn: string): Promise<string | null>;
  calls(): { status: number; agent: number };
  close(): Promise<void>;
}

export const hour = (hours: number): Instant => endOfServiceDate(SAMPLE_DATE) - DAY_MS + hours * 3_600_000;
/** Half past midnight, after the sample day. */
export const NIGHT = hour(24.5);

export async function openNight(his: HisOfTheFile, options: NightOptions = {}): Promise<NightHospital> {
  await his.empty();
  let now = NIGHT;
  const clock = { now: () => now };
  const folder = await mkdtemp(join(tmpdir(), 'authen-bridge-night-'));
  const agent = await startNhsoAgent({ hcode: HCODE });
  const { centre } = agent.control;
  const web = await startNhsoWeb({ hcode: HCODE, centre });
  const setClock = (to: Instant): void => {
    now = to;
    centre.clockOffsetMs = now - Date.now();
  };
  setClock(NIGHT);
  const token = options.serviceToken === undefined ? web.hospitalToken : options.serviceToken;
  const parts = await openParts({
    ...{ store: options.store ?? `sqlite:${join(folder, 'bridge.db')}`, keyFile: join(folder, 'secret.key') },
    ...{ hisUrl: his.url, pglite: his.pglite === null ? null : his.line, agentUrls: [agent.url] },
    ...{ statusUrl: (options.hasStatus ?? true) ? web.urls.authenStatus : null, serviceToken: token },
    ...{ ratePerSecond: options.ratePerSecond ?? 1_000, at: options.at ?? [], clock },
    ...{ times: options.times, log: options.log },
  });
  const { ledger, tools, reconcile } = parts;
  const known = new Set<number>();

  const hospital: NightHospital = {
    ...{ his, agent, web, ledger, tools, reconcile, setClock },
    get now() {
      return now;
    },
    async visit(n, hours, more = {}) {
      if (!known.has(n)) await insertPeople(his.db, [{ ...plainPerson(n), ...more }]);
      known.add(n);
      return insertVisit(his.db, { at: hour(hours), ...more, hn: plainPerson(n).hn });
    },
    issue: (n, hours, more = {}) =>
      centre.issue({ pid: citizenIdOf(n), hcode: HCODE, channel: 'line', issuedAt: hour(hours), ...more })
        .claimCode,
    run: (more = {}) =>
      reconcile.run({
        ...{ hcode: HCODE, serviceDate: SAMPLE_DATE, dryRun: false, resume: false, startedBy: 'cli:somchai' },
        ...more,
      }),
    async items(run) {
      const items: ReconciliationItem[] = [];
      for await (const item of everyItem(ledger, run.id)) items.push(item);
      return items;
    },
    outcomes: async (run) =>
      Object.fromEntries((await hospital.items(run)).map((item) => [item.vn, item.outcome])),
    async case(vn) {
      const found = await ledger.case({ hcode: HCODE, vn });
      if (found === null) throw new Error(`no case ${vn}`);
      return found;
    },
    code: (vn) => codeOf(his.db, vn),
    calls: () => ({
      status: web.control.requests({ call: 'check-authen-status' }).length,
      agent: agent.control.requests().filter((r) => r.call.startsWith('latest')).length,
    }),
    async close() {
      await parts.close();
      await agent.close();
      await web.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return hospital;
}
