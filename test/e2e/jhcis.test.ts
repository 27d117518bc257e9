/** The whole bridge at a health centre with JHCIS: the command line as it is started there, and JHCIS's own rows. */

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plainPerson } from '../../simulators/his/jhcis/sample-people.ts';
import { createSchema, seedReferenceData } from '../../simulators/his/jhcis/schema.ts';
import {
  besideCode,
  codeOf,
  insertPeople,
  insertVisit,
  typeCode,
} from '../../simulators/his/jhcis/visits.ts';
import { openSimDb, type SimDb } from '../../simulators/his/sim-db.ts';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../simulators/nhso-agent/start.ts';
import { addKey } from '../support/api-key.ts';
import { programEnv } from '../support/program-env.ts';
import { freePort } from '../support/services/processes.ts';
import { describeWith, type FreshDatabase, freshMariaDb, ownRedis } from '../support/services.ts';
import { BridgeProcess, eventually, HCODE } from './bridge-support.ts';

interface CaseJson {
  state: string;
  reason: string | null;
  hn: string;
}

describeWith('mariadb', 'the bridge at a JHCIS', (mariadb) => {
  describeWith('redis', 'on Redis, with a SQLite ledger', (redis) => {
    let folder: string;
    let database: FreshDatabase;
    let jhcis: SimDb;
    let agent: NhsoAgentSimulator;
    let bridge: BridgeProcess;
    let config: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'authen-bridge-jhcis-'));
      database = await freshMariaDb(mariadb, 'tis620');
      jhcis = await openSimDb(database.url);
      await createSchema(jhcis, { storage: 'MyISAM' });
      await seedReferenceData(jhcis, { hcode: HCODE, hospitalName: 'รพ.สต.สมมุติ' });
      await insertPeople(jhcis, [plainPerson(2101), plainPerson(2102)]);
      agent = await startNhsoAgent({ hcode: HCODE });
      const store = `sqlite:${folder}/bridge.db`;
      const key = await addKey(store, 'e2e');
      const port = await freePort();
      config = join(folder, 'config.json');
      const site = {
        hcode: HCODE,
        his: { kind: 'jhcis', url: database.url, pollSeconds: 0.3, digestSeconds: 1 },
        stations: [{ id: 'counter-1', agentUrl: agent.url }],
        nhso: { settleSeconds: 0.5 },
      };
      const secrets = { keyFile: join(folder, 'secret.key') };
      const http = { host: '127.0.0.1', port };
      writeFileSync(
        config,
        JSON.stringify({ store, queue: ownRedis(redis, 3), http, secrets, sites: [site] }),
        {
          mode: 0o600,
        },
      );
      bridge = new BridgeProcess(config, port, key);
      await bridge.ready();
    }, 120_000);

    afterAll(async () => {
      await bridge?.kill('SIGKILL');
      await agent?.close();
      await jhcis?.close();
      await database?.drop();
      await rm(folder, { recursive: true, force: true });
    });

    const caseOf = (visitno: number) =>
      bridge.get<CaseJson>(`/api/cases/${HCODE}/${visitno}`).catch((): null => null);
    const isIn = (visitno: number, state: string) => async (): Promise<boolean> =>
      (await caseOf(visitno))?.state === state;

    it('gets a code for a visit without a time, and writes it with claim type and time', async () => {
      const visitno = await insertVisit(jhcis, { pid: 2101, at: Date.now(), timed: false });
      await bridge.cardRead(agent, plainPerson(2101).idcard ?? '');
      await eventually('written', isIn(visitno, 'written'));
      expect(await codeOf(jhcis, visitno)).toMatch(/^PP\d{10}$/);
      expect(await besideCode(jhcis, visitno)).toEqual({
        type: 'PG0060001',
        time: expect.stringMatching(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/),
      });
      expect((await caseOf(visitno))?.hn).toBe('2101');
    });

    it('a claim type in the code’s place goes to the staff; once it is taken out the case goes on', async () => {
      const visitno = await insertVisit(jhcis, { pid: 2102, at: Date.now(), claimCode: 'PG0060001' });
      await eventually('with the staff', isIn(visitno, 'needs-staff'));
      expect((await caseOf(visitno))?.reason).toBe('his-holds-other-code');
      await bridge.cardRead(agent, plainPerson(2102).idcard ?? '');
      expect(await codeOf(jhcis, visitno)).toBe('PG0060001');
      await typeCode(jhcis, visitno, null);
      await eventually('written', isIn(visitno, 'written'));
      expect(await codeOf(jhcis, visitno)).toMatch(/^PP\d{10}$/);
      expect(agent.control.confirms(plainPerson(2102).idcard ?? '')).toMatchObject([{ asked: 1, issued: 1 }]);
    });

    it('doctor knows it', async () => {
      const run = promisify(execFile)(process.execPath, ['src/cli.ts', 'doctor', '--config', config], {
        env: programEnv(),
      });
      const { stdout } = await run.catch((error: { stdout: string }) => error);
      expect(stdout).toContain('JHCIS answers');
      expect(stdout).toContain(`office says hospital ${HCODE}`);
      expect(stdout).toContain('visit (claimcode_nhso, hiciauthen_nhso, datetime_claim) may be changed');
    });
  });
});
