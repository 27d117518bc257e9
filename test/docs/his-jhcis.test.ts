/** The grants that docs/his-jhcis.md asks for, run as they stand there; then `doctor` and a write-back judge. */

import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { OPTIONAL, REQUIRED, TABLES } from '../../adapters/his/jhcis/layout.ts';
import { openHis } from '../../adapters/his/registry.ts';
import { insertDay, planDay } from '../../simulators/his/jhcis/sample-day.ts';
import { createSchema, seedReferenceData } from '../../simulators/his/jhcis/schema.ts';
import { openSimDb } from '../../simulators/his/sim-db.ts';
import { parseConfig } from '../../src/config.ts';
import { jhcisOptions } from '../adapters/his/jhcis/support.ts';
import { day, HCODE } from '../adapters/his/support.ts';
import { describeWith, freshMariaDb } from '../support/services.ts';
import { configKeys } from './config-keys.ts';
import { blocks, read, table } from './markdown.ts';

const document = read('docs/his-jhcis.md');

describeWith('mariadb', 'the documented account of JHCIS', (adminUrl) => {
  test('suffices for everything and permits nothing else; with one grant fewer, doctor says which', {
    timeout: 120_000,
  }, async () => {
    const fresh = await freshMariaDb(adminUrl, 'tis620');
    const name = new URL(fresh.url).pathname.slice(1);
    const account = `bridge${randomBytes(4).toString('hex')}`;
    const db = await openSimDb(fresh.url);
    await createSchema(db, { storage: 'MyISAM' });
    await seedReferenceData(db, { hcode: HCODE, hospitalName: 'รพ.สต.ทดสอบ' });
    await insertDay(db, planDay('2026-11-20', { count: 20 }));
    const [block = ''] = blocks(document, 'mysql');
    const statements = block
      .replaceAll('authen_bridge', account)
      .replaceAll('10.0.0.5', '%')
      .replaceAll('jhcisdb.', `${name}.`);
    expect(statements.split(name)).toHaveLength(7);
    await db.exec(statements);
    const url = new URL(fresh.url);
    url.username = account;
    url.password = 'choose-a-password';
    const his = openHis(jhcisOptions({ url: url.href }));
    try {
      const findings = await his.check();
      expect(findings.filter((f) => f.level !== 'ok' && f.check !== 'his-time-zone')).toEqual([]);
      expect(findings).toContainEqual(expect.objectContaining({ check: 'his-least-privilege', level: 'ok' }));
      const [free] = (await his.visitsWithoutCode(day('2026-11-20'))).filter((v) => v.code === null);
      const request = { vn: free?.vn ?? '', claimCode: 'PP1234567890', claimType: 'PG0060001' };
      const outcome = await his.writeBack({ ...request, issuedAt: Date.now() });
      expect(outcome).toMatchObject({ kind: 'written', row: { hiciauthen_nhso: 'PG0060001' } });
      if (outcome.kind !== 'written') return;
      const { row, previous } = outcome;
      expect(await his.undoWriteBack({ claimCode: 'PP1234567890', row, previous })).toBe(true);

      await db.exec(
        `REVOKE UPDATE (claimcode_nhso, hiciauthen_nhso, datetime_claim) ON ${name}.visit FROM '${account}'@'%'`,
      );
      await expect(his.writeBack({ ...request, issuedAt: null })).rejects.toMatchObject({
        code: 'his-denied',
      });
      const finding = (await his.check()).find((f) => f.check === 'his-grant-update');
      expect(finding?.fix).toBe(
        `GRANT UPDATE (claimcode_nhso, hiciauthen_nhso, datetime_claim) ON ${name}.visit TO '${account}'@'%';`,
      );
      await db.exec(finding?.fix ?? '');
      expect(await his.writeBack({ ...request, issuedAt: null })).toMatchObject({ kind: 'written' });
    } finally {
      await his.close();
      await db.exec(`DROP USER IF EXISTS '${account}'@'%'`);
      await db.close();
      await fresh.drop();
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

test('its settings exist, and its example is a configuration', () => {
  const settings = configKeys().flatMap(({ path }) => /^sites\[\]\.his\.(\w+)/.exec(path)?.[1] ?? []);
  const named = [...document.matchAll(/"(write\w+)":|`(overlapMinutes|cancelledFlags)`/g)];
  expect(named).toHaveLength(4);
  for (const [, quoted, plain] of named) expect(settings).toContain(quoted ?? plain);
  for (const example of blocks(document, 'json'))
    parseConfig(JSON.parse(example), { HIS_PASSWORD: 'secret' });
});
