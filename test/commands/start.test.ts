/** `start` as a supervisor sees it: what it prints, when it ends, and with which code. */

import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../simulators/nhso-agent/start.ts';
import { privateRedis } from '../queues/private-redis.ts';
import { freePort } from '../support/services/processes.ts';
import { describeWith, services } from '../support/services.ts';
import { Cli, type Ended, runCli } from './cli.ts';

const NOBODY_LISTENS = '127.0.0.1:9';

let folder: string;
let agent: NhsoAgentSimulator;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'authen-bridge-start-'));
  agent = await startNhsoAgent();
});
afterAll(async () => {
  await agent.close();
  rmSync(folder, { recursive: true });
});

async function configFile(change: object = {}): Promise<string> {
  const file = join(mkdtempSync(join(folder, 'c-')), 'authen-bridge.config.json');
  const his = { kind: 'hosxp', url: `mysql://bridge:s3cret@${NOBODY_LISTENS}/hos`, pollSeconds: 0.2 };
  const stations = [{ id: 'counter-1', agentUrl: agent.url }];
  const good = {
    ...{ store: `sqlite:${join(file, '..', 'bridge.db')}`, queue: 'embedded' },
    ...{ http: { port: await freePort() }, sites: [{ hcode: '10978', his, stations }] },
  };
  writeFileSync(file, JSON.stringify({ ...good, ...change }));
  return file;
}

const start = async (change: object = {}): Promise<Cli> =>
  new Cli(['start', '--config', await configFile(change)]);

async function ended(cli: Cli): Promise<Ended> {
  return { code: await cli.ended(), out: cli.out, err: cli.err };
}

const logOf = ({ out }: Pick<Cli, 'out'>): { level: string; msg: string }[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { level: string; msg: string });

/** A server that takes connections and says nothing. */
async function silent(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as { port: number }).port };
}

describe('a start that cannot succeed', () => {
  /** One sentence with the next step, no stack, nothing secret. */
  const isToldWell = ({ code, out, err }: Ended, said: RegExp, next: RegExp): void => {
    expect(err).toMatch(said);
    expect(err).toMatch(next);
    expect(err.startsWith('authen-bridge: ')).toBe(true);
    expect(err).not.toMatch(/^ +at /m);
    expect(err.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
    expect(`${out}${err}`).not.toMatch(/s3cret/);
    expect(code).toBe(1);
  };

  test('a wrong configuration', async () => {
    const sites = [{ hcode: '10978', his: { kind: 'hosxp', url: 'mysql://u:s3cret#@h/d' }, stations: [] }];
    const result = await ended(await start({ sites }));
    isToldWell(result, /sites\[0\]\.his\.url: an address that cannot be read/, /"#" as %23/);
    expect(result.err).toContain('sites[0].stations: expected at least one station');
  });

  test('a file that is not there', async () => {
    isToldWell(
      await runCli(['start', '--config', '/nowhere.json']),
      /nowhere\.json: there is no such file/,
      /--config/,
    );
  });

  test('a ledger that cannot be written', async () => {
    writeFileSync(join(folder, 'a-file'), '');
    const result = await ended(await start({ store: `sqlite:${join(folder, 'a-file', 'bridge.db')}` }));
    isToldWell(result, /the ledger cannot be opened at .*a-file\/bridge\.db/, /→ .*"store"/);
  });

  test('a ledger server that is away', async () => {
    const result = await ended(await start({ store: `postgres://u:s3cret@${NOBODY_LISTENS}/d` }));
    isToldWell(result, /the ledger cannot be reached \(.*ECONNREFUSED/, /→ .*"store"/);
  });

  test('Redis is away', async () => {
    const result = await ended(await start({ queue: `redis://:s3cret@${NOBODY_LISTENS}` }));
    isToldWell(result, /Redis at 127\.0\.0\.1:9 cannot be reached/, /→ Start the server/);
  });

  test('the port is taken', async () => {
    const { server, port } = await silent();
    const result = await ended(await start({ http: { port } }));
    server.close();
    isToldWell(
      result,
      new RegExp(`127\\.0\\.0\\.1:${port}: another program uses this port`),
      /choose another http\.port/,
    );
  });

  test('the address is none of this machine', async () => {
    const result = await ended(await start({ http: { host: '192.0.2.1', port: await freePort() } }));
    isToldWell(result, /cannot listen on 192\.0\.2\.1/, /http\.host is no address of this machine/);
  });
});

describeWith('redis', 'a Redis that would lose jobs', () => {
  const { redisServer } = services();
  test.skipIf(redisServer === null)('is refused, with the command that puts it right', async () => {
    const redis = await privateRedis(redisServer ?? '', '--maxmemory-policy', 'allkeys-lru');
    const { code, err } = await ended(await start({ queue: redis.url }));
    await redis.remove();
    expect(code).toBe(1);
    expect(err).toMatch(
      /^authen-bridge: Redis would throw jobs away.*CONFIG SET maxmemory-policy noeviction$/m,
    );
  });
});

/** Long enough for the embedded queue to start on a busy machine, ms. */
const SLOW = { timeout: 120_000 };

describe('told to stop', () => {
  test('SIGTERM: in good order, the log whole, and in it only what somebody should know', SLOW, async () => {
    const cli = await start();
    await cli.says('is at work');
    await cli.says('cannot be polled');
    // fifteen more polls of a HIS that is away
    await sleep(3_000);
    cli.child.kill('SIGTERM');
    expect(await ended(cli)).toMatchObject({ code: 0, err: '' });
    const said = logOf(cli).map(({ level, msg }) => `${level} ${msg.split(':')[0]}`);
    expect(said.slice(0, 2).toSorted()).toEqual([
      'info authen-bridge is at work',
      'warn the HIS cannot be polled',
    ]);
    expect(said.slice(2)).toEqual(['info stopping', 'info stopped']);
    expect(cli.out).not.toContain('s3cret');
  });

  test('one Ctrl-C that comes twice, from the terminal and from npm, is one', SLOW, async () => {
    const cli = await start();
    await cli.says('is at work');
    cli.child.kill('SIGINT');
    await sleep(20);
    cli.child.kill('SIGINT');
    expect(await cli.ended()).toBe(0);
    expect(cli.out).toContain('"stopped"');
  });

  test(
    'at any moment of the start: exit code 0, nothing on standard error, nothing left open',
    SLOW,
    async () => {
      const file = await configFile();
      for (const ms of [500, 1_000, 1_700]) {
        const cli = new Cli(['start', '--config', file]);
        await sleep(ms);
        cli.child.kill('SIGTERM');
        const { code, err } = await ended(cli);
        // null: before our first line had run, node itself ended
        expect({ ms, err, code: code ?? 0 }).toEqual({ ms, err: '', code: 0 });
      }
      expect(readdirSync(join(file, '..')).filter((name) => /-wal$|-shm$/.test(name))).toEqual([]);
    },
  );

  test('in a start that hangs: the first signal waits for it, the second ends at once', SLOW, async () => {
    const { server, port } = await silent();
    const cli = await start({ queue: `redis://127.0.0.1:${port}` });
    await once(server, 'connection');
    cli.child.kill('SIGTERM');
    await sleep(700);
    cli.child.kill('SIGTERM');
    expect(await cli.ended()).toBe(143);
    server.close();
  });
});

describe('an unexpected error', () => {
  /** Breaks the process from within, as a fault of ours would. */
  const broken = async (
    fault: string,
    when: NodeJS.Signals | 'uncaughtException',
    args: string[],
  ): Promise<Ended> => {
    const module = join(mkdtempSync(join(folder, 'm-')), 'fault.mjs');
    writeFileSync(
      module,
      `const timer = setInterval(() => {
        if (process.listenerCount('${when}') === 0) return;
        clearInterval(timer);
        ${fault}
      }, 10);`,
    );
    return runCli(args, { NODE_OPTIONS: `--import=${module}` });
  };
  const PID = ['31006', '0'.repeat(6), '12'].join('');
  const text = `"row of " + ["31006", "0".repeat(6), "12"].join("") + " at mysql://u:s3cret@h/d"`;

  test.each([
    ['thrown', `throw new Error(${text})`],
    ['a rejection that nobody handles', `void Promise.reject(new Error(${text}))`],
  ])('%s: one masked line in the log, exit code 1', async (_, fault) => {
    const result = await broken(fault, 'SIGTERM', ['start', '--config', await configFile()]);
    expect(result.code).toBe(1);
    expect(result.err).toBe('');
    const last = logOf(result).at(-1);
    expect(last).toMatchObject({
      level: 'error',
      error: { message: expect.stringContaining('row of 3-xxxx') },
    });
    expect(result.out).not.toContain(PID);
    expect(result.out).not.toContain('s3cret');
  });

  test('in a command without a log it goes to standard error, masked as well', async () => {
    const simulate = ['simulate', 'nhso-agent', '--port', '0'];
    const { code, err } = await broken(`throw new Error(${text})`, 'uncaughtException', simulate);
    expect(code).toBe(1);
    expect(err).toMatch(/^authen-bridge: an unexpected error, please report it: Error: row of 3-xxxx/);
    expect(err).not.toMatch(/s3cret/);
    expect(err).not.toContain(PID);
  });
});

describe('help', () => {
  const COMMANDS = [
    ...['start', 'doctor', 'backup', 'restore', 'import-report', 'reconcile', 'reader', 'key', 'tokens'],
    ...['demo', 'simulate'],
  ];
  test.each(COMMANDS)('%s --help says what it is for', async (name) => {
    const { code, out, err } = await runCli([name, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(new RegExp(`^Usage: authen-bridge ${name} `));
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  test('a command that is none, also one that JavaScript knows, is an error', async () => {
    for (const name of ['strat', 'toString']) {
      const { code, err } = await runCli([name]);
      expect(code).toBe(1);
      expect(err).toContain(`unknown command '${name}'`);
    }
  });
});
