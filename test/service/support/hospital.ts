/**
 * A hospital for the tests of the service: a HOSxP (on in-process PostgreSQL, or a server's) behind the real adapter, the NHSO agent
 * simulator behind the real adapter, a ledger in a file, a clock that is set by hand, and bridges on top.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PGlite } from '@electric-sql/pglite';
import { expect } from 'vitest';
import { openHis } from '../../../adapters/his/registry.ts';
import { openAgent } from '../../../adapters/nhso/agent.ts';
import { openLedger } from '../../../db/open-ledger.ts';
import { CANCELLED_STATUS } from '../../../simulators/his/hosxp/sample-day.ts';
import { plainPerson, type SamplePerson } from '../../../simulators/his/hosxp/sample-people.ts';
import { createSchema, seedReferenceData } from '../../../simulators/his/hosxp/schema.ts';
import { codeOf, insertPeople, insertVisit, type NewVisit } from '../../../simulators/his/hosxp/visits.ts';
import { openSimDb, type SimDb, simDbOver } from '../../../simulators/his/sim-db.ts';
import type { AgentControl } from '../../../simulators/nhso-agent/control.ts';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { bangkokIso } from '../../../src/domain/bangkok.ts';
import type { Case } from '../../../src/domain/case.ts';
import { DEFAULT_POLICY } from '../../../src/domain/requirement.ts';
import { Bridge } from '../../../src/service/bridge.ts';
import type { CardReadReceipt } from '../../../src/service/bridge-api.ts';
import type { HisAdapter } from '../../../src/service/ports/his.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import type { Log } from '../../../src/service/ports/log.ts';
import type { TokenSource } from '../../../src/service/ports/tokens.ts';
import type { House, Site, SiteSettings, Station } from '../../../src/service/site.ts';
import { Tokens } from '../../../src/service/tokens/tokens.ts';
import { hisOptions } from '../../adapters/his/hosxp/support.ts';
import { freshPglite } from '../../support/pglite.ts';
import { SAMPLE_AT } from '../../support/samples.ts';
import { HandQueue } from './hand-queue.ts';
import { citizenIdOf, quietLog, silentMetrics } from './quiet.ts';

const HCODE = '10978';
const STATION = 'counter-1';
const SECOND_STATION = 'counter-2';
export const ACTOR = { name: 'key:staff' };
export const CONFIRM_TIMEOUT_MS = 700;

const TIMEOUTS = { terminalsMs: 1_000, readMs: 2_000, draftMs: 2_000, lookupMs: 2_000 };

/** The HIS, once for a test file: PostgreSQL in the process takes seconds to start. */
export class HisOfTheFile {
  /** Null: on a server. */
  readonly pglite: PGlite | null;
  readonly db: SimDb;
  readonly url: string;
  isDown = false;
  /** The next UPDATE is done, then the connection breaks. */
  losesNextAnswer = false;

  private constructor(db: SimDb, url: string, pglite: PGlite | null) {
    this.pglite = pglite;
    this.db = db;
    this.url = url;
  }

  static async start(): Promise<HisOfTheFile> {
    const pglite = await freshPglite();
    return HisOfTheFile.#filled(new HisOfTheFile(simDbOver(pglite), 'pglite:', pglite));
  }

  /** On an empty database of a server; the tests cannot break the line to it. */
  static async on(url: string): Promise<HisOfTheFile> {
    return HisOfTheFile.#filled(new HisOfTheFile(await openSimDb(url), url, null));
  }

  static async #filled(his: HisOfTheFile): Promise<HisOfTheFile> {
    await createSchema(his.db);
    await seedReferenceData(his.db, { hcode: HCODE, hospitalName: 'โรงพยาบาลสมมุติ' });
    return his;
  }

  async empty(): Promise<void> {
    this.isDown = false;
    this.losesNextAnswer = false;
    for (const table of ['ovst', 'visit_pttype', 'vn_stat', 'authenhos', 'patient']) {
      await this.db.exec(`DELETE FROM ${table}`);
    }
  }

  /** As the adapter sees it: with the line to it. */
  readonly line = {
    query: async (sql: string, params?: unknown[]): Promise<{ rows: unknown[]; affectedRows?: number }> => {
      const broken = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      if (this.isDown) throw broken;
      if (this.pglite === null) throw new TypeError('on a server there is no line to break');
      const answer = await this.pglite.query(sql, params);
      if (this.losesNextAnswer && /^\s*update/i.test(sql)) {
        this.losesNextAnswer = false;
        throw broken;
      }
      return answer;
    },
  };

  async close(): Promise<void> {
    await this.db.close();
    await this.pglite?.close();
  }
}

export interface Hospital {
  his: HisOfTheFile;
  /** NHSO, and the agent at the counter where the cards are read. */
  nhso: AgentControl;
  /** The agent at the second counter, where there is one. */
  neighbour: NhsoAgentSimulator | null;
  queue: HandQueue;
  ledger: Ledger;
  bridge: Bridge;
  readonly now: number;
  /** Time passes, for the bridge and for NHSO. */
  pass(ms: number): void;
  visit(n: number, more?: Partial<NewVisit & SamplePerson>): Promise<string>;
  card(n: number, kind?: 'full' | 'card-only', offers?: readonly string[]): Promise<CardReadReceipt>;
  poll(): Promise<void>;
  /** Does all work that is due, and what follows from it. */
  work(): Promise<void>;
  /** Lets time pass until the case's next step is due, and does it. */
  workOn(vn: string): Promise<Case>;
  case(vn: string): Promise<Case>;
  /** What the HIS holds. */
  code(vn: string): Promise<string | null>;
  events(vn: string): Promise<string[]>;
  /** Confirms that reached NHSO, whatever became of their answers. */
  confirms(n: number): number;
  /** Another bridge beside the first, on the same ledger (its file opened anew) and the same queue. */
  anotherBridge(): Promise<{ bridge: Bridge; ledger: Ledger }>;
  /** The bridge dies as it stands: what it has in hand reaches the ledger no more. Another one starts. */
  killAndStart(): Promise<void>;
  close(): Promise<void>;
}

export interface HospitalOptions {
  /** A ledger elsewhere than in a file of the hospital's own. */
  store?: string;
  settings?: Partial<SiteSettings>;
  log?: Log;
  tokenSources?: readonly TokenSource[];
  /** Gives the counter a neighbour, with an agent of its own. */
  hasSecondCounter?: boolean;
}

export async function openHospital(his: HisOfTheFile, options: HospitalOptions = {}): Promise<Hospital> {
  await his.empty();
  let now = SAMPLE_AT;
  const clock = { now: () => now };
  const folder = await mkdtemp(join(tmpdir(), 'authen-bridge-service-'));
  const agent = await startNhsoAgent({ hcode: HCODE });
  const { centre } = agent.control;
  const agents = options.hasSecondCounter ? [agent, await startNhsoAgent({ hcode: HCODE, centre })] : [agent];
  agent.control.clockOffset(now - Date.now());
  const queue = new HandQueue(clock);
  const known = new Set<number>();
  const opened: { ledger: Ledger; adapter: HisAdapter; bridge: Bridge; stations: readonly Station[] }[] = [];

  async function open(): Promise<{ bridge: Bridge; ledger: Ledger }> {
    const ledger = await openLedger(options.store ?? `sqlite:${join(folder, 'bridge.db')}`, {
      secrets: { keyFile: join(folder, 'secret.key') },
    });
    await ledger.migrate();
    const adapter = openHis({
      ...hisOptions({ url: his.url }),
      ...(his.pglite === null ? {} : { pglite: his.line }),
      cancelledStatuses: [CANCELLED_STATUS],
    });
    const timeouts = { ...TIMEOUTS, confirmMs: CONFIRM_TIMEOUT_MS };
    const stations = agents.map(({ url }, i) => ({
      id: i === 0 ? STATION : SECOND_STATION,
      agent: openAgent({ url, hcode: HCODE, zone: 'test', timeouts }),
    }));
    const site: Site = {
      hcode: HCODE,
      name: '',
      policy: { requirement: DEFAULT_POLICY, claimType: { default: 'PG0060001', rules: [] } },
      his: adapter,
      stations,
      authenStatus: null,
      rightSearch: null,
      tokenSources: options.tokenSources ?? [],
      settings: {
        pollMs: 1_000,
        quietHours: null,
        overlapMs: 15 * 60_000,
        digestMs: 5_000,
        catchUpDays: 7,
        confirmTimeoutMs: CONFIRM_TIMEOUT_MS,
        settleMs: 20_000,
        offlineLookupMs: 600_000,
        callBack: { afterMs: 1_800_000, at: '15:00' },
        breakerFailures: 3,
        probeMs: 60_000,
        ratePerSecond: 0,
        rightsAfterMs: 900_000,
        rightsPerSecond: 2,
        photoDays: 30,
        openingTime: '07:00',
        reconcile: { at: [], days: 7, ratePerSecond: 100 },
        ...options.settings,
      },
    };
    const parts = {
      ...{ ledger, queue, clock, log: options.log ?? quietLog, metrics: silentMetrics },
      sites: new Map([[HCODE, site]]),
    };
    const house: House = { ...parts, tokens: new Tokens(parts) };
    const bridge = new Bridge(house, {
      onStuck: () => undefined,
      polls: { placeMs: Number.POSITIVE_INFINITY },
    });
    await bridge.start();
    opened.push({ ledger, adapter, bridge, stations });
    return { bridge, ledger };
  }

  let { ledger, bridge } = await open();
  const key = (vn: string) => ({ hcode: HCODE, vn });

  const hospital: Hospital = {
    ...{ his, nhso: agent.control, neighbour: agents[1] ?? null, queue },
    get ledger() {
      return ledger;
    },
    get bridge() {
      return bridge;
    },
    get now() {
      return now;
    },
    pass(ms) {
      now += ms;
      agent.control.clockOffset(now - Date.now());
    },
    async visit(n, more = {}) {
      if (!known.has(n)) await insertPeople(his.db, [{ ...plainPerson(n), ...more }]);
      known.add(n);
      return insertVisit(his.db, { at: now, ...more, hn: plainPerson(n).hn });
    },
    async card(n, kind = 'full', offers = []) {
      const pid = citizenIdOf(n);
      const correlationId =
        kind === 'full' ? String(agent.control.centre.read(pid, HCODE).correlationId) : null;
      const id = crypto.randomUUID();
      const at = { readAt: bangkokIso(now), hcode: HCODE, stationId: STATION };
      const claimTypes = offers.map((claimType) => ({ claimType, claimTypeName: null }));
      return bridge.acceptCardRead({ id, pid, kind, correlationId, claimTypes, ...at });
    },
    poll: () => queue.tick('poll'),
    async work() {
      for (let round = 0; round < 200; round++) {
        // the outbox is emptied beside the work
        while (!queue.isAway && (await ledger.outbox(1)).length > 0) await sleep(2);
        if ((await queue.work()) === 0 && (await ledger.outbox(1)).length === 0) return;
      }
      throw new Error('the work does not end');
    },
    async workOn(vn) {
      const { dueAt } = await hospital.case(vn);
      if (dueAt !== null && dueAt > now) hospital.pass(dueAt - now);
      await queue.tick('keep-house');
      await hospital.work();
      return hospital.case(vn);
    },
    async case(vn) {
      const found = await ledger.case(key(vn));
      if (found === null) throw new Error(`no case ${vn}`);
      return found;
    },
    code: (vn) => codeOf(his.db, vn),
    events: async (vn) => (await ledger.history(key(vn))).map((h) => h.event),
    confirms: (n) => agent.control.requests({ call: 'confirm-save', pid: citizenIdOf(n) }).length,
    anotherBridge: open,
    async killAndStart() {
      queue.forgetBridges();
      await ledger.close();
      ({ ledger, bridge } = await open());
    },
    async close() {
      for (const one of opened) await one.bridge.stop(0);
      for (const one of agents) await one.close();
      for (const one of opened) {
        for (const station of one.stations) await station.agent.close();
        await one.adapter.close();
        await one.ledger.close();
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
  return hospital;
}

/** The case's history explains it: each line goes on where the one before ended. */
export async function expectHistoryExplains(hospital: Hospital, vn: string): Promise<void> {
  const lines = await hospital.ledger.history({ hcode: HCODE, vn });
  lines.forEach((line, i) => {
    expect(line.fromState).toBe(lines[i - 1]?.toState ?? null);
  });
  expect(lines.at(-1)?.toState).toBe((await hospital.case(vn)).state);
}
