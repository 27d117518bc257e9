/**
 * A hospital for the tests of the drop-in agent API: a real agent simulator behind the real adapter, a real ledger, the bridge and its
 * HTTP face, all at the real time of day with short times. Its HIS keeps to the port and holds its visits in memory; its queue
 * works by itself. Whoever calls the door speaks HTTP.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openAgent } from '../../../adapters/nhso/agent.ts';
import { NhsoHttp } from '../../../adapters/nhso/http.ts';
import { openCarriedAgent } from '../../../adapters/nhso/line/carried-agent.ts';
import { keepLine } from '../../../adapters/nhso/line/dial.ts';
import { Lines } from '../../../adapters/nhso/line/lines.ts';
import { openLedger } from '../../../db/open-ledger.ts';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { serviceDateOf } from '../../../src/domain/bangkok.ts';
import type { Case } from '../../../src/domain/case.ts';
import { DEFAULT_POLICY } from '../../../src/domain/requirement.ts';
import { makeKey } from '../../../src/http/api-key.ts';
import { makeApp } from '../../../src/http/app.ts';
import { makeMetrics } from '../../../src/http/metrics.ts';
import { AGENT_LINE_PATH } from '../../../src/http/routes/agent-line.ts';
import type { Scope } from '../../../src/http/scopes.ts';
import { type Listening, listen } from '../../../src/http/server.ts';
import { makeLog } from '../../../src/log.ts';
import { Bridge } from '../../../src/service/bridge.ts';
import type { WriteBackOutcome, WriteBackRequest } from '../../../src/service/ports/his.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import type { Site, SiteSettings } from '../../../src/service/site.ts';
import { Tokens } from '../../../src/service/tokens/tokens.ts';
import { awayFromMidnightMs } from '../../support/away-from-midnight.ts';
import { SAMPLE_HCODE, sampleCitizenId, sampleVisit } from '../../support/samples.ts';
import { HandHis } from '../support/hand-his.ts';
import { HandQueue } from '../support/hand-queue.ts';

export const STATIONS = ['counter-1', 'counter-2'] as const;

/** Its column takes a code while it is empty. */
class DoorHis extends HandHis {
  override async writeBack({ vn, claimCode }: WriteBackRequest): Promise<WriteBackOutcome> {
    const visit = this.visits.find((v) => v.vn === vn);
    if (visit === undefined) return { kind: 'no-visit' };
    if (visit.code !== null)
      return visit.code === claimCode ? { kind: 'already' } : { kind: 'occupied', holds: visit.code };
    visit.code = claimCode;
    return { kind: 'written', row: { vn }, previous: null };
  }
}

export interface DoorHouseOptions {
  store?: string;
  /** Bridges on the one ledger; 1 when left out. */
  bridges?: number;
  settings?: Partial<SiteSettings>;
  zone?: 'test' | 'prod';
  timeouts?: { confirmMs?: number; readMs?: number };
  /** The agent of the first station is reached over the line of its reader worker. */
  isCarried?: boolean;
  /** The bridges listen, as they do before they begin, and begin with {@link DoorHouse.begin}. */
  isEarly?: boolean;
}

export interface Told {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  json: any;
}

/** One bridge process, as far as a test can kill it. */
interface Running {
  bridge: Bridge;
  ledger: Ledger;
  server: Listening;
  end(): Promise<void>;
  die(): Promise<void>;
}

export class DoorHouse {
  readonly his = new DoorHis(SAMPLE_HCODE);
  readonly agent: NhsoAgentSimulator;
  readonly neighbour: NhsoAgentSimulator;
  readonly #lines: string[] = [];
  /** Runs with the real time, and ahead of it by what was passed. */
  readonly clock = { now: () => Date.now() + this.#aheadMs };
  /** How far ahead of ours a right clock is here, ms. */
  readonly rightMs = awayFromMidnightMs(Date.now());
  readonly #queue = new HandQueue(this.clock);
  #aheadMs = this.rightMs;
  readonly #options: DoorHouseOptions;
  readonly #folder: string;
  readonly #pump: NodeJS.Timeout;
  #running: Running[] = [];
  #keys = new Map<string, string>();
  readonly #workers: (() => Promise<void>)[] = [];
  isPaused = false;
  #isPumping = false;

  private constructor(
    options: DoorHouseOptions,
    parts: { folder: string; agent: NhsoAgentSimulator; neighbour: NhsoAgentSimulator },
  ) {
    this.#options = options;
    this.#folder = parts.folder;
    this.agent = parts.agent;
    this.neighbour = parts.neighbour;
    for (const { control } of [this.agent, this.neighbour]) control.clockOffset(this.rightMs);
    this.#pump = setInterval(() => void this.#work(), 20);
  }

  static async open(options: DoorHouseOptions = {}): Promise<DoorHouse> {
    const folder = await mkdtemp(join(tmpdir(), 'authen-bridge-door-'));
    const zone = options.zone ?? 'test';
    const agent = await startNhsoAgent({ hcode: SAMPLE_HCODE, zone });
    const neighbour = await startNhsoAgent({ hcode: SAMPLE_HCODE, zone, centre: agent.control.centre });
    const house = new DoorHouse(options, { folder, agent, neighbour });
    await house.#startAll();
    return house;
  }

  get nhso(): NhsoAgentSimulator['control'] {
    return this.agent.control;
  }

  get ledger(): Ledger {
    return this.#first.ledger;
  }

  get bridge(): Bridge {
    return this.#first.bridge;
  }

  get url(): string {
    return this.#first.server.url;
  }

  get #first(): Running {
    const [first] = this.#running;
    if (first === undefined) throw new Error('no bridge runs');
    return first;
  }

  /** Of the n-th bridge. */
  urlOf(n: number): string {
    return this.#running[n % this.#running.length]?.server.url ?? this.url;
  }

  logged(): string {
    return this.#lines.join('');
  }

  async #startAll(): Promise<void> {
    for (let n = 0; n < (this.#options.bridges ?? 1); n++) await this.#startBridge();
  }

  async #startBridge(): Promise<void> {
    const { clock } = this;
    const log = makeLog({ level: 'debug', destination: { write: (line) => this.#lines.push(line) } });
    const ledger = await openLedger(this.#options.store ?? `sqlite:${join(this.#folder, 'bridge.db')}`, {
      secrets: { keyFile: join(this.#folder, 'secret.key') },
    });
    await ledger.migrate();
    const lines = new Lines(log);
    const site = this.#site(lines);
    const sites = new Map([[SAMPLE_HCODE, site]]);
    const metrics = makeMetrics({ ledger, clock, sites: [site], queue: this.#queue });
    const parts = { ledger, queue: this.#queue, clock, log, metrics, sites };
    const bridge = new Bridge(
      { ...parts, tokens: new Tokens(parts) },
      { onStuck: () => undefined, polls: { placeMs: Number.POSITIVE_INFINITY } },
    );
    const app = makeApp({ api: bridge, ledger, clock, log, metrics, sites: [site], lines });
    const server = await listen(app, { host: '127.0.0.1', port: 0, upgrades: AGENT_LINE_PATH });
    if (!this.#options.isEarly) await bridge.start();
    const closeAgents = () => Promise.all(site.stations.map((s) => s.agent.close()));
    this.#running.push({
      ...{ bridge, ledger, server },
      async end() {
        await server.close(0);
        await bridge.stop(0);
        await closeAgents();
        lines.close();
        await ledger.close();
      },
      async die() {
        // what it has in hand reaches neither the ledger nor a client any more
        await ledger.close();
        await server.close(0);
        await bridge.stop(0).catch(() => undefined);
      },
    });
  }

  async begin(): Promise<void> {
    for (const { bridge } of this.#running) await bridge.start();
  }

  /** The reader worker of the first station, as far as it carries; until the house is closed. */
  async carry(): Promise<void> {
    const exchange = new NhsoHttp(this.agent.url, { connections: 4 });
    const key = await this.key(STATIONS[0], ['agent-line:carry']);
    const up = Promise.withResolvers<void>();
    const line = keepLine({
      ...{ bridge: this.url, key, exchange, log: makeLog({ level: 'silent' }) },
      onState: ({ is }) => is === 'up' && up.resolve(),
    });
    this.#workers.push(async () => {
      await line.close();
      await exchange.close();
    });
    await up.promise;
  }

  /** All bridges die as they stand; one starts anew on the same ledger. */
  async killAndStart(): Promise<void> {
    this.#queue.forgetBridges();
    const dead = this.#running;
    this.#running = [];
    const dying = Promise.all(dead.map((r) => r.die()));
    await this.#startAll();
    await dying;
  }

  #site(lines: Lines): Site {
    const { zone = 'test', timeouts = {}, settings, isCarried } = this.#options;
    const confirmMs = timeouts.confirmMs ?? 8_000;
    const times = {
      terminalsMs: 1_000,
      readMs: timeouts.readMs ?? 2_000,
      draftMs: 2_000,
      lookupMs: 2_000,
      confirmMs,
    };
    const urls = [this.agent.url, this.neighbour.url];
    return {
      ...{
        hcode: SAMPLE_HCODE,
        name: '',
        his: this.his,
        authenStatus: null,
        rightSearch: null,
        tokenSources: [],
      },
      policy: { requirement: DEFAULT_POLICY, claimType: { default: 'PG0060001', rules: [] } },
      stations: STATIONS.map((id, i) => {
        const own = { hcode: SAMPLE_HCODE, zone, timeouts: times };
        const agent =
          isCarried && i === 0
            ? openCarriedAgent({ ...own, stationId: id, lines })
            : openAgent({ ...own, url: urls[i] ?? '' });
        return { id, agent };
      }),
      settings: {
        ...{ pollMs: 1_000, quietHours: null, overlapMs: 15 * 60_000, digestMs: 1_000, catchUpDays: 1 },
        ...{ confirmTimeoutMs: confirmMs, settleMs: 300, offlineLookupMs: 60_000 },
        ...{ breakerFailures: 3, probeMs: 1_000, ratePerSecond: 0 },
        ...{ rightsAfterMs: 900_000, rightsPerSecond: 2, openingTime: '07:00' },
        ...{ callBack: { afterMs: 1_800_000, at: '15:00' }, photoDays: 30 },
        reconcile: { at: [], days: 1, ratePerSecond: 100 },
        ...settings,
      },
    };
  }

  /** The key of a station, or of the whole site for null, made at the first need. */
  async key(
    station: string | null = STATIONS[0],
    scopes: readonly Scope[] = ['agent-api:use'],
  ): Promise<string> {
    const name = `his of ${station ?? 'all'} ${scopes.join()}`;
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const { id, text, hash } = makeKey();
    const at = { createdAt: Date.now(), revokedAt: null };
    await this.ledger.addKey({ id, name, hash, scopes, hcode: SAMPLE_HCODE, stationId: station, ...at });
    this.#keys.set(name, text);
    return text;
  }

  /** Somebody registers; the HIS has the visit, the bridge at its next poll. */
  visit(n: number, more: Partial<ReturnType<typeof sampleVisit>> = {}): string {
    const vn = more.vn ?? `${n}-${this.his.visits.length}`;
    const at = this.clock.now();
    const when = { startedAt: at, serviceDate: serviceDateOf(at) };
    this.his.visits.push(sampleVisit({ hn: String(n), pid: sampleCitizenId(n), ...when, ...more, vn }));
    return vn;
  }

  /** Time passes, for the bridges and for NHSO. */
  pass(ms: number): void {
    this.#aheadMs += ms;
    this.agent.control.clockOffset(this.#aheadMs);
  }

  /** One turn of what is done once a minute. */
  keepHouse(): Promise<void> {
    return this.#queue.tick('keep-house');
  }

  poll(): Promise<void> {
    return this.#queue.tick('poll');
  }

  case(vn: string): Promise<Case | null> {
    return this.ledger.case({ hcode: SAMPLE_HCODE, vn });
  }

  async caseIn(vn: string, ...states: string[]): Promise<Case> {
    for (let end = Date.now() + 20_000; ; ) {
      const found = await this.case(vn);
      if (found !== null && states.includes(found.state)) return found;
      if (Date.now() > end) throw new Error(`${vn} is ${found?.state}/${found?.reason}, not ${states}`);
      await sleep(25);
    }
  }

  async history(vn: string): ReturnType<Ledger['history']> {
    return this.ledger.history({ hcode: SAMPLE_HCODE, vn });
  }

  /** What stands in the HIS. */
  codeInHis(vn: string): string | null {
    return this.his.visits.find((v) => v.vn === vn)?.code ?? null;
  }

  async close(): Promise<void> {
    clearInterval(this.#pump);
    while (this.#isPumping) await sleep(10);
    for (const end of this.#workers) await end();
    for (const running of this.#running) await running.end();
    await this.agent.close();
    await this.neighbour.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #work(): Promise<void> {
    if (this.isPaused || this.#isPumping) return;
    this.#isPumping = true;
    try {
      await this.#queue.work();
    } finally {
      this.#isPumping = false;
    }
  }
}

/**
 * A program that speaks to NHSO's agent, written from the agent's public contract alone: base address, paths, keys. It knows
 * nothing of the bridge but, perhaps, a header.
 */
export class PublicClient {
  readonly #base: string;
  readonly #headers: Record<string, string>;

  constructor(base: string, headers: Record<string, string> = {}) {
    this.#base = base;
    this.#headers = headers;
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Told> {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(`${this.#base}${path}`, {
      method,
      headers: { ...this.#headers, ...type, ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const json = isJson && text !== '' ? tryJson(text) : undefined;
    return { status: response.status, headers: response.headers, text, json };
  }

  read(image = false): Promise<Told> {
    return this.call('GET', `/api/smartcard/read?readImageFlag=${image}`);
  }

  draft(body: unknown): Promise<Told> {
    return this.call('POST', '/api/nhso-service/save-as-draft', body);
  }

  confirm(body: unknown): Promise<Told> {
    return this.call('POST', '/api/nhso-service/confirm-save', body);
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The client of a station's HIS, over the bridge. */
export async function doorClient(
  house: DoorHouse,
  station: string = STATIONS[0],
  n = 0,
): Promise<PublicClient> {
  return new PublicClient(`${house.urlOf(n)}/agent`, { authorization: `Bearer ${await house.key(station)}` });
}

/** What a client sends to draft and confirm after a read. */
export function claimOf(read: Told, more: Record<string, unknown> = {}): Record<string, unknown> {
  const { pid, correlationId } = read.json;
  return {
    pid,
    claimType: 'PG0060001',
    mobile: '0898765432',
    correlationId,
    hn: '000000123',
    hcode: SAMPLE_HCODE,
    ...more,
  };
}
