/** The invented hospital: its HIS, its counter with an agent and a reader worker, NHSO behind it, and the bridge. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { CANCELLED_STATUS } from '../../../simulators/his/hosxp/sample-day.ts';
import { createSchema, seedReferenceData } from '../../../simulators/his/hosxp/schema.ts';
import { type SimDb, simDbOver } from '../../../simulators/his/sim-db.ts';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { parseConfig } from '../../config.ts';
import { makeKey } from '../../http/api-key.ts';
import { SCOPE_NAMES } from '../../http/scopes.ts';
import { makeLog } from '../../log.ts';
import { type RunningBridge, startBridge } from '../../main.ts';
import type { Ledger } from '../../service/ports/ledger.ts';
import type { DemoOptions } from './options.ts';

const HCODE = '10978';
const STATION = 'counter-1';
const CLI = join(import.meta.dirname, '..', '..', 'cli.ts');

export interface Hospital {
  hcode: string;
  his: SimDb;
  agent: NhsoAgentSimulator;
  running: RunningBridge;
  banner: string;
  close(): Promise<void>;
}

export async function openHospital(
  options: DemoOptions,
  progress: (what: string) => void,
): Promise<Hospital> {
  const folder = await mkdtemp(join(tmpdir(), 'authen-bridge-demo-'));
  progress('NHSO agent with a card reader');
  const agent = await startNhsoAgent({ hcode: HCODE, delayMs: 40 });
  progress('HOSxP database');
  const pglite = await PGlite.create();
  const his = simDbOver(pglite);
  await createSchema(his);
  await seedReferenceData(his, { hcode: HCODE, hospitalName: 'โรงพยาบาลสมมุติ' });

  progress('the bridge: ledger, embedded queue, API');
  const config = parseConfig(
    {
      store: `sqlite:${join(folder, 'bridge.db')}`,
      queue: 'embedded',
      http: { port: options.port },
      sites: [
        {
          hcode: HCODE,
          name: 'โรงพยาบาลสมมุติ',
          his: {
            kind: 'hosxp',
            url: 'pglite://in-process',
            pollSeconds: 1,
            digestSeconds: 5,
            cancelledStatuses: [CANCELLED_STATUS],
          },
          stations: [{ id: STATION, agentUrl: agent.url }],
          nhso: { settleSeconds: 2 },
        },
      ],
    },
    {},
  );
  const log = makeLog({ level: options.verbose ? 'info' : 'error' });
  const running = await startBridge(config, { log, pglite: new Map([[HCODE, pglite]]) });
  const key = await addKey(running.ledger, { name: 'demo', scopes: SCOPE_NAMES, stationId: null });
  const stationKey = await addKey(running.ledger, {
    name: STATION,
    scopes: ['card-reads:write'],
    stationId: STATION,
  });
  progress('a reader worker at the counter');
  const reader = startReader({ agentUrl: agent.url, bridgeUrl: running.url, key: stationKey, folder });
  return {
    ...{ hcode: HCODE, his, agent, running },
    banner: banner(running.url, key, folder),
    async close() {
      await stopChild(reader);
      await running.stop(5_000);
      await agent.close();
      await pglite.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function addKey(
  ledger: Ledger,
  what: { name: string; scopes: readonly string[]; stationId: string | null },
): Promise<string> {
  const { id, text, hash } = makeKey();
  const { name, scopes, stationId } = what;
  const bound = stationId === null ? null : HCODE;
  await ledger.addKey({
    id,
    name,
    hash,
    scopes,
    hcode: bound,
    stationId,
    createdAt: Date.now(),
    revokedAt: null,
  });
  return text;
}

/** The real reader worker, a process of its own as at a counter, only more hurried. */
function startReader(where: {
  agentUrl: string;
  bridgeUrl: string;
  key: string;
  folder: string;
}): ChildProcess {
  const { agentUrl, bridgeUrl, key, folder } = where;
  const args = [
    '--station',
    STATION,
    '--agent',
    agentUrl,
    '--bridge',
    bridgeUrl,
    '--spool',
    join(folder, 'spool'),
  ];
  const child = spawn(process.execPath, [CLI, 'reader', ...args, '--poll-ms', '100', '--settle-ms', '100'], {
    env: { ...process.env, AUTHEN_BRIDGE_KEY: key },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = createWriteStream(join(folder, 'reader.log'), { mode: 0o600 });
  child.stdout?.pipe(output, { end: false });
  child.stderr?.pipe(output, { end: false });
  return child;
}

function stopChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

function banner(url: string, key: string, folder: string): string {
  return `
authen-bridge demo: an invented hospital, ${HCODE} โรงพยาบาลสมมุติ

  API        ${url}/api/cases
  FHIR base  ${url}/fhir
  Key        ${key}
             curl -H "Authorization: Bearer ${key}" ${url}/api/cases
  Data       ${folder} (removed at the end)
`;
}
