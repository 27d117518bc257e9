/** The grants that docs/his-hosxp.md asks for, run as they stand there; then `doctor` and a write-back judge. */

import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { OPTIONAL, REQUIRED, TABLES } from '../../adapters/his/hosxp/layout.ts';
import { openHis } from '../../adapters/his/registry.ts';
import { insertDay, planDay } from '../../simulators/his/hosxp/sample-day.ts';
import { createSchema, seedReferenceData } from '../../simulators/his/hosxp/schema.ts';
import { openSimDb } from '../../simulators/his/sim-db.ts';
import { day, HCODE, hisOptions } from '../adapters/his/hosxp/support.ts';
import { describeWith, freshMariaDb, freshPostgres } from '../support/services.ts';
import { configKeys } from './config-keys.ts';
import { blocks, read, table } from './markdown.ts';

const document = read('docs/his-hosxp.md');

/** The statements of the first block in the language, with names of our own in the place of the document's. */
function statements(language: string, ...renames: [from: string, to: string][]): string[] {
  const [block = ''] = blocks(document, language);
  const renamed = renames.reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replaceAll(from, to);
  }, block);
  return renamed.split(';').filter((statement) => statement.trim() !== '');
}

/** Makes a HOSxP, gives it the account that the document asks for, and lets the bridge in with it. */
async function judge(fresh: { url: string; drop(): Promise<void> }, account: string, grants: string[]) {
  const db = await openSimDb(fresh.url);
  try {
    await createSchema(db);
    await seedReferenceData(db, { hcode: HCODE, hospitalName: 'โรงพยาบาลทดสอบ' });
    await insertDay(db, planDay('2026-11-20', { count: 20 }));
    for (const statement of grants) await db.exec(statement);
    const url = new URL(fresh.url);
    url.username = account;
    url.password = 'choose-a-password';
    const his = openHis(hisOptions({ url: url.href }));
    try {
      const findings = await his.check();
      expect(findings.filter((f) => f.level === 'fail')).toEqual([]);
      expect(findings.filter((f) => f.check.startsWith('his-grant')).every((f) => f.level === 'ok')).toBe(
        true,
      );
      expect(findings).toContainEqual(expect.objectContaining({ check: 'his-least-privilege', level: 'ok' }));
      const [free] = await his.visitsWithoutCode(day('2026-11-20'));
      const request = {
        vn: free?.vn ?? '',
        claimCode: 'PP1234567890',
        claimType: null,
        issuedAt: Date.now(),
      };
      expect(await his.writeBack(request)).toMatchObject({ kind: 'written' });
    } finally {
      await his.close();
    }
  } finally {
    await db.close();
    await fresh.drop();
  }
}

describeWith('mariadb', 'the documented account on MariaDB', (adminUrl) => {
  test('suffices for everything and permits nothing else', { timeout: 120_000 }, async () => {
    const fresh = await freshMariaDb(adminUrl, 'tis620');
    const account = `bridge${randomBytes(4).toString('hex')}`;
    const grants = statements(
      'mysql',
      ['authen_bridge', account],
      ['10.0.0.5', '%'],
      ['hos.', `${new URL(fresh.url).pathname.slice(1)}.`],
    );
    const admin = await openSimDb(adminUrl);
    try {
      await judge(fresh, account, grants);
    } finally {
      await admin.exec(`DROP USER IF EXISTS '${account}'@'%'`);
      await admin.close();
    }
  });
});

describeWith('postgres', 'the documented account on PostgreSQL', (adminUrl) => {
  test('suffices for everything and permits nothing else', { timeout: 120_000 }, async () => {
    const fresh = await freshPostgres(adminUrl);
    const account = `bridge${randomBytes(4).toString('hex')}`;
    const admin = await openSimDb(adminUrl);
    try {
      await judge(fresh, account, statements('sql', ['authen_bridge', account]));
    } finally {
      // the database that held its grants is gone
      await admin.exec(`DROP ROLE IF EXISTS ${account}`);
      await admin.close();
    }
  });
});

test('every table and column that is read is told, and whether it is needed', () => {
  const told = table(document, 'table').map((row) =>
    row.map((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)),
  );
  expect(told.map(([name]) => name?.[0]).toSorted()).toEqual(TABLES.toSorted());
  for (const [[name = ''] = [], needed, optional] of told) {
    expect(needed, name).toEqual((REQUIRED as Record<string, readonly string[]>)[name] ?? []);
    expect(optional, name).toEqual((OPTIONAL as Record<string, readonly string[]>)[name] ?? []);
  }
});

test('the settings of a HIS that it speaks of exist', () => {
  const settings = configKeys().flatMap(
    ({ path }) => /^sites\[\]\.his\.(\w+)(?: \(.*\bhosxp\b.*\))?$/.exec(path)?.[1] ?? [],
  );
  const named = [
    ...document.matchAll(
      /"(write\w+)":|`((?:poll|digest|statement)\w+|overlapMinutes|connections|cancelledStatuses)`/g,
    ),
  ];
  expect(named.length).toBeGreaterThan(5);
  for (const [, quoted, plain] of named) expect(settings).toContain(quoted ?? plain);
});
