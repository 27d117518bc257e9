/**
 * A night at NHSO for the tests of tokens: its web services in miniature, the files that its programs write, a ledger on either
 * engine, and token services of as many processes as are wanted. All clocks run, each may be set off against the true one.
 */

import { randomUUID } from 'node:crypto';
import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTokenSources } from '../../../adapters/nhso/tokens/open.ts';
import { type NhsoWebSimulator, startNhsoWeb } from '../../../simulators/nhso-web/start.ts';
import { parseBangkokDateTime } from '../../../src/domain/bangkok.ts';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { TokenKind } from '../../../src/domain/token.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import type { Log } from '../../../src/service/ports/log.ts';
import type { StoredToken } from '../../../src/service/ports/tokens.ts';
import { Tokens } from '../../../src/service/tokens/tokens.ts';
import type { MakeStore, TestStore } from '../../db/contract/store.ts';
import { sampleCitizenId } from '../../support/samples.ts';
import { silentMetrics } from '../support/quiet.ts';

export const HCODE = '10978';
/** A member of staff. */
export const ACCOUNT = sampleCitizenId(70);
const PATIENT = sampleCitizenId(71);

export interface TokenProcess {
  tokens: Tokens;
  ledger: Ledger;
  /** Lines of its log, as `message {fields}`. */
  log: string[];
  /** Its clock against the hospital's, ms. */
  aheadMs: number;
  /** Gates that opened, `uc`, `srm`, … */
  opened: TokenKind[];
}

export interface Night {
  nhso: NhsoWebSimulator;
  ucTokenFile: string;
  srmTokenFile: string;
  /** Of the ledger's secrets. */
  keyFile: string;
  /** Citizen id of somebody whom NHSO knows. */
  patient: string;
  store: TestStore;
  /** By the true clock, which NHSO has. */
  now(): number;
  /** All clocks go to this Bangkok time. */
  set(time: string): void;
  pass(ms: number): void;
  process(options?: { leaseMs?: number; serviceToken?: string }): Promise<TokenProcess>;
  /** Logs in with card and PIN, by the programs that write these files. */
  logIn(...kinds: ('uc' | 'srm')[]): Promise<void>;
  /** One right search with that token; BridgeError `token-refused` where NHSO does not take it. */
  ask(token: StoredToken): Promise<string>;
  logIns(kind: 'uc' | 'srm', way: 'person' | 'refresh'): number;
  close(): Promise<void>;
}

export async function openNight(makeStore: MakeStore): Promise<Night> {
  const nhso = await startNhsoWeb({ hcode: HCODE });
  nhso.control.addPeople([{ pid: PATIENT }]);
  const folder = await mkdtemp(join(tmpdir(), 'authen-bridge-night-'));
  const store = await makeStore();
  const ucTokenFile = join(folder, 'nhso_token.txt');
  const srmTokenFile = join(folder, 'token.txt');
  const keyFile = join(folder, 'secret.key');
  const processes: TokenProcess[] = [];
  let offset = 0;
  const now = (): number => Date.now() + offset;
  const set = (at: number): void => {
    offset = at - Date.now();
    nhso.control.clockOffset(offset);
  };

  const night: Night = {
    ...{ nhso, ucTokenFile, srmTokenFile, keyFile, patient: PATIENT, store, now },
    set(time) {
      const at = parseBangkokDateTime(time);
      if (at === null) throw new Error(`no time: ${time}`);
      set(at);
    },
    pass: (ms) => set(now() + ms),
    async process({ leaseMs, serviceToken } = {}) {
      const ledger = await store.open({ secrets: { keyFile } });
      const lines: string[] = [];
      const say = (fields: object, message: string): void => {
        lines.push(`${message} ${JSON.stringify(fields)}`);
      };
      const log: Log = { debug: say, info: say, warn: say, error: say, child: () => log };
      const clock = { now: () => now() + one.aheadMs };
      const srmRefreshUrl = nhso.urls.srmRefresh;
      const sources = openTokenSources({ ucTokenFile, srmTokenFile, srmRefreshUrl, serviceToken }, clock.now);
      const site = { hcode: HCODE, tokenSources: sources, settings: { openingTime: '07:00' } };
      const house = { ledger, clock, log, metrics: silentMetrics, sites: new Map([[HCODE, site]]) };
      const tokens = new Tokens(house, leaseMs === undefined ? {} : { leaseMs });
      const one: TokenProcess = { tokens, ledger, log: lines, aheadMs: 0, opened: [] };
      tokens.onOpen((_, kind) => one.opened.push(kind));
      processes.push(one);
      return one;
    },
    async logIn(...kinds) {
      if (kinds.includes('uc')) {
        await put(ucTokenFile, `${ACCOUNT}#${nhso.control.ucLogIn(ACCOUNT)}\r\n`, now());
      }
      if (kinds.includes('srm')) {
        const { accessToken, refreshToken } = nhso.control.srmLogIn(ACCOUNT);
        await put(srmTokenFile, `access-token=${accessToken}\r\nrefresh-token=${refreshToken}\r\n`, now());
      }
    },
    ask: (token) => (token.kind === 'uc' ? askUcws(nhso.urls.ucws, token) : askRest(nhso, token)),
    logIns: (kind, way) => nhso.control.logIns({ kind, way }).length,
    async close() {
      for (const { tokens } of processes) await tokens.stop();
      await store.drop();
      await nhso.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return night;
}

/** At once, and written by the hospital's clock, which the disk does not know. */
async function put(path: string, text: string, at: number): Promise<void> {
  const beside = `${path}.${randomUUID()}`;
  await writeFile(beside, text);
  await utimes(beside, at / 1000, at / 1000);
  await rename(beside, path);
}

async function askRest({ urls }: NhsoWebSimulator, { kind, value }: StoredToken): Promise<string> {
  const address =
    kind === 'srm'
      ? `${urls.rightSearch}?pid=${PATIENT}`
      : `${urls.authenStatus}/api/check-authen-status?personalId=${PATIENT}&serviceDate=2026-11-20`;
  const answer = await fetch(address, { headers: { authorization: `Bearer ${value}` } });
  const text = await answer.text();
  if (answer.status === 401) throw refused();
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return text;
}

async function askUcws(url: string, { account, value }: StoredToken): Promise<string> {
  const body =
    `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` +
    `<t:searchCurrentByPID xmlns:t="http://tokenws.ucws.nhso.go.th/"><user_person_id>${account}</user_person_id>` +
    `<smctoken>${value}</smctoken><person_id>${PATIENT}</person_id></t:searchCurrentByPID></s:Body></s:Envelope>`;
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'text/xml' }, body });
  const text = await answer.text();
  if (text.includes('NHSO-00003')) throw refused();
  if (!text.includes('NHSO-000001')) throw new Error('no answer of the right search');
  return text;
}

function refused(): BridgeError {
  return new BridgeError('token-refused', 'NHSO does not take the token', { retry: 'no' });
}
