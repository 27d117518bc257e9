/** The token service within a bridge: its schedule, what readiness says, and that the wiring gives it the configured sources. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTokenSources } from '../../../adapters/nhso/tokens/open.ts';
import { createSchema, seedReferenceData } from '../../../simulators/his/hosxp/schema.ts';
import { simDbOver } from '../../../simulators/his/sim-db.ts';
import { startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { type NhsoWebSimulator, startNhsoWeb } from '../../../simulators/nhso-web/start.ts';
import { parseConfig } from '../../../src/config.ts';
import { startBridge } from '../../../src/main.ts';
import { freshPglite } from '../../support/pglite.ts';
import { SAMPLE_AT } from '../../support/samples.ts';
import { HisOfTheFile, openHospital } from '../support/hospital.ts';
import { quietLog } from '../support/quiet.ts';
import { ACCOUNT, HCODE } from './night.ts';

const PATIENCE_MS = 240_000;
const SOON = { timeout: 60_000, interval: 50 };

let folder: string;
let nhso: NhsoWebSimulator;
let srmTokenFile: string;
let ucTokenFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'authen-bridge-token-bridge-'));
  nhso = await startNhsoWeb({ hcode: HCODE });
  srmTokenFile = join(folder, 'token.txt');
  ucTokenFile = join(folder, 'nhso_token.txt');
});
afterEach(async () => {
  await nhso.close();
  await rm(folder, { recursive: true, force: true });
});

it(
  'the schedule of midnight renews what can be renewed; readiness says that a person must log in',
  async () => {
    const his = await HisOfTheFile.start();
    nhso.control.clockOffset(SAMPLE_AT - Date.now());
    await nhso.control.staffLogsIn({ account: ACCOUNT, srmTokenFile });
    const options = { ucTokenFile, srmTokenFile, srmRefreshUrl: nhso.urls.srmRefresh };
    let now = (): number => SAMPLE_AT;
    const tokenSources = openTokenSources(options, () => now());
    const hospital = await openHospital(his, { tokenSources });
    now = () => hospital.now;
    try {
      const said = async (check: string) =>
        (await hospital.bridge.readiness()).find((f) => f.check === check);
      await expect.poll(async () => (await said(`token-srm-${HCODE}`))?.message, SOON).toContain('alive');
      expect(await said(`token-uc-${HCODE}`)).toMatchObject({ level: 'warn' });
      nhso.control.midnight();
      hospital.pass(nhso.control.centre.now() - hospital.now);
      await hospital.queue.tick('tokens-midnight');
      expect(nhso.control.logIns({ way: 'refresh' })).toHaveLength(1);
      expect(await hospital.ledger.tokens.get(HCODE, 'srm')).toMatchObject({ generation: 2 });
      expect(await said(`token-uc-${HCODE}`)).toMatchObject({ level: 'ok' });
    } finally {
      await hospital.close();
      await his.close();
    }
  },
  PATIENCE_MS,
);

it(
  'the configuration gives a bridge its tokens; the figures tell which live; nothing is left under way when it stops',
  async () => {
    await nhso.control.staffLogsIn({ account: ACCOUNT, ucTokenFile });
    const agent = await startNhsoAgent({ hcode: HCODE });
    const pglite = await freshPglite();
    const db = simDbOver(pglite);
    await createSchema(db);
    await seedReferenceData(db, { hcode: HCODE, hospitalName: 'โรงพยาบาลสมมุติ' });
    const config = parseConfig(
      {
        store: `sqlite:${join(folder, 'bridge.db')}`,
        secrets: { keyFile: join(folder, 'secret.key') },
        http: { port: 0 },
        sites: [
          {
            hcode: HCODE,
            his: { kind: 'hosxp', url: 'pglite:' },
            stations: [{ id: 'counter-1', agentUrl: agent.url }],
            nhso: { ucTokenFile, serviceToken: nhso.hospitalToken },
          },
        ],
      },
      {},
    );
    const running = await startBridge(config, { log: quietLog, pglite: new Map([[HCODE, pglite]]) });
    try {
      const { house } = running;
      await expect.poll(() => house.tokens.isOpen(HCODE, 'uc'), SOON).toBe(true);
      const uses = await house.tokens.use(HCODE, 'uc', async ({ account }) => account);
      expect(uses).toBe(ACCOUNT);
      expect(await house.tokens.use(HCODE, 'service', async ({ value }) => value)).toBe(nhso.hospitalToken);
      await expect.poll(async () => house.tokens.findings().map((f) => f.level), SOON).toEqual(['ok', 'ok']);
    } finally {
      await running.stop(0);
      await agent.close();
      await pglite.close();
    }
  },
  PATIENCE_MS,
);
