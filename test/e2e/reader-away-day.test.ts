/**
 * The bridge is away for a day: more than two thousand reads wait on the counter's disk, the worker is killed at any moment
 * meanwhile and afterwards, and the line breaks; at the other end, a real bridge, each read is there once and in order.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { programEnv } from '../support/program-env.ts';
import { sampleCitizenId } from '../support/samples.ts';
import { describeWith, type FreshDatabase, freshMariaDb, ownRedis } from '../support/services.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { type BridgeProcess, HCODE, Hospital } from './bridge-support.ts';
import { ReaderProcess, until } from './reader-support.ts';

const READS = 2_000;
const DAY_MS = 86_400_000;
const SPOOL = path.resolve('adapters/reader/spool.ts');
const SAMPLES = path.resolve('test/support/samples.ts');

/**
 * The worker's own hand: its spool, in a process of its own, with a read every moment as a counter with many patients has in a
 * day. Says each read's number when the spool has promised it; killed at any time.
 */
const WRITER = `
  const [spool, samples, folder, from, to, began] = process.argv.slice(1);
  const { openSpool } = await import(spool);
  const { sampleCitizenId } = await import(samples);
  const { randomUUID } = await import('node:crypto');
  const opened = await openSpool(folder);
  for (let i = Number(from); i < Number(to); i++) {
    const readAt = new Date(Number(began) + i * 20_000).toISOString();
    await opened.add({ id: randomUUID(), hcode: '${HCODE}', stationId: 'counter-1', pid: sampleCitizenId(i), readAt, kind: 'card-only' });
    process.stdout.write(i + '\\n');
  }
  await opened.close();`;

describeWith('mariadb', 'a day without the bridge', (mariadb) => {
  describeWith('redis', 'with Redis', (redis) => {
    let database: FreshDatabase;
    let hospital: Hospital;
    let bridge: BridgeProcess;
    let proxy: TcpProxy;
    let folder: string;
    let worker: ReaderProcess | null = null;

    beforeAll(async () => {
      database = await freshMariaDb(mariadb, 'utf8mb4');
      hospital = await Hospital.open({
        hisUrl: database.url,
        store: (f) => `sqlite:${f}/bridge.db`,
        queue: ownRedis(redis, 12),
      });
      folder = mkdtempSync(path.join(tmpdir(), 'reader-away-'));
      bridge = await hospital.startBridge();
      proxy = await TcpProxy.to(bridge.url);
    }, 180_000);
    afterAll(async () => {
      await worker?.stop('SIGKILL');
      await proxy.close();
      await hospital.close();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    });

    const waiting = (): number => readdirSync(folder).filter((name) => name.endsWith('.json')).length;

    /** Writes on from `from` until it is killed or done; the number of the first read that was not promised. */
    async function write(from: number, began: number, killAt: number | null): Promise<number> {
      const args = [SPOOL, SAMPLES, folder, String(from), String(READS), String(began)];
      const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, ...args], {
        env: programEnv(),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        const last = Number(said.trim().split('\n').at(-1));
        if (killAt !== null && last >= killAt) child.kill('SIGKILL');
      });
      await once(child, 'close');
      // the last line may be cut
      const promised = said.split('\n').slice(0, -1).map(Number);
      return promised.length === 0 ? from : (promised.at(-1) ?? from) + 1;
    }

    function start(): ReaderProcess {
      const where = ['--agent', hospital.agent.url, '--bridge', proxy.through(bridge.url).replace(/\/$/, '')];
      const fast = ['--poll-ms', '200', '--settle-ms', '0', '--source', 'agent', '--log', 'silent'];
      worker = new ReaderProcess(
        ['--station', 'counter-1', '--hcode', HCODE, ...where, '--spool', folder, ...fast],
        { AUTHEN_BRIDGE_KEY: hospital.key },
      );
      return worker;
    }

    function inLedger(): { pid: string; read_at: number }[] {
      const db = new Database(path.join(hospital.folder, 'bridge.db'), { readonly: true });
      try {
        return db.prepare('SELECT pid, read_at FROM card_read ORDER BY rowid').all() as ReturnType<
          typeof inLedger
        >;
      } finally {
        db.close();
      }
    }

    it('every read that was promised arrives once, in order', async () => {
      proxy.shut(true);
      const began = Date.now() - DAY_MS;
      // the day: killed five times while it writes
      let next = 0;
      for (const killAt of [100, 450, 800, 1_200, 1_700, null]) next = await write(next, began, killAt);
      expect(next).toBe(READS);
      // a read that was on disk and not promised yet when it was killed may be there too
      const kept = waiting();
      expect(kept).toBeGreaterThanOrEqual(READS);
      expect(kept).toBeLessThanOrEqual(READS + 5);

      // still away: the worker itself reads one more card
      const own = sampleCitizenId(900_001);
      const first = start();
      await until('it runs', () => first.lines.some((line) => line.startsWith('ready')), 60_000);
      hospital.agent.control.insertCard(own);
      await until('its read is on disk', () => waiting() === kept + 1, 60_000);
      await until(
        'it says so',
        () => (first.lines.at(-1) ?? '').includes(`bridge away, ${kept + 1} kept`),
        60_000,
      );
      hospital.agent.control.removeCard();
      await first.stop('SIGKILL');

      // back again, over a line that breaks, while the worker is killed again and again
      proxy.shut(false);
      let pieces = 0;
      proxy.cutter = () => {
        pieces += 1;
        return pieces % 40 === 0 ? (pieces % 80 === 0 ? 'after' : 'before') : null;
      };
      for (let kill = 0; kill < 6; kill++) {
        const r = start();
        const before = waiting();
        await until('some went', () => waiting() < before - 50 || waiting() === 0, 120_000);
        await sleep(Math.random() * 200);
        await r.stop('SIGKILL');
      }
      proxy.cutter = null;
      const last = start();
      await until('all are delivered', () => waiting() === 0, 300_000);
      expect(await last.stop()).toBe(0);

      const stored = inLedger();
      expect(stored).toHaveLength(kept + 1);
      expect(readdirSync(path.join(folder, 'rejected'))).toEqual([]);
      const times = stored.map((r) => Number(r.read_at));
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      const people = new Set(stored.map((r) => r.pid));
      for (let i = 0; i < READS; i++) expect(people.has(sampleCitizenId(i))).toBe(true);
      expect(stored.at(-1)?.pid).toBe(own);
    }, 900_000);
  });
});
