/** `tokens` as whoever runs it sees it: what it lists, and a key that is changed while others work. */

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openLedger } from '../../db/open-ledger.ts';
import type { SecretsOptions } from '../../db/secrets/secrets.ts';
import { DAY_MS } from '../../src/domain/bangkok.ts';
import type { Ledger } from '../../src/service/ports/ledger.ts';
import type { FoundToken } from '../../src/service/ports/tokens.ts';
import { sampleKey } from '../db/contract/secret-keys.ts';
import { found as numbered } from '../db/contract/tokens.ts';
import { endWorkers, startWorkers } from '../db/secrets/workers.ts';
import { sampleCitizenId } from '../support/samples.ts';
import { Cli, type Ended, runCli } from './cli.ts';

/** Each run is a process, on a machine that may be busy. */
const SLOW = { timeout: 300_000 };
const HCODE = '10978';
const VALUE = 'abcd1234abcd1234';

let root: string;
let folder: string;
let store: string;
let keyFile: string;
let config: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'authen-bridge-tokens-'));
});
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(root, 't-'));
  store = `sqlite:${join(folder, 'bridge.db')}`;
  keyFile = join(folder, 'secret.key');
  config = configFor({ keyFile });
});

function configFor(secrets: SecretsOptions): string {
  const file = join(folder, 'config.json');
  const his = { kind: 'hosxp', url: 'mysql://bridge:s3cret@127.0.0.1:9/hos' };
  const stations = [{ id: 'counter-1', agentUrl: 'http://127.0.0.1:9' }];
  const nhso = {
    ucTokenFile: '/mnt/uc/nhso_token.txt',
    srmTokenFile: '/mnt/srm/token.txt',
    serviceToken: 'a-uuid',
  };
  const bare = { hcode: '10979', his, stations };
  writeFileSync(
    file,
    JSON.stringify({ store, secrets, sites: [{ hcode: HCODE, his, stations, nhso }, bare] }),
  );
  return file;
}

const tokens = (...args: string[]): Promise<Ended> => runCli(['tokens', ...args, '--config', config]);

async function withLedger<T>(
  work: (ledger: Ledger) => Promise<T>,
  secrets: SecretsOptions = { keyFile },
): Promise<T> {
  const ledger = await openLedger(store, { secrets });
  try {
    await ledger.migrate();
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

const found = (more: Partial<FoundToken> = {}): FoundToken & { source: string } => ({
  ...{ value: VALUE, account: sampleCitizenId(1), refresh: null, expiresAt: null },
  ...{ obtainedAt: Date.now(), source: 'file /mnt/uc/nhso_token.txt' },
  ...more,
});

const keyIds = (): string[] =>
  readFileSync(keyFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(':')[0] ?? '');

/** As if its ten seconds were over. */
const endLeaseOfTheDead = (): Promise<void> =>
  withLedger(async ({ leases }) => {
    expect(await leases.take('rotate-key', 'test', 0, Date.now() + 10_000)).toBe(true);
    await leases.release('rotate-key', 'test');
  });

describe('the list', SLOW, () => {
  test('what is configured and not there yet; and looking makes neither ledger nor key', async () => {
    const { code, out, err } = await tokens();
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^10978 +uc +missing .*file \/mnt\/uc\/nhso_token\.txt\n +→ Log in with UC Authentication/m,
    );
    expect(out).toMatch(/^10978 +srm +missing .*\n +→ Log in with NHSO's SRM/m);
    expect(out).toMatch(/^10978 +service +missing .*configuration nhso\.serviceToken\n +→ Start the bridge/m);
    expect(out).not.toMatch(/10979|a-uuid|moph/);
    expect(readdirSync(folder)).toEqual(['config.json']);
  });

  test('each with source, account, age, end, last use and state, and never its value', async () => {
    const now = Date.now();
    await withLedger(async ({ tokens }) => {
      await tokens.put(HCODE, 'uc', 0, found({ obtainedAt: now - 168 * DAY_MS }));
      await tokens.noteUsed(HCODE, 'uc', now - 166 * DAY_MS);
      const srm = {
        account: null,
        refresh: 'refresh-secret',
        expiresAt: now + 7_200_000,
        source: 'file /mnt/srm/token.txt',
      };
      await tokens.put(HCODE, 'srm', 0, found({ ...srm, obtainedAt: now - 5_400_000 }));
      await tokens.put(HCODE, 'service', 0, found({ account: null }));
      await tokens.noteRefused(HCODE, 'service', 1, now);
      await tokens.put('10600', 'moph', 0, found({ account: 'somchai@hospital.example' }));
    });
    const { code, out, err } = await tokens();
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [, uc = '', ucNext = '', srm = '', service = '', serviceNext = ''] = out
      .split('\n')
      .slice(out.indexOf('10600') > out.indexOf('10978') ? 0 : 2);
    expect(uc).toMatch(
      /uc +died at midnight +9-xxxx-xxxxx-\d\d-\d +20.* \(168 days\) +20.* 00:00 +20.* \(166 days\) +file/,
    );
    expect(ucNext).toMatch(/→ Log in .* not been used for 166 days: NHSO cancels it on 20..-..-.. at 12:30/);
    expect(srm).toMatch(/srm +works +– +20.* \(1 h\) +20.* +– +file \/mnt\/srm\/token\.txt$/);
    expect(service).toMatch(/service +refused 20/);
    expect(serviceNext).toMatch(/→ See that nhso\.serviceToken/);
    expect(out).toMatch(/^10600 +moph +not configured +so… /m);
    const json = await tokens('--json');
    const listed = (JSON.parse(json.out) as { tokens: Record<string, unknown>[] }).tokens;
    expect(listed.map((t) => [t.hcode, t.kind, t.state])).toEqual([
      ['10600', 'moph', 'unused'],
      [HCODE, 'uc', 'expired'],
      [HCODE, 'srm', 'alive'],
      [HCODE, 'service', 'refused'],
    ]);
    expect(listed[1]).toMatchObject({ accountAge: { days: 166, warning: 165 } });
    expect(String(listed[1]?.account)).toMatch(/^9-xxxx-xxxxx-/);
    for (const secret of [VALUE, 'refresh-secret', sampleCitizenId(1), 'somchai', 'a-uuid', 's3cret']) {
      expect(out + json.out).not.toContain(secret);
    }
  });

  test('a key that is lost or open to others is told with the next step', async () => {
    await withLedger(({ tokens }) => tokens.put(HCODE, 'uc', 0, found()));
    chmodSync(keyFile, 0o644);
    const open = await tokens();
    expect(open).toMatchObject({ code: 1, out: '' });
    expect(open.err).toContain(`chmod 600 ${keyFile}`);
    rmSync(keyFile);
    for (const command of [[], ['rotate-key'], ['reseal']]) {
      const { code, err } = await tokens(...command);
      expect(code).toBe(1);
      expect(err).toMatch(/which is not there\. Put that key back.*npm run tokens -- forget/);
      expect(existsSync(keyFile)).toBe(false);
    }
    const { code, out } = await tokens('forget');
    expect({ code, out }).toEqual({ code: 0, out: '1 removed.\n' });
    expect((await tokens()).out).toMatch(/uc +missing/);
  });
});

describe('rotate-key', SLOW, () => {
  test('nothing to change', async () => {
    const { code, out } = await tokens('rotate-key');
    expect(code).toBe(0);
    expect(out).toMatch(/no key yet/);
    expect(existsSync(keyFile)).toBe(false);
  });

  test('a new key alone, private; every token opens with it; a backup of before needs "forget"', async () => {
    await withLedger(async ({ tokens }) => {
      await tokens.put(HCODE, 'uc', 0, found());
      await tokens.put(HCODE, 'srm', 0, found({ refresh: 'r' }));
    });
    copyFileSync(join(folder, 'bridge.db'), join(folder, 'backup.db'));
    const [before] = keyIds();
    const { code, out, err } = await tokens('rotate-key');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(keyIds()).toHaveLength(1);
    expect(keyIds()).not.toContain(before);
    expect(out).toContain(
      `2 sealed anew under the new key ${keyIds()[0]}; ${before} stands in ${keyFile} no more`,
    );
    expect(out).not.toContain(readFileSync(keyFile, 'utf8').split(':')[1]?.trim());
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect((await withLedger((ledger) => ledger.tokens.list())).map((t) => t.value)).toEqual([VALUE, VALUE]);
    copyFileSync(join(folder, 'backup.db'), join(folder, 'bridge.db'));
    expect((await tokens()).err).toContain(`sealed under the key ${before}, which is not there`);
    expect((await tokens('forget')).out).toBe('2 removed.\n');
    expect(await withLedger(({ tokens }) => tokens.put(HCODE, 'uc', 0, found()))).toBe(true);
  });

  test('killed at any moment and run again, while two bridges read and store: nothing is lost', async () => {
    await withLedger(async ({ tokens }) => {
      // enough of them that sealing anew takes a while
      for (let n = 0; n < 60; n++) await tokens.put(String(20_000 + n), 'uc', 0, numbered(1));
    });
    const hcodes = ['10001', '10002'];
    const workers = await startWorkers({ store, keyFile, hcodes, go: join(folder, 'go') });
    const pauses = [0, 5, 15, 40, 80];
    for (const pause of pauses) {
      const before = readFileSync(keyFile, 'utf8');
      const cli = new Cli(['tokens', 'rotate-key', '--config', config]);
      while (readFileSync(keyFile, 'utf8') === before && cli.child.exitCode === null) await sleep(1);
      await sleep(pause);
      cli.child.kill('SIGKILL');
      await cli.ended();
      // whatever it left, everything opens
      expect(await withLedger((ledger) => ledger.tokens.list())).toHaveLength(62);
      // only the last one waits the ten seconds that a dead one's lease holds it up
      if (pause !== pauses.at(-1)) await endLeaseOfTheDead();
    }
    const { code, err } = await tokens('rotate-key');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const { code, faults } of await endWorkers(workers))
      expect({ code, faults }).toEqual({ code: 0, faults: '' });
    expect(keyIds()).toHaveLength(1);
    const stored = await withLedger((ledger) => ledger.tokens.list());
    for (const { hcode, lines } of workers) {
      expect(lines.at(-1)).toBe('done');
      expect(stored.find((t) => t.hcode === hcode)?.generation).toBe(Number(lines.at(-2)));
    }
    expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  test('two at once take turns', async () => {
    await withLedger(({ tokens }) => tokens.put(HCODE, 'uc', 0, found()));
    const [before] = keyIds();
    const both = await Promise.all([tokens('rotate-key'), tokens('rotate-key')]);
    expect(both.map(({ code, err }) => ({ code, err }))).toEqual(Array(2).fill({ code: 0, err: '' }));
    expect(keyIds()).toHaveLength(1);
    expect(keyIds()).not.toContain(before);
    expect(await withLedger((ledger) => ledger.tokens.list())).toHaveLength(1);
  });

  test('a key from the environment: it says what to do instead, and that works', async () => {
    const [old, fresh] = [sampleKey(1), sampleKey(2)];
    await withLedger(({ tokens }) => tokens.put(HCODE, 'uc', 0, found()), { key: old });
    config = configFor({ key: ['$', '{AUTHEN_BRIDGE_SECRET_KEY}'].join('') });
    const run = (key: string, ...args: string[]) =>
      runCli(['tokens', ...args, '--config', config], { AUTHEN_BRIDGE_SECRET_KEY: key });
    const told = await run(old, 'rotate-key');
    expect(told).toMatchObject({ code: 1, out: '' });
    expect(told.err).toMatch(
      /nothing was done.*\n +1\. Make a new key: node -p .*\n.*two lines.*\n.*tokens -- reseal\n/,
    );
    expect(told.err).not.toContain(old.slice(0, 12));
    expect(await run(`${fresh}\n${old}`, 'reseal')).toMatchObject({ code: 0, err: '' });
    expect((await run(fresh)).out).toMatch(/uc +works/);
    expect((await run(old)).code).toBe(1);
    expect(existsSync(keyFile)).toBe(false);
  });
});
