/** A hospital for end-to-end tests: a real HIS database, an agent, and bridge processes that may be killed. */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { plainPerson, type SamplePerson } from '../../simulators/his/hosxp/sample-people.ts';
import { createSchema, seedReferenceData } from '../../simulators/his/hosxp/schema.ts';
import { codeOf, insertPeople, insertVisit } from '../../simulators/his/hosxp/visits.ts';
import { openSimDb, type SimDb } from '../../simulators/his/sim-db.ts';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../simulators/nhso-agent/start.ts';
import { addKey } from '../support/api-key.ts';
import { keepOutput } from '../support/output.ts';
import { programEnv } from '../support/program-env.ts';
import { freePort } from '../support/services/processes.ts';

export const HCODE = '10978';

export interface HospitalOptions {
  hisUrl: string;
  /** `folder` is the test's own, removed at the end. */
  store: (folder: string) => string;
  queue: string;
  /** Merged into the site's `nhso`. */
  nhso?: object | ((folder: string) => object);
  /** Instead of counter-1, whose agent the bridge reaches itself. */
  stations?: readonly object[];
}

export class Hospital {
  readonly folder: string;
  readonly his: SimDb;
  readonly agent: NhsoAgentSimulator;
  readonly key: string;
  readonly #options: HospitalOptions;
  readonly bridges: BridgeProcess[] = [];
  /** Of the bridge that was started last. */
  configFile = '';

  private constructor(
    options: HospitalOptions,
    parts: { folder: string; his: SimDb; agent: NhsoAgentSimulator; key: string },
  ) {
    this.#options = options;
    this.folder = parts.folder;
    this.his = parts.his;
    this.agent = parts.agent;
    this.key = parts.key;
  }

  static async open(options: HospitalOptions): Promise<Hospital> {
    const folder = await mkdtemp(join(tmpdir(), 'authen-bridge-e2e-'));
    const his = await openSimDb(options.hisUrl);
    await createSchema(his);
    await seedReferenceData(his, { hcode: HCODE, hospitalName: 'โรงพยาบาลสมมุติ' });
    const agent = await startNhsoAgent({ hcode: HCODE });
    const key = await addKey(options.store(folder), 'e2e');
    return new Hospital(options, { folder, his, agent, key });
  }

  /** Starts one more bridge process and waits until it answers. */
  async startBridge(): Promise<BridgeProcess> {
    const { store, queue, nhso } = this.#options;
    const port = await freePort();
    const file = join(this.folder, `config-${port}.json`);
    const site = {
      hcode: HCODE,
      his: { kind: 'hosxp', url: this.#options.hisUrl, pollSeconds: 0.3, digestSeconds: 1 },
      stations: this.#options.stations ?? [{ id: 'counter-1', agentUrl: this.agent.url }],
      nhso: {
        settleSeconds: 0.5,
        breaker: { failures: 3, probeSeconds: 1 },
        timeouts: { confirmMs: 3000 },
        ...(typeof nhso === 'function' ? nhso(this.folder) : nhso),
      },
    };
    const http = { host: '127.0.0.1', port };
    const secrets = { keyFile: join(this.folder, 'secret.key') };
    writeFileSync(file, JSON.stringify({ store: store(this.folder), queue, http, secrets, sites: [site] }), {
      mode: 0o600,
    });
    this.configFile = file;
    const bridge = new BridgeProcess(file, port, this.key);
    this.bridges.push(bridge);
    await bridge.ready();
    return bridge;
  }

  /** Somebody registers, and their card is read at the counter (unless `card` is false). Returns the visit number. */
  async patient(
    n: number,
    bridge: BridgeProcess,
    options: { card?: boolean; person?: Partial<SamplePerson> } = {},
  ): Promise<string> {
    const person = { ...plainPerson(n), ...options.person };
    await insertPeople(this.his, [person]);
    const vn = await insertVisit(this.his, { hn: person.hn, at: Date.now() });
    if (options.card !== false && person.cid !== null) await bridge.cardRead(this.agent, person.cid);
    return vn;
  }

  /** A full read, as NHSO would have given it to a worker just now, whatever is in the agent's reader. */
  readOf(pid: string, stationId = 'counter-1'): object {
    const { correlationId, claimTypes } = this.agent.control.centre.read(pid, HCODE);
    const readAt = new Date().toISOString();
    return {
      id: randomUUID(),
      hcode: HCODE,
      stationId,
      pid,
      readAt,
      kind: 'full',
      correlationId,
      claimTypes,
    };
  }

  /** What stands in the HIS's own row. */
  async codeInHis(vn: string): Promise<string | null> {
    return (await codeOf(this.his, vn)) ?? null;
  }

  async close(): Promise<void> {
    await Promise.all(this.bridges.map((b) => b.kill('SIGKILL')));
    await this.agent.close();
    await this.his.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A bridge process of the real command line. */
export class BridgeProcess {
  readonly url: string;
  readonly #key: string;
  readonly #child: ChildProcess;

  constructor(configFile: string, port: number, key: string) {
    this.url = `http://127.0.0.1:${port}`;
    this.#key = key;
    this.#child = spawn(process.execPath, ['--liftoff-only', 'src/cli.ts', 'start', '--config', configFile], {
      env: programEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => keepOutput('bridge', chunk));
    }
  }

  async ready(): Promise<void> {
    await eventually('the bridge is up', async () => {
      if (this.#child.exitCode !== null) throw new Error(`the bridge ended with ${this.#child.exitCode}`);
      return (await fetch(`${this.url}/healthz`).catch(() => null))?.ok === true;
    });
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    this.#child.kill(signal);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return null;
    await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  async get<T = Record<string, unknown>>(path: string): Promise<T> {
    const answer = await fetch(`${this.url}${path}`, { headers: this.#headers() });
    if (!answer.ok) throw new Error(`${path.split('?')[0]}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async post(path: string, body: unknown): Promise<{ status: number; json: Record<string, unknown> }> {
    const answer = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: this.#headers(),
      body: JSON.stringify(body),
    });
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
  }

  /** Reads the card at the agent as a reader worker does, and posts it, again and again until it is taken. */
  async cardRead(agent: NhsoAgentSimulator, pid: string): Promise<void> {
    agent.control.insertCard(pid);
    const read = (await (
      await fetch(`${agent.url}/api/smartcard/read?readImageFlag=false`)
    ).json()) as Record<string, never>;
    agent.control.removeCard();
    const { correlationId, claimTypes } = read;
    const readAt = new Date().toISOString();
    const message = {
      id: randomUUID(),
      hcode: HCODE,
      stationId: 'counter-1',
      pid,
      readAt,
      kind: 'full',
      correlationId,
      claimTypes,
    };
    const { status, json } = await this.post('/api/card-reads', message);
    if (status !== 201 && status !== 200) throw new Error(`card read: ${status} ${JSON.stringify(json)}`);
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#key}`, 'content-type': 'application/json' };
  }
}

/** Waits until it holds, looking every 100 ms. */
export async function eventually(what: string, holds: () => Promise<boolean>, ms = 60_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(100);
  }
}
