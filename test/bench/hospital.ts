/** A hospital for a bench: HOSxP on MariaDB, counters with agents, cards, Redis, and a bridge that can be started. */

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createSchema, seedReferenceData } from '../../simulators/his/hosxp/schema.ts';
import { openSimDb, type SimDb } from '../../simulators/his/sim-db.ts';
import { addKey } from '../support/api-key.ts';
import { throwAwayFolder } from '../support/leave-nothing.ts';
import { freePort } from '../support/services/processes.ts';
import { freshMariaDb } from '../support/services.ts';
import { type Agents, type BridgeProcess, startAgents, startBridgeProcess } from './children.ts';

export const HCODE = '10978';

export interface HospitalOptions {
  mariadb: string;
  /** `redis://…` of which everything is removed first, an empty `postgres://…`, or `embedded`. */
  queue: string;
  stations: number;
  /** Jobs of a kind at a time; the configuration's default when left out. */
  concurrency?: number;
  /** Of each answer of an agent, ms. */
  agentDelayMs: number;
  pollSeconds: number;
  /** For the bridge's Node: `--cpu-prof`. */
  nodeArgs?: readonly string[];
}

export interface Hospital {
  his: SimDb;
  hisUrl: string;
  /** The ledger, as the configuration names it. */
  store: string;
  agents: Agents;
  stations: readonly string[];
  /** A key that may do everything, and the bridge's address. */
  key: string;
  bridgeUrl: string;
  startBridge(): Promise<BridgeProcess>;
  close(): Promise<void>;
}

export async function openHospital(options: HospitalOptions): Promise<Hospital> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const folder = throwAwayFolder('authen-bridge-bench-');
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const database = await freshMariaDb(options.mariadb);
    closing.push(() => database.drop());
    const his = await openSimDb(database.url);
    closing.push(() => his.close());
    await createSchema(his, { charset: 'tis620' });
    await seedReferenceData(his, { hcode: HCODE, hospitalName: 'โรงพยาบาลสมมุติ' });
    if (options.queue.startsWith('redis')) await emptied(options.queue);

    const agents = await startAgents(HCODE, options.stations, options.agentDelayMs);
    closing.push(() => agents.stop());
    const stations = agents.urls.map((_, i) => `counter-${i + 1}`);
    const port = await freePort();
    const store = `sqlite:${join(folder, 'bridge.db')}`;
    const config = {
      store,
      queue: options.queue,
      http: { port },
      ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
      sites: [
        {
          hcode: HCODE,
          his: { kind: 'hosxp', url: database.url, pollSeconds: options.pollSeconds },
          stations: stations.map((id, i) => ({ id, agentUrl: agents.urls[i] })),
        },
      ],
    };
    const file = join(folder, 'config.json');
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    const key = await addKey(store, 'bench');
    const bridgeUrl = `http://127.0.0.1:${port}`;
    return {
      ...{ his, hisUrl: database.url, store, agents, stations, key, bridgeUrl },
      async startBridge() {
        const nodeArgs = options.nodeArgs ?? [];
        const bridge = await startBridgeProcess({ config: file, url: bridgeUrl, folder, nodeArgs });
        closing.push(() => bridge.stop());
        return bridge;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export async function emptied(redis: string): Promise<void> {
  const client = new Redis(redis);
  await client.flushdb();
  client.disconnect();
}
