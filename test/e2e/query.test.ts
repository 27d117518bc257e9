/** The configuration that docs/his-query.md shows, as it stands there: `doctor` is content, and a visit gets its code. */

import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { planDay } from '../../simulators/his/hosxp/sample-day.ts';
import { inventedDesk } from '../../simulators/his/invented/desk.ts';
import { insertDay } from '../../simulators/his/invented/sample-day.ts';
import { inventedPerson } from '../../simulators/his/people.ts';
import { startNhsoAgent } from '../../simulators/nhso-agent/start.ts';
import { addDays, serviceDateOf } from '../../src/domain/bangkok.ts';
import { inventedHis } from '../adapters/his/query/support.ts';
import { blocks, read } from '../docs/markdown.ts';
import { addKey } from '../support/api-key.ts';
import { programEnv } from '../support/program-env.ts';
import { freePort } from '../support/services/processes.ts';
import {
  describeWith,
  type FreshDatabase,
  freshMariaDb,
  freshPostgres,
  ownRedis,
} from '../support/services.ts';
import { BridgeProcess, eventually, HCODE } from './bridge-support.ts';

const PERSON = inventedPerson(9001);

async function fromVisitToCode(fresh: FreshDatabase, queue: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'authen-bridge-e2e-'));
  const his = await inventedHis(fresh);
  const agent = await startNhsoAgent({ hcode: HCODE });
  const port = await freePort();
  let bridge: BridgeProcess | undefined;
  try {
    const yesterday = addDays(serviceDateOf(Date.now()), -1);
    await insertDay(his.db, planDay(yesterday, { count: 30 }));
    const [example = ''] = blocks(read('docs/his-query.md'), 'json');
    const { sites } = JSON.parse(example);
    const site = {
      ...sites[0],
      his: { ...sites[0].his, url: fresh.url, pollSeconds: 0.3, digestSeconds: 1 },
      stations: [{ id: 'counter-1', agentUrl: agent.url }],
      nhso: { settleSeconds: 0.5 },
    };
    const store = `sqlite:${join(folder, 'bridge.db')}`;
    const secrets = { keyFile: join(folder, 'secret.key') };
    const http = { host: '127.0.0.1', port };
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ store, queue, http, secrets, sites: [site] }), {
      mode: 0o600,
    });

    // it ends with 1 where the machine has something else that fails
    const doctor = await promisify(execFile)(process.execPath, ['src/cli.ts', 'doctor', '--config', file], {
      env: programEnv(),
    }).catch((error: { stdout: string }) => error);
    expect(doctor.stdout).toMatch(/ok +"write" fills authen_no of one row of visit_right/);
    expect(doctor.stdout).toContain('citizen id 9-xxxx-');
    expect(doctor.stdout).not.toMatch(/fail +.*(visits|visit|write|column)/);

    const key = await addKey(store, 'e2e');
    bridge = new BridgeProcess(file, port, key);
    await bridge.ready();
    const desk = inventedDesk(his.db);
    await desk.addPeople([PERSON]);
    const vn = await desk.register({ hn: PERSON.hn, at: Date.now() });
    await bridge.cardRead(agent, PERSON.cid ?? '');
    await eventually('the code stands in the HIS', async () => (await desk.codeOf(vn)) !== null);
    expect(await desk.codeOf(vn)).toBe(agent.control.codes(PERSON.cid ?? '')[0]?.claimCode);
  } finally {
    await bridge?.kill('SIGKILL');
    await agent.close();
    await his.drop();
    await rm(folder, { recursive: true, force: true });
  }
}

describeWith('redis', 'a HIS by configuration, the queue on Redis', (redis) => {
  describeWith('mariadb', 'on MariaDB', (adminUrl) => {
    test('from a visit to its code', { timeout: 120_000 }, async () =>
      fromVisitToCode(await freshMariaDb(adminUrl, 'tis620'), ownRedis(redis, 5)),
    );
  });
  describeWith('postgres', 'on PostgreSQL', (adminUrl) => {
    test('from a visit to its code', { timeout: 120_000 }, async () =>
      fromVisitToCode(await freshPostgres(adminUrl), ownRedis(redis, 6)),
    );
  });
});
