/** The statements that docs/change-capture.md asks for, run as they stand there, on servers that are set up as it says. */

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { hosxpTables } from '../../adapters/his/hosxp/tables.ts';
import { openHis } from '../../adapters/his/registry.ts';
import { createSchema, seedReferenceData } from '../../simulators/his/hosxp/schema.ts';
import { openSimDb } from '../../simulators/his/sim-db.ts';
import type { Finding } from '../../src/service/ports/finding.ts';
import { as, mysqlRun, postgresRun } from '../adapters/his/capture/capture-support.ts';
import { HCODE, hisOptions } from '../adapters/his/hosxp/support.ts';
import { type Started, startFromPath } from '../support/services/start.ts';
import { describeWith } from '../support/services.ts';
import { blocks, read } from './markdown.ts';

const capture = read('docs/change-capture.md');
const hosxp = read('docs/his-hosxp.md');

function statements(text: string): string[] {
  return text.split(';').filter((statement) => statement.trim() !== '');
}

/** What the page and the page of HOSxP say in the language, in this order: account; right; its end. */
function told(language: string): { account: string[]; rights: string[]; end: string[] } {
  const own = blocks(capture, language).map(statements);
  return {
    account: statements(blocks(hosxp, language)[0] ?? ''),
    rights: own.slice(0, -1).flat(),
    end: own.at(-1) ?? [],
  };
}

async function makeHosxp(url: string): Promise<void> {
  const db = await openSimDb(url);
  await createSchema(db);
  await seedReferenceData(db, { hcode: HCODE, hospitalName: 'โรงพยาบาลทดสอบ' });
  await db.close();
}

async function doctor(
  url: string,
  isWanted = true,
): Promise<{ capture: Finding | undefined; fails: Finding[] }> {
  const his = openHis(hisOptions({ url, changeCapture: isWanted }));
  try {
    const findings = await his.check();
    return {
      capture: findings.find(({ check }) => check === 'his-change-capture'),
      fails: findings.filter(
        ({ level, check }) => level === 'fail' || (check === 'his-least-privilege' && level !== 'ok'),
      ),
    };
  } finally {
    await his.close();
  }
}

/** Opens the adapter as the bridge does, and lets `work` write a visit. */
async function hears(url: string, work: () => Promise<unknown>): Promise<void> {
  const his = openHis(hisOptions({ url, changeCapture: true }));
  let rings = 0;
  const states: boolean[] = [];
  const watch = his.watch({
    changed: () => {
      rings += 1;
    },
    listening: (isListening) => states.push(isListening),
  });
  await vi.waitUntil(() => rings >= 3, { timeout: 10_000 });
  rings = 0;
  await work();
  await vi.waitUntil(() => rings > 0, { timeout: 10_000 });
  await watch?.close();
  await his.close();
  expect(states).toEqual([true]);
}

const VISIT =
  "insert into ovst (hos_guid, vn, hn, vstdate, vsttime, pttype) values ('{1}', '681128080000', '1', '2025-11-28', '08:00:00', '10')";

describeWith('mariadb', 'change capture as documented, on MariaDB', () => {
  let server: Started;
  beforeAll(async () => {
    // the page's [mysqld], as options of the command line
    const [settings = ''] = blocks(capture, 'ini');
    const args = [...settings.matchAll(/^(\w+)\s*=\s*(\S+)$/gm)].map(
      ([, name, value]) => `--${name}=${value}`,
    );
    expect(args).toContain('--binlog_format=ROW');
    server = await startFromPath('mariadb', args);
  }, 60_000);
  afterAll(() => server.stop());

  test('the grant suffices, doctor tells what is missing, and it can be taken back', {
    timeout: 60_000,
  }, async () => {
    const { account, rights, end } = told('mysql');
    const here = (all: string[]): string[] => all.map((one) => one.replaceAll('10.0.0.5', '127.0.0.1'));
    await mysqlRun(server.url, 'create database hos character set tis620');
    await makeHosxp(`${server.url}/hos`);
    await mysqlRun(server.url, ...here(account));
    const url = as(server.url, 'authen_bridge', 'choose-a-password', '/hos');
    expect((await doctor(url, false)).capture).toBeUndefined();
    const before = await doctor(url);
    expect(before.capture?.level).toBe('warn');
    expect(before.capture?.fix).toBe(`${here(rights)[0]?.trim()};`);
    await mysqlRun(server.url, ...here(rights));
    const after = await doctor(url);
    expect(after.capture?.level).toBe('ok');
    expect(after.fails).toEqual([]);
    await hears(url, () => mysqlRun(`${server.url}/hos`, VISIT));
    await mysqlRun(server.url, ...here(end));
    expect((await doctor(url)).capture?.level).toBe('warn');
  });
});

describeWith('postgres', 'change capture as documented, on PostgreSQL', () => {
  let server: Started;
  beforeAll(async () => {
    server = await startFromPath('postgres');
  }, 60_000);
  afterAll(() => server.stop());

  test('the setting and the attribute suffice, doctor tells what is missing, and it can be taken back', {
    timeout: 60_000,
  }, async () => {
    const { account, rights, end } = told('sql');
    expect(rights).toHaveLength(2);
    const [setting = '', attribute = ''] = rights;
    const root = as(server.url, 'postgres', '', '/hos');
    await postgresRun(server.url, 'create database hos');
    await makeHosxp(root);
    await postgresRun(root, ...account);
    const url = as(root, 'authen_bridge', 'choose-a-password');
    const first = await doctor(url);
    expect(first.capture?.fix).toBe(`${attribute.trim()};`);
    await postgresRun(root, attribute);
    const second = await doctor(url);
    expect(second.capture?.fix).toContain(`${setting.trim()};`);
    await postgresRun(root, setting);
    await server.crash();
    await server.startAgain();
    const third = await doctor(url);
    expect(third.capture?.level).toBe('ok');
    expect(third.fails).toEqual([]);
    await hears(url, () => postgresRun(root, VISIT));
    await postgresRun(root, ...end);
    expect((await doctor(url)).capture?.level).toBe('warn');
  });
});

test('the tables that ring are told', () => {
  const [line = ''] = /^The tables of HOSxP that ring: .*$/m.exec(capture) ?? [];
  const names = [...line.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  expect(names).toEqual(hosxpTables(hisOptions({ url: 'mysql://u@h/hos' })).watched);
});
