/**
 * Many sites for a bench: a database each on one server, some behind a line that never answers, one bridge process that
 * polls them all. When a visit has become a case is read from the ledger's file, beside the bridge.
 */

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { openSimDb, type SimDb } from '../../simulators/his/sim-db.ts';
import { addKey } from '../support/api-key.ts';
import { throwAwayFolder } from '../support/leave-nothing.ts';
import { freePort } from '../support/services/processes.ts';
import type { FreshDatabase } from '../support/services.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { type BridgeProcess, startAgents, startBridgeProcess } from './children.ts';
import { emptied } from './hospital.ts';

/** What each site has for a HIS. */
export interface SiteHis {
  kind: string;
  fresh(): Promise<FreshDatabase>;
  /** Its tables, and one person. */
  fill(db: SimDb, hcode: string): Promise<void>;
  /** That person comes: the visit's number. */
  come(db: SimDb): Promise<string>;
  /** Further keys of its section in the configuration. */
  more?: object;
}

export interface ManySitesOptions {
  his: SiteHis;
  /** `redis://…` of which everything is removed first, or `embedded`. */
  queue: string;
  sites: number;
  /** Of those, so many never answer. */
  dead: number;
  pollSeconds: number;
  nodeArgs: readonly string[];
  say(text: string): void;
}

export interface ManySites {
  bridge: BridgeProcess;
  /** Somebody comes to the n-th site that answers. Returns once that is committed: when, and who. */
  come(n: number): Promise<{ name: string; at: number }>;
  /** When the ledger held the case, by {@link come}'s name; grows while it is watched. */
  seen: ReadonlyMap<string, number>;
  /** Waits until every site is known to be well or away. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Databases made at a time. */
const AT_ONCE = 4;
/** Between two looks into the ledger, ms: so exact are the delays. */
const LOOK_MS = 10;
const SETTLE_MS = 120_000;

export async function openManySites(options: ManySitesOptions): Promise<ManySites> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const folder = throwAwayFolder('authen-bridge-bench-');
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const alive = options.sites - options.dead;
    options.say(`making ${alive} databases`);
    const urls = await makeDatabases(options.his, alive, closing);
    const silent = await TcpProxy.to(urls[0] ?? '');
    silent.hold(true);
    closing.push(() => silent.close());
    if (options.queue.startsWith('redis')) await emptied(options.queue);
    const agents = await startAgents(hcodeOf(0), 1, 0);
    closing.push(() => agents.stop());

    const store = `sqlite:${join(folder, 'bridge.db')}`;
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const nowhere = silent.through(urls[0] ?? '');
    const sites = Array.from({ length: options.sites }, (_, i) => ({
      hcode: hcodeOf(i),
      his: {
        ...{ kind: options.his.kind, url: urls[i] ?? nowhere, pollSeconds: options.pollSeconds },
        ...options.his.more,
      },
      stations: [{ id: 'counter-1', agentUrl: agents.urls[0] }],
    }));
    const config = join(folder, 'config.json');
    const secrets = { keyFile: join(folder, 'secret.key') };
    const whole = { store, queue: options.queue, http: { port }, secrets, sites };
    await writeFile(config, JSON.stringify(whole), { mode: 0o600 });
    await addKey(store, 'bench');
    options.say('starting the bridge');
    const bridge = await startBridgeProcess({ config, url, folder, nodeArgs: options.nodeArgs });
    closing.push(() => bridge.stop());
    const { seen, stop } = watchLedger(join(folder, 'bridge.db'));
    closing.push(stop);
    return {
      ...{ bridge, seen, close },
      async come(n) {
        const db = await openSimDb(urls[n % urls.length] ?? '');
        try {
          const vn = await options.his.come(db);
          return { name: `${hcodeOf(n % urls.length)}/${vn}`, at: Date.now() };
        } finally {
          await db.close();
        }
      },
      async settled() {
        const until = Date.now() + SETTLE_MS;
        for (;;) {
          const answer = await fetch(`${url}/readyz`);
          const { his } = (await answer.json()) as { his: { state: string }[] };
          const count = (state: string): number => his.filter((one) => one.state === state).length;
          if (count('well') === alive && count('away') === options.dead) return;
          if (Date.now() > until)
            throw new Error(`${count('well')} of ${alive} sites are well:\n${await bridge.lastWords()}`);
          await sleep(500);
        }
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function hcodeOf(i: number): string {
  return String(20_000 + i);
}

async function makeDatabases(
  his: SiteHis,
  count: number,
  closing: (() => Promise<unknown>)[],
): Promise<string[]> {
  const urls: string[] = [];
  for (let i = 0; i < count; i += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - i) }, async (_, j) => {
      const database = await his.fresh();
      closing.push(() => database.drop());
      const db = await openSimDb(database.url);
      try {
        await his.fill(db, hcodeOf(i + j));
      } finally {
        await db.close();
      }
      return database.url;
    });
    urls.push(...(await Promise.all(some)));
  }
  return urls;
}

function watchLedger(file: string): { seen: ReadonlyMap<string, number>; stop: () => Promise<void> } {
  const ledger = new Database(file, { readonly: true });
  const newer = ledger.prepare('SELECT hcode, vn FROM visit_case WHERE created_at >= ?');
  const seen = new Map<string, number>();
  const timer = setInterval(() => {
    // a case's time is that of the decision, a little before its commit
    for (const row of newer.all(Date.now() - 10_000) as { hcode: string; vn: string }[]) {
      const name = `${row.hcode}/${row.vn}`;
      if (!seen.has(name)) seen.set(name, Date.now());
    }
  }, LOOK_MS);
  return {
    seen,
    async stop() {
      clearInterval(timer);
      ledger.close();
    },
  };
}
