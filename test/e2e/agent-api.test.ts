/**
 * The drop-in agent API as a hospital runs it: a bridge process and a reader process of the real command line, a real HIS, NHSO's
 * agent over HTTP. The client knows the agent's contract and nothing else. What became of it is asked from the outside.
 */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLedger } from '../../db/open-ledger.ts';
import { plainPerson } from '../../simulators/his/hosxp/sample-people.ts';
import { makeKey } from '../../src/http/api-key.ts';
import { claimOf, PublicClient, type Told } from '../service/agent-door/house.ts';
import { freePort } from '../support/services/processes.ts';
import { describeWith, type FreshDatabase, freshMariaDb, ownRedis } from '../support/services.ts';
import { type BridgeProcess, eventually, HCODE, Hospital } from './bridge-support.ts';
import { ReaderProcess } from './reader-support.ts';

describeWith('mariadb', 'a client of the NHSO agent, at the bridge', (mariadb) => {
  describeWith('redis', 'on MariaDB and Redis', (redis) => {
    let database: FreshDatabase;
    let hospital: Hospital;
    let bridge: BridgeProcess;
    let key: string;
    const store = (folder: string) => `sqlite:${folder}/bridge.db`;
    beforeAll(async () => {
      database = await freshMariaDb(mariadb, 'tis620');
      hospital = await Hospital.open({ hisUrl: database.url, store, queue: ownRedis(redis, 7) });
      key = await stationKey(store(hospital.folder));
      bridge = await hospital.startBridge();
    }, 120_000);
    afterAll(async () => {
      await hospital.close();
      await database.drop();
    });

    const client = () => new PublicClient(`${bridge.url}/agent`, { authorization: `Bearer ${key}` });
    const pidOf = (n: number): string => plainPerson(n).cid ?? '';

    async function read(n: number, by: PublicClient): Promise<Told> {
      hospital.agent.control.insertCard(pidOf(n));
      const told = await by.read();
      expect(told.status).toBe(200);
      hospital.agent.control.removeCard();
      return told;
    }

    it('a code that is got before the visit is registered is in the HIS when it is', async () => {
      const told = await client().confirm(claimOf(await read(2701, client()), { hn: undefined }));
      expect(told.status).toBe(200);
      const vn = await hospital.patient(2701, bridge, { card: false });
      await eventually('written', async () => (await hospital.codeInHis(vn)) === told.json.claimCode);
      expect(hospital.agent.control.confirms(pidOf(2701))).toMatchObject([{ asked: 1, issued: 1 }]);
      const { history } = await bridge.get<{ history: { event: string; actor: string }[] }>(
        `/api/cases/${HCODE}/${vn}`,
      );
      expect(history.find((h) => h.event === 'code-issued')?.actor).toBe('key:the HIS');
    });

    it('a bridge that is killed in the middle of confirm-save: the code is found, given and written, asked for once', async () => {
      const { control } = hospital.agent;
      const begun = await read(2702, client());
      control.delay(3_000, 'confirm-save');
      const lost = client()
        .confirm(claimOf(begun))
        .then(
          () => 'answered',
          () => 'broken',
        );
      await eventually('asked', async () => (await confirmsOnTheWay(hospital, begun)) > 0);
      await sleep(1_000); // it has left the bridge by now
      await bridge.kill('SIGKILL');
      expect(await lost).toBe('broken');
      await eventually('NHSO issued it all the same', async () => control.codes(pidOf(2702)).length === 1);
      control.clearFaults();
      bridge = await hospital.startBridge();
      let told: Told | null = null;
      await eventually('told', async () => {
        told = await client().confirm(claimOf(begun));
        return told.status === 200;
      });
      const [issued] = control.codes(pidOf(2702));
      expect((told as Told | null)?.json.claimCode).toBe(issued?.claimCode);
      const vn = await hospital.patient(2702, bridge, { card: false });
      await eventually('written', async () => (await hospital.codeInHis(vn)) === issued?.claimCode);
      expect(control.confirms(pidOf(2702))).toMatchObject([{ asked: 1, issued: 1 }]);
    }, 180_000);

    it('killed again and again while clients and the bridge itself ask, each code is asked for once', async () => {
      const { control } = hospital.agent;
      control.delay(120);
      const people = Array.from({ length: 8 }, (_, i) => 2_720 + i);
      const vns = new Map<number, string>();
      const reads = new Map<number, Told>();
      const trying: Promise<unknown>[] = [];
      for (const [i, n] of people.entries()) {
        // every other visit is registered before the client asks, and the bridge asks by itself as well
        if (i % 2 === 0) vns.set(n, await hospital.patient(n, bridge, { card: false }));
        const told = await read(n, client());
        reads.set(n, told);
        trying.push(
          client()
            .confirm(claimOf(told))
            .catch(() => null),
        );
        if (i % 3 !== 2) continue;
        await sleep(60 + i * 30);
        await bridge.kill('SIGKILL');
        bridge = await hospital.startBridge();
      }
      await Promise.all(trying);
      control.clearFaults();
      for (const [n, told] of reads) {
        const confirmed = async () => (await client().confirm(claimOf(told))).status === 200;
        await eventually(`${n} is told`, confirmed, 120_000);
        if (!vns.has(n)) vns.set(n, await hospital.patient(n, bridge, { card: false }));
      }
      for (const [n, vn] of vns) {
        const [issued] = control.codes(pidOf(n));
        await eventually(`${vn} written`, async () => (await hospital.codeInHis(vn)) === issued?.claimCode);
        expect(control.confirms(pidOf(n))).toMatchObject([{ issued: 1 }]);
      }
    }, 400_000);

    it('a program that can send no key calls the reader at the counter', async () => {
      const port = await freePort();
      const reader = new ReaderProcess(
        [
          ...['--station', 'counter-1', '--agent', hospital.agent.url, '--bridge', bridge.url],
          ...['--spool', join(hospital.folder, `spool-${randomBytes(3).toString('hex')}`)],
          ...['--agent-api-port', String(port), '--agent-api-origin', 'https://his.hospital.local'],
        ],
        { AUTHEN_BRIDGE_KEY: key },
      );
      try {
        const local = new PublicClient(`http://127.0.0.1:${port}`);
        await eventually('the door is open', async () =>
          local.call('GET', '/api/smartcard/terminals').then(
            (told) => told.status === 200,
            () => false,
          ),
        );
        const vn = await hospital.patient(2703, bridge, { card: false });
        const told = await local.confirm(claimOf(await read(2703, local)));
        expect(told.status).toBe(200);
        await eventually('written', async () => (await hospital.codeInHis(vn)) === told.json.claimCode);
        expect(hospital.agent.control.confirms(pidOf(2703))).toMatchObject([{ issued: 1 }]);
      } finally {
        await reader.stop();
      }
      expect(`${reader.output}${reader.errors}`).not.toContain(pidOf(2703));
    });
  });
});

/** The ledger says that the confirm is on its way: in its row, or in the case of the visit. */
async function confirmsOnTheWay(hospital: Hospital, read: Told): Promise<number> {
  const ledger = await openLedger(`sqlite:${hospital.folder}/bridge.db`);
  try {
    const due = await ledger.doorAsks.due(Number.MAX_SAFE_INTEGER, 100);
    return due.filter((a) => a.pid === read.json.pid && a.state === 'asking').length;
  } finally {
    await ledger.close();
  }
}

async function stationKey(store: string): Promise<string> {
  const ledger = await openLedger(store);
  try {
    await ledger.migrate();
    const { id, text, hash } = makeKey();
    const scopes = ['agent-api:use', 'card-reads:write'];
    const at = { createdAt: Date.now(), revokedAt: null };
    await ledger.addKey({ id, name: 'the HIS', hash, scopes, hcode: HCODE, stationId: 'counter-1', ...at });
    return text;
  } finally {
    await ledger.close();
  }
}
