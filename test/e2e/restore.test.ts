/**
 * A ledger that is put back as it was some time ago, on real processes. NHSO and the HIS have gone on since: nothing may be
 * asked for a second time, and what was asked for must be found. The simulator's journal is the judge.
 */

import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plainPerson } from '../../simulators/his/hosxp/sample-people.ts';
import { insertVisit, typeCode } from '../../simulators/his/hosxp/visits.ts';
import { runCli } from '../commands/cli.ts';
import { describeWith, type FreshDatabase, freshMariaDb, ownRedis } from '../support/services.ts';
import { type BridgeProcess, eventually, HCODE, Hospital } from './bridge-support.ts';

interface CaseJson {
  vn: string;
  state: string;
  reason: string | null;
  code: { claimCode: string } | null;
}

describeWith('mariadb', 'a ledger that is put back', (mariadb) => {
  describeWith('redis', 'on SQLite, the queue on Redis', (redis) => {
    let database: FreshDatabase;
    let hospital: Hospital;
    beforeAll(async () => {
      database = await freshMariaDb(mariadb, 'tis620');
      hospital = await Hospital.open({
        hisUrl: database.url,
        store: (f) => `sqlite:${f}/bridge.db`,
        queue: ownRedis(redis, 2),
      });
    }, 120_000);
    afterAll(async () => {
      await hospital.close();
      await database.drop();
    });

    const pid = (n: number): string => plainPerson(n).cid ?? '';
    const asked = (n: number): { asked: number; issued: number }[] =>
      hospital.agent.control.confirms(pid(n)).map((c) => ({ asked: c.asked, issued: c.issued }));
    const codeAtNhso = (n: number): string | undefined => hospital.agent.control.codes(pid(n))[0]?.claimCode;
    const caseOf = (bridge: BridgeProcess, vn: string): Promise<CaseJson> =>
      bridge.get<CaseJson>(`/api/cases/${HCODE}/${vn}`);
    const comesTo = (bridge: BridgeProcess, vn: string, state: string): Promise<void> =>
      eventually(
        `${vn} ${state}`,
        async () => (await caseOf(bridge, vn).catch(() => null))?.state === state,
        150_000,
      );
    const command = (name: string, bridge: BridgeProcess, ...args: string[]) =>
      runCli([name, '--config', join(hospital.folder, `config-${new URL(bridge.url).port}.json`), ...args]);
    const cut = async (vn: string): Promise<void> => {
      await eventually(`${vn} in the HIS`, async () => (await hospital.codeInHis(vn)) !== null);
    };

    it('restored from a backup of before, it catches up and asks for nothing twice', async () => {
      const bridge = await hospital.startBridge();
      const vns = new Map<number, string>();
      const comes = async (n: number, card = true): Promise<string> => {
        const vn = await hospital.patient(n, bridge, { card });
        vns.set(n, vn);
        return vn;
      };
      for (const n of [3001, 3002]) await cut(await comes(n));
      const [waiting, waitingToo] = [await comes(3003, false), await comes(3004, false)];
      await comesTo(bridge, waiting, 'awaiting-card');
      await comesTo(bridge, waitingToo, 'awaiting-card');

      // the backup is taken while codes are being asked for
      const file = join(hospital.folder, 'backup.db');
      const running = command('backup', bridge, '--to', file);
      for (const n of [3005, 3006]) await comes(n);
      const backup = await running;
      expect({ code: backup.code, err: backup.err }).toEqual({ code: 0, err: '' });

      // since then: codes that stand in the HIS, and codes that stand at NHSO alone
      for (const n of [3007, 3008, 3009]) await comes(n);
      await bridge.cardRead(hospital.agent, pid(3003));
      for (const vn of [...vns.values()].filter((v) => v !== waitingToo)) await cut(vn);
      hospital.agent.control.loseAnswers({ next: 1, how: 'drop' });
      await comes(3010);
      await eventually('asked for 3010', async () => codeAtNhso(3010) !== undefined);

      await bridge.kill('SIGSTOP');
      const refused = await command('restore', bridge, '--from', file);
      expect(refused.err).toMatch(/bridge\.db is in use: stop the bridge/);
      await bridge.kill('SIGKILL');
      for (const n of [3003, 3008, 3009, 3010]) await typeCode(hospital.his, vns.get(n) ?? '', null);
      // somebody registers while no bridge is there
      vns.set(3008_2, await insertVisit(hospital.his, { hn: plainPerson(3001).hn, at: Date.now() }));

      const restored = await command('restore', bridge, '--from', file);
      expect({ code: restored.code, err: restored.err }).toEqual({ code: 0, err: '' });
      const after = await hospital.startBridge();
      // one of them is still there, and puts the card in again; so does whoever has waited all along, and a new one
      await after.cardRead(hospital.agent, pid(3008));
      await after.cardRead(hospital.agent, pid(3004));
      vns.set(3011, await hospital.patient(3011, after));
      await after.cardRead(hospital.agent, pid(3001));

      const second = vns.get(3008_2) ?? '';
      for (const [n, vn] of vns) if (n !== 3008_2) await comesTo(after, vn, 'written');
      // a second visit of somebody who has a code is a person's to decide, as on any day
      await comesTo(after, second, 'needs-staff');
      for (const [n, vn] of vns) {
        if (n === 3008_2) continue;
        expect(asked(n), `${n}`).toEqual([{ asked: 1, issued: 1 }]);
        expect((await caseOf(after, vn)).code?.claimCode, `${n}`).toBe(codeAtNhso(n));
        expect(await hospital.codeInHis(vn), `${n}`).toBe(codeAtNhso(n));
      }
      expect(await hospital.codeInHis(second)).toBeNull();
      const { history } = await after.get<{ history: { event: string }[] }>(
        `/api/cases/${HCODE}/${vns.get(3009)}`,
      );
      expect(history.map((h) => h.event)).toEqual([
        ...['visit-seen', 'ledger-restored', 'code-found', 'code-written'],
      ]);
      await after.kill('SIGTERM');
    }, 300_000);

    it('so it does when an old file was copied over it by hand', async () => {
      const ledger = join(hospital.folder, 'bridge.db');
      const old = join(hospital.folder, 'by-hand.db');
      copyFileSync(ledger, old);
      const bridge = await hospital.startBridge();
      const vn = await hospital.patient(3020, bridge);
      await cut(vn);
      await sleep(500);
      await bridge.kill('SIGKILL');
      await typeCode(hospital.his, vn, null);
      for (const end of ['-wal', '-shm']) rmSync(ledger + end, { force: true });
      copyFileSync(old, ledger);
      const after = await hospital.startBridge();
      await after.cardRead(hospital.agent, pid(3020));
      await comesTo(after, vn, 'written');
      expect(asked(3020)).toEqual([{ asked: 1, issued: 1 }]);
      expect(await hospital.codeInHis(vn)).toBe(codeAtNhso(3020));
    }, 200_000);
  });
});
