/** The invented hospital: its HIS, its counter with an agent and a reader worker, NHSO behind it, and the bridge. */

import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { preparedFile, preparedPglite } from '../../../queues/backends/prepared-pglite.ts';
import { CANCELLED_STATUS } from '../../../simulators/his/hosxp/sample-day.ts';
import { createSchema, seedReferenceData } from '../../../simulators/his/hosxp/schema.ts';
import { type SimDb, simDbOver } from '../../../simulators/his/sim-db.ts';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { type Config, parseConfig } from '../../config.ts';
import { BridgeError } from '../../domain/bridge-error.ts';
import { makeKey } from '../../http/api-key.ts';
import { SCOPE_NAMES } from '../../http/scopes.ts';
import { makeLog } from '../../log.ts';
import { type RunningBridge, startBridge } from '../../main.ts';
import type { Ledger } from '../../service/ports/ledger.ts';
import { tryToListen } from '../listening.ts';
import type { DemoOptions } from './options.ts';
import { startReader } from './reader.ts';

const HCODE = '10978';
const NAME = 'โรงพยาบาลสมมุติ';
const STATION = 'counter-1';
const HOST = '127.0.0.1';

export interface Hospital {
  hcode: string;
  his: SimDb;
  agent: NhsoAgentSimulator;
  running: RunningBridge;
  banner: string;
  /** Resolves when the reader worker ends by itself, to how it did. */
  readerFailed: Promise<string>;
  close(): Promise<void>;
}

/** A HIS's database before anything is in it. */
const EMPTY = { options: {}, prepare: async () => undefined };

/** Told what is being opened. May throw to stop the opening; what is open by then is closed. */
export type Progress = (what: string) => void;

export async function openHospital(options: DemoOptions, progress: Progress): Promise<Hospital> {
  const opened = new AsyncDisposableStack();
  try {
    return await open(options, progress, opened);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

async function open(
  options: DemoOptions,
  progress: Progress,
  opened: AsyncDisposableStack,
): Promise<Hospital> {
  await refuseTakenPort(options.port);
  // beside the table, not in it
  const destination = pino.destination({ fd: 2, sync: true });
  const log = makeLog({ level: options.verbose ? 'info' : 'error', destination });
  const folder = await throwAwayFolder(opened);
  progress('NHSO agent with a card reader');
  const agent = opened.adopt(await startNhsoAgent({ hcode: HCODE, delayMs: 40 }), (a) => a.close());
  progress('HOSxP database');
  const file = preparedFile('empty', ['@electric-sql/pglite']);
  const pglite = opened.adopt(await preparedPglite(file, EMPTY, log), (db) => db.close());
  const his = simDbOver(pglite);
  await createSchema(his);
  await seedReferenceData(his, { hcode: HCODE, hospitalName: NAME });
  progress('the bridge: ledger, embedded queue, API');
  const config = configuration(folder, options.port, agent.url);
  const running = opened.adopt(await startBridge(config, { log, pglite: new Map([[HCODE, pglite]]) }), (b) =>
    b.stop(5_000),
  );
  progress('a reader worker at the counter');
  const key = await addKey(running.ledger, { name: 'demo', scopes: SCOPE_NAMES, stationId: null });
  const atCounter = { name: STATION, scopes: ['card-reads:write'], stationId: STATION };
  const stationKey = await addKey(running.ledger, atCounter);
  const where = { station: STATION, agentUrl: agent.url, bridgeUrl: running.url, key: stationKey, folder };
  const reader = opened.adopt(startReader(where), (r) => r.close());
  onHardEnd(opened, reader.kill);
  return {
    ...{ hcode: HCODE, his, agent, running, banner: banner(running.url, key, folder) },
    readerFailed: reader.failed,
    close: () => opened.disposeAsync(),
  };
}

/** Before anything is started: said a few seconds later, it would look like a fault. */
async function refuseTakenPort(port: number): Promise<void> {
  const code = port === 0 ? null : await tryToListen(HOST, port);
  if (code === null) return;
  const why = code === 'EADDRINUSE' ? 'another program uses it' : code;
  const next = 'choose another --port, or leave it out to take a free one';
  throw new BridgeError('bad-input', `port ${port} cannot be had: ${why}; ${next}`, { retry: 'no' });
}

async function throwAwayFolder(opened: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'authen-bridge-demo-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  onHardEnd(opened, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What is done when the process ends without closing: a second Ctrl-C, an unexpected error. */
function onHardEnd(opened: AsyncDisposableStack, clean: () => void): void {
  process.on('exit', clean);
  opened.defer(() => void process.off('exit', clean));
}

function configuration(folder: string, port: number, agentUrl: string): Config {
  const his = { kind: 'hosxp', url: 'pglite://in-process', pollSeconds: 1, digestSeconds: 5 };
  const site = {
    ...{ hcode: HCODE, name: NAME },
    his: { ...his, cancelledStatuses: [CANCELLED_STATUS] },
    stations: [{ id: STATION, agentUrl }],
    nhso: { settleSeconds: 2 },
  };
  const store = `sqlite:${join(folder, 'bridge.db')}`;
  return parseConfig({ store, queue: 'embedded', http: { host: HOST, port }, sites: [site] }, {});
}

async function addKey(
  ledger: Ledger,
  what: { name: string; scopes: readonly string[]; stationId: string | null },
): Promise<string> {
  const { id, text, hash } = makeKey();
  const hcode = what.stationId === null ? null : HCODE;
  await ledger.addKey({ ...what, id, hash, hcode, createdAt: Date.now(), revokedAt: null });
  return text;
}

function banner(url: string, key: string, folder: string): string {
  return `
authen-bridge demo: an invented hospital, ${HCODE} ${NAME}

  API        ${url}/api/cases
  FHIR base  ${url}/fhir
  Key        ${key}
             curl -H "Authorization: Bearer ${key}" ${url}/api/cases
  Data       ${folder} (removed at the end)
  End        Ctrl+C
`;
}
