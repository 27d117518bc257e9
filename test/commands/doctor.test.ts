/** `doctor` as an IT officer runs it: a process, real servers, one thing wrong at a time. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createSchema, seedReferenceData } from '../../simulators/his/hosxp/schema.ts';
import { openSimDb, type SimDb } from '../../simulators/his/sim-db.ts';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../simulators/nhso-agent/start.ts';
import { startNhsoWeb } from '../../simulators/nhso-web/start.ts';
import { privateRedis } from '../queues/private-redis.ts';
import { freePort } from '../support/services/processes.ts';
import {
  describeWith,
  type FreshDatabase,
  freshMariaDb,
  freshPostgres,
  services,
} from '../support/services.ts';
import { runCli } from './cli.ts';

const HCODE = '10978';
const NOBODY_LISTENS = '127.0.0.1:9';

interface Line {
  section: string;
  check: string;
  level: 'ok' | 'warn' | 'fail';
  message: string;
  fix?: string;
}

interface Visit {
  code: number | null;
  text: string;
  lines: Line[];
  /** The lines that stand in the way. */
  failed: Line[];
}

let folder: string;
let agent: NhsoAgentSimulator;
let port: number;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'authen-bridge-doctor-'));
  agent = await startNhsoAgent({ hcode: HCODE });
  port = await freePort();
});
afterAll(async () => {
  await agent.close();
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  agent.control.plugReader();
  agent.control.clockOffset(0);
});

interface Given {
  his: string;
  store?: string;
  queue?: string;
  hcode?: string;
  agents?: string[];
  port?: number;
  nhso?: object;
}

function configFile({ his, store, queue = 'embedded', hcode = HCODE, ...given }: Given): string {
  const file = join(folder, 'authen-bridge.config.json');
  const stations = (given.agents ?? [agent.url]).map((agentUrl, i) => ({ id: `counter-${i + 1}`, agentUrl }));
  const config = {
    store: store ?? `sqlite:${join(folder, 'bridge.db')}`,
    queue,
    http: { port: given.port ?? port },
    sites: [
      {
        hcode,
        his: { kind: 'hosxp', url: his },
        stations,
        ...(given.nhso === undefined ? {} : { nhso: given.nhso }),
      },
    ],
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

async function doctor(given: Given): Promise<Visit> {
  const { code, out, err } = await runCli(['doctor', '--json', '--config', configFile(given)]);
  expect(err).toBe('');
  const { ok, findings } = JSON.parse(out) as { ok: boolean; findings: Line[] };
  expect(ok).toBe(code === 0);
  return { code, text: out, lines: findings, failed: findings.filter((f) => f.level === 'fail') };
}

/** A HOSxP with an account that may do what the documentation asks for, and no more. */
interface HisWithAccount {
  db: SimDb;
  url: string;
  account: string;
  drop(): Promise<void>;
}

const READ = ['ovst', 'patient', 'pttype', 'visit_pttype', 'authenhos', 'opdconfig', 'kskdepartment'];

async function hisWithAccount(fresh: FreshDatabase, charset?: 'tis620' | 'utf8mb4'): Promise<HisWithAccount> {
  const db = await openSimDb(fresh.url);
  await createSchema(db, charset === undefined ? {} : { charset });
  await seedReferenceData(db, { hcode: HCODE, hospitalName: 'โรงพยาบาลสมมุติ' });
  const user = `doctor${randomBytes(4).toString('hex')}`;
  const account = db.engine === 'mariadb' ? `'${user}'@'%'` : user;
  await db.exec(
    db.engine === 'mariadb'
      ? `CREATE USER ${account} IDENTIFIED BY 's3cret-${user}'`
      : `CREATE ROLE ${user} LOGIN PASSWORD 's3cret-${user}'`,
  );
  for (const table of READ) await db.exec(`GRANT SELECT ON ${table} TO ${account}`);
  await db.exec(`GRANT UPDATE (auth_code, Auth_DateTime) ON visit_pttype TO ${account}`);
  const url = new URL(fresh.url);
  url.username = user;
  url.password = `s3cret-${user}`;
  return {
    ...{ db, url: url.href, account },
    drop: async () => {
      if (db.engine === 'postgres') await db.exec(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
      else await db.exec(`DROP USER ${account}`);
      await db.close();
      await fresh.drop();
    },
  };
}

describeWith('mariadb', 'doctor at a HOSxP on MariaDB', (admin) => {
  let his: HisWithAccount;
  beforeAll(async () => {
    his = await hisWithAccount(await freshMariaDb(admin, 'tis620'), 'tis620');
  });
  afterAll(() => his.drop());

  test('all is well: exit code 0, each part told, and nothing is left behind', async () => {
    const { code, lines, failed } = await doctor({ his: his.url });
    expect(failed).toEqual([]);
    expect(code).toBe(0);
    const said = (check: string): Line | undefined => lines.find((l) => l.check === check);
    expect(said('config')).toMatchObject({ section: 'Configuration', level: 'ok' });
    expect(said('ledger-writable')).toMatchObject({ section: 'Ledger', level: 'ok' });
    expect(said('ledger-writable')?.message).toContain('no ledger yet; the first start makes it');
    expect(said('queue-reachable')).toMatchObject({ section: 'Queue', level: 'ok' });
    expect(said('his-charset')).toMatchObject({ level: 'ok', message: 'Thai text is stored as tis620' });
    expect(said('his-hcode')).toMatchObject({ section: `HIS of ${HCODE}`, level: 'ok' });
    expect(said('agent-reader')).toMatchObject({ section: `Station counter-1 of ${HCODE}`, level: 'ok' });
    expect(existsSync(join(folder, 'bridge.db'))).toBe(false);
  });

  test('for people it is one line each, with the next step under what is wrong', async () => {
    agent.control.unplugReader();
    const { code, out } = await runCli(['doctor', '--config', configFile({ his: his.url })]);
    expect(code).toBe(1);
    expect(out).toMatch(/^Configuration$/m);
    expect(out).toMatch(/^ {2}ok {4}.* is well formed$/m);
    expect(out).toMatch(/^ {2}FAIL {2}counter-1 .*no card reader.*\n {8}→ Plug the card reader in/m);
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/^The bridge cannot do its job yet: 1 to mend/);
  });

  test('a column that the code goes into is missing', async () => {
    await his.db.exec('ALTER TABLE visit_pttype RENAME COLUMN auth_code TO auth_code_gone');
    try {
      const { code, failed } = await doctor({ his: his.url });
      expect(code).toBe(1);
      // one line, and what it says helps: a GRANT on a column that is not there would be refused
      expect(failed).toMatchObject([{ check: 'his-code-column' }]);
      expect(failed[0]?.message).toContain('visit_pttype has no column auth_code');
      expect(failed[0]?.fix).not.toContain('GRANT');
    } finally {
      await his.db.exec('ALTER TABLE visit_pttype RENAME COLUMN auth_code_gone TO auth_code');
    }
  });

  test('a grant is missing: the GRANT is told, and after it all is well', async () => {
    await his.db.exec(`REVOKE UPDATE (auth_code, Auth_DateTime) ON visit_pttype FROM ${his.account}`);
    const { code, failed } = await doctor({ his: his.url });
    expect(code).toBe(1);
    expect(failed).toMatchObject([{ check: 'his-grant-update' }]);
    expect(failed[0]?.fix).toMatch(/^GRANT UPDATE \(.*auth_code.*\) ON .*visit_pttype TO .*;$/);
    await his.db.exec(failed[0]?.fix ?? '');
    expect(await doctor({ his: his.url })).toMatchObject({ code: 0, failed: [] });
  });

  test('a wrong password is told apart from an absent server, and stands nowhere', async () => {
    const wrong = new URL(his.url);
    wrong.password = 'wr0ng-password';
    const { code, failed, text } = await doctor({ his: wrong.href });
    expect(code).toBe(1);
    expect(failed).toMatchObject([{ check: 'his-reachable', fix: expect.stringContaining('password') }]);
    expect(text).not.toContain('wr0ng-password');
  });

  test('another hospital’s database', async () => {
    const { code, failed } = await doctor({ his: his.url, hcode: '99999' });
    expect(code).toBe(1);
    expect(failed).toMatchObject([{ check: 'his-hcode', message: expect.stringContaining('99999') }]);
    expect(failed[0]?.message).toContain(HCODE);
  });

  describe('stations', () => {
    test('the agent does not answer', async () => {
      const { code, failed } = await doctor({
        his: his.url,
        agents: [agent.url, `http://${NOBODY_LISTENS}`],
      });
      expect(code).toBe(1);
      expect(failed).toMatchObject([
        { check: 'agent-reachable', message: expect.stringContaining('counter-2') },
      ]);
      expect(failed[0]?.fix).toContain('8189');
    });

    test('one of two without a reader is a warning, none at all a failure', async () => {
      const other = await startNhsoAgent({ hcode: HCODE });
      agent.control.unplugReader();
      try {
        const one = await doctor({ his: his.url, agents: [agent.url, other.url] });
        expect(one).toMatchObject({ code: 0, failed: [] });
        expect(one.lines.find((l) => l.check === 'agent-reader')).toMatchObject({ level: 'warn' });
        other.control.unplugReader();
        const none = await doctor({ his: his.url, agents: [agent.url, other.url] });
        expect(none.failed.map((f) => f.check)).toEqual(['agent-reader', 'agent-reader']);
      } finally {
        await other.close();
      }
    });

    test.each([
      [3 * 60_000, 0, 'warn', 'ahead of ours'],
      [-20 * 60_000, 1, 'fail', 'behind ours'],
    ])('the agent’s clock is %i ms off', async (ms, exit, level, said) => {
      agent.control.clockOffset(ms);
      const { code, lines } = await doctor({ his: his.url });
      expect(code).toBe(exit);
      const line = lines.find((l) => l.check === 'agent-clock');
      expect(line).toMatchObject({ level, message: expect.stringContaining(said) });
      expect(line?.fix).toContain('time server');
    });
  });
});

describeWith('postgres', 'doctor where everything is PostgreSQL', (admin) => {
  let his: HisWithAccount;
  let own: FreshDatabase;
  beforeAll(async () => {
    his = await hisWithAccount(await freshPostgres(admin));
    own = await freshPostgres(admin);
  });
  afterAll(async () => {
    await his.drop();
    await own.drop();
  });

  test('all is well, with an empty ledger database that stays empty', async () => {
    const { code, failed, lines } = await doctor({ his: his.url, store: own.url, queue: own.url });
    expect(failed).toEqual([]);
    expect(code).toBe(0);
    expect(lines.find((l) => l.check === 'ledger-migrated')?.fix).toContain('start the bridge');
    const db = await openSimDb(own.url);
    const made = await db.query(`SELECT nspname FROM pg_namespace WHERE nspname = 'authen_bridge'`);
    await db.close();
    expect(made).toEqual([]);
  });

  test('an account that may not make the ledger’s tables, with the GRANT', async () => {
    const store = new URL(own.url);
    const { username, password } = new URL(his.url);
    Object.assign(store, { username, password });
    const { code, failed } = await doctor({ his: his.url, store: store.href });
    expect(code).toBe(1);
    expect(failed).toMatchObject([{ check: 'ledger-grant' }]);
    expect(failed[0]?.fix).toBe(`GRANT CREATE ON DATABASE ${store.pathname.slice(1)} TO ${username};`);
  });

  test('a ledger server that is away', async () => {
    const { code, failed, text } = await doctor({
      his: his.url,
      store: `postgres://u:s3cret@${NOBODY_LISTENS}/d`,
    });
    expect(code).toBe(1);
    expect(failed).toMatchObject([{ check: 'ledger-reachable', fix: expect.stringContaining('"store"') }]);
    expect(text).not.toContain('s3cret');
  });
});

describe('doctor where nothing answers', () => {
  const away = `mysql://bridge:s3cret@${NOBODY_LISTENS}/hos`;

  test('each part is looked at all the same, with the next step', async () => {
    const given = {
      his: away,
      queue: `redis://:s3cret@${NOBODY_LISTENS}`,
      agents: [`http://${NOBODY_LISTENS}`],
    };
    const { code, failed, text } = await doctor(given);
    expect(code).toBe(1);
    expect(failed.map((f) => f.check)).toEqual(['queue-reachable', 'his-reachable', 'agent-reachable']);
    expect(failed.filter((f) => (f.fix ?? '') === '')).toEqual([]);
    expect(text).not.toContain('s3cret');
  });

  test('NHSO’s web services are told where they are configured: one answers, one is away', async () => {
    const nhso = await startNhsoWeb();
    try {
      const { lines } = await doctor({
        his: away,
        nhso: {
          authenStatusUrl: nhso.urls.authenStatus,
          ucTokenFile: join(folder, 'nhso_token.txt'),
          rights: { source: 'ucws', url: `http://${NOBODY_LISTENS}/UCWSTokenP1` },
        },
      });
      const web = lines.filter((l) => l.section === `NHSO's web services for ${HCODE}`);
      expect(web.map((l) => `${l.check} ${l.level}`)).toEqual([
        'authen-status-reachable ok',
        'right-search-reachable warn',
      ]);
      expect(web[1]?.fix).toContain('firewall');
    } finally {
      await nhso.close();
    }
  });

  test('a store in a folder that is none, and one that cannot be written', async () => {
    writeFileSync(join(folder, 'a-file'), '');
    const { failed } = await doctor({
      his: away,
      store: `sqlite:${join(folder, 'a-file', 'data', 'bridge.db')}`,
    });
    expect(failed[0]).toMatchObject({ check: 'ledger-writable', fix: expect.stringContaining('"store"') });
    expect(failed[0]?.message).toMatch(/a-file is no folder$/);
  });

  test('a file in the ledger’s place that is no ledger', async () => {
    const path = join(folder, 'letter.db');
    writeFileSync(path, 'Dear Sir or Madam, this is no database. '.repeat(50));
    const { failed } = await doctor({ his: away, store: `sqlite:${path}` });
    expect(failed[0]).toMatchObject({ section: 'Ledger', fix: expect.stringContaining('"store"') });
  });

  test('another program on the port', async () => {
    const other = createServer((_, res) => res.end('something else')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const address = other.address() as { port: number };
      const { failed } = await doctor({ his: away, port: address.port });
      expect(failed[0]).toMatchObject({ check: 'http-port', fix: expect.stringContaining('http.port') });
    } finally {
      other.close();
    }
  });

  test('a configuration that is wrong is told, and nothing else is looked at', async () => {
    const file = join(folder, 'wrong.json');
    writeFileSync(file, JSON.stringify({ sites: [{ hcode: '1' }], queue: 'redis://:s3cret@h:x' }));
    const { code, out } = await runCli(['doctor', '--config', file]);
    expect(code).toBe(1);
    expect(out).toMatch(/^ {2}FAIL {2}.*wrong\.json:\n {10}queue: an address that cannot be read/m);
    expect(out).toContain('docs/configuration.md');
    expect(out).not.toContain('s3cret');
    const json = await runCli(['doctor', '--json', '--config', file]);
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, findings: [{ check: 'config', level: 'fail' }] });
  });

  test('without --config the usual name is looked for', async () => {
    const { code, out } = await runCli(['doctor']);
    expect(code).toBe(1);
    expect(out).toContain('authen-bridge.config.json: there is no such file; name yours with --config');
  });
});

describeWith('redis', 'doctor at a Redis', (url) => {
  const away = `mysql://bridge:pw@${NOBODY_LISTENS}/hos`;
  const queueLines = async (queue: string): Promise<Line[]> =>
    (await doctor({ his: away, queue })).lines.filter((l) => l.section === 'Queue');

  test('one with AOF and noeviction is well', async () => {
    const lines = await queueLines(url);
    expect(lines.map((l) => l.check)).toContain('queue-eviction');
    expect(lines.filter((l) => l.level === 'fail')).toEqual([]);
  });

  const { redisServer } = services();
  test.skipIf(redisServer === null)('eviction is a failure, no persistence a warning', async () => {
    const redis = await privateRedis(redisServer ?? '', '--requirepass', 's3cret');
    try {
      expect(await queueLines(redis.url)).toContainEqual(
        expect.objectContaining({ check: 'queue-persistence', level: 'warn' }),
      );
      await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
      const lines = await queueLines(redis.url);
      expect(lines).toMatchObject([{ check: 'queue-eviction', level: 'fail' }]);
      expect(lines[0]?.message).toContain('CONFIG SET maxmemory-policy noeviction');
      const wrong = await queueLines(redis.url.replace('s3cret', 'wr0ng'));
      expect(wrong).toMatchObject([{ check: 'queue-reachable', level: 'fail' }]);
      expect(JSON.stringify(wrong)).not.toContain('wr0ng');
    } finally {
      await redis.remove();
    }
  });
});
