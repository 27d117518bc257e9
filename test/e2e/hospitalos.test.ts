/** The whole bridge at a hospital with HospitalOS: the HIS's own rows are asked what became of each visit. */

import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hospitalOsDesk } from '../../simulators/his/hospitalos/desk.ts';
import { admitVisit } from '../../simulators/his/hospitalos/visits.ts';
import { inventedPerson } from '../../simulators/his/people.ts';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../simulators/nhso-agent/start.ts';
import { type Bench, openBench } from '../adapters/his/hospitalos/support.ts';
import { addKey } from '../support/api-key.ts';
import { freePort } from '../support/services/processes.ts';
import { describeWith, ownRedis } from '../support/services.ts';
import { BridgeProcess, eventually, HCODE } from './bridge-support.ts';

interface CaseJson {
  vn: string;
  state: string;
  kind: string;
  code: { claimCode: string } | null;
}

describeWith('postgres', 'the bridge at a HospitalOS', (adminUrl) => {
  describeWith('redis', 'on Redis, with a SQLite ledger', (redis) => {
    let bench: Bench;
    let agent: NhsoAgentSimulator;
    let bridge: BridgeProcess;
    let folder: string;

    beforeAll(async () => {
      bench = await openBench(adminUrl);
      agent = await startNhsoAgent({ hcode: HCODE });
      folder = await mkdtemp(join(tmpdir(), 'authen-bridge-e2e-'));
      const store = `sqlite:${folder}/bridge.db`;
      const key = await addKey(store, 'e2e');
      const port = await freePort();
      const file = join(folder, 'config.json');
      const site = {
        hcode: HCODE,
        his: {
          ...{ kind: 'hospitalos', url: bench.url, pollSeconds: 0.3, digestSeconds: 1 },
          ...{ employeeId: '157000000099', authenFrom: 'authen-bridge' },
        },
        stations: [{ id: 'counter-1', agentUrl: agent.url }],
        nhso: { settleSeconds: 0.5 },
      };
      const http = { host: '127.0.0.1', port };
      const secrets = { keyFile: join(folder, 'secret.key') };
      writeFileSync(
        file,
        JSON.stringify({ store, queue: ownRedis(redis, 4), http, secrets, sites: [site] }),
        {
          mode: 0o600,
        },
      );
      bridge = new BridgeProcess(file, port, key);
      await bridge.ready();
    }, 180_000);

    afterAll(async () => {
      await bridge?.kill('SIGKILL');
      await agent?.close();
      await bench?.his.close();
      await bench?.close();
      await rm(folder, { recursive: true, force: true });
    }, 60_000);

    const casesOf = async (vn: string): Promise<CaseJson[]> => {
      const found = await bridge.get<{ items: CaseJson[] }>(`/api/cases?site=${HCODE}&limit=500`);
      return found.items.filter((c) => c.vn === vn);
    };
    const isIn = (vn: string, state: string) => async () => (await casesOf(vn))[0]?.state === state;

    it('a visit gets a code, and a row of its own for it', { timeout: 120_000 }, async () => {
      const person = inventedPerson(2001);
      const desk = hospitalOsDesk(bench.db);
      await desk.addPeople([person]);
      const vn = await desk.register({ hn: person.hn, at: Date.now() });
      await bridge.cardRead(agent, person.cid ?? '');
      await eventually('written', isIn(vn, 'written'));
      const [{ code } = { code: null }] = await casesOf(vn);
      const rows = await bench.db.query('SELECT * FROM t_nhso_authencode WHERE vn = ?', [vn]);
      expect(rows).toMatchObject([
        {
          ...{ hn: person.hn, pid: person.cid, claim_code: code?.claimCode, claim_type: 'PG0060001' },
          ...{ mobile: null, correlation_id: null, delete_date_time: null },
          ...{ user_record_id: '157000000099', authen_from: 'authen-bridge' },
        },
      ]);
      // admitted after it has its code: it stays the same case, with its code
      await admitVisit(bench.db, vn, Date.now());
      await eventually('an admission', async () => (await bench.his.visit(vn))?.kind === 'inpatient');
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      expect((await casesOf(vn)).map((c) => c.code?.claimCode)).toEqual([code?.claimCode]);
    });

    it('a patient who is admitted before a card was read keeps the case, which needs no code', {
      timeout: 120_000,
    }, async () => {
      const person = inventedPerson(2002);
      const desk = hospitalOsDesk(bench.db);
      await desk.addPeople([person]);
      const vn = await desk.register({ hn: person.hn, at: Date.now() });
      await eventually('awaiting', isIn(vn, 'awaiting-card'));
      const an = await admitVisit(bench.db, vn, Date.now());
      await eventually('not required', isIn(vn, 'not-required'));
      expect(await casesOf(an)).toEqual([]);
    });

    it('a code that a clerk puts into HospitalOS ends the wait', { timeout: 120_000 }, async () => {
      const person = inventedPerson(2003);
      const desk = hospitalOsDesk(bench.db);
      await desk.addPeople([person]);
      const vn = await desk.register({ hn: person.hn, at: Date.now() });
      await eventually('awaiting', isIn(vn, 'awaiting-card'));
      await desk.typeCode(vn, 'PP9876543210');
      await eventually('not awaited any more', async () => (await casesOf(vn))[0]?.state !== 'awaiting-card');
      expect(await desk.codeOf(vn)).toBe('PP9876543210');
      const rows = await bench.db.query('SELECT * FROM t_nhso_authencode WHERE vn = ?', [vn]);
      expect(rows).toHaveLength(1);
    });
  });
});
