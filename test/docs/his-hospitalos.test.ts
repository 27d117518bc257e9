/** The grants that docs/his-hospitalos.md asks for, run as they stand there; then `doctor` and a write-back judge. */

import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { OPTIONAL, REQUIRED, TABLES } from '../../adapters/his/hospitalos/layout.ts';
import { openHis } from '../../adapters/his/registry.ts';
import { insertDay, planDay } from '../../simulators/his/hospitalos/sample-day.ts';
import { openSimDb } from '../../simulators/his/sim-db.ts';
import { parseConfig } from '../../src/config.ts';
import { day, HCODE, hisOptions, openBench } from '../adapters/his/hospitalos/support.ts';
import { describeWith } from '../support/services.ts';
import { configKeys } from './config-keys.ts';
import { blocks, read, table } from './markdown.ts';

const document = read('docs/his-hospitalos.md');

describeWith('postgres', 'the documented account at a HospitalOS', (adminUrl) => {
  test('suffices for everything and permits nothing else', { timeout: 120_000 }, async () => {
    const account = `bridge${randomBytes(4).toString('hex')}`;
    const bench = await openBench(adminUrl);
    const admin = await openSimDb(adminUrl);
    try {
      await insertDay(bench.db, planDay('2026-11-20', { count: 30 }));
      const [statements = ''] = blocks(document, 'sql');
      await bench.db.exec(statements.replaceAll('authen_bridge', account));
      const url = new URL(bench.url);
      url.username = account;
      url.password = 'choose-a-password';
      const his = openHis(
        hisOptions({ url: url.href, employeeId: '157000000099', authenFrom: 'authen-bridge' }),
      );
      try {
        const findings = await his.check();
        expect(findings.filter((f) => f.level !== 'ok')).toEqual([]);
        const [free] = await his.visitsWithoutCode(day('2026-11-20'));
        const code = { claimCode: 'PP1234567890', claimType: 'PG0060001', issuedAt: Date.now() };
        const outcome = await his.writeBack({ vn: free?.vn ?? '', ...code });
        if (outcome.kind !== 'written') throw new Error(outcome.kind);
        expect(await his.undoWriteBack({ ...code, row: outcome.row, previous: null })).toBe(true);
      } finally {
        await his.close();
      }
    } finally {
      await bench.his.close();
      await bench.close();
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

test('the settings that it speaks of exist, and its example is one', () => {
  const known = configKeys().map(({ path }) => path);
  for (const name of ['employeeId', 'authenFrom']) {
    expect(document).toContain(`\`${name}\``);
    expect(known).toContain(`sites[].his.${name} (hospitalos)`);
  }
  const [example = ''] = blocks(document, 'json');
  const stations = [{ id: 'counter-1', agentUrl: 'http://10.0.0.21:8189' }];
  const site = { hcode: HCODE, his: JSON.parse(example), stations };
  const config = parseConfig({ sites: [site] }, { HIS_PASSWORD: 'secret' });
  expect(config.sites[0]?.his).toMatchObject({ kind: 'hospitalos', cancelledStatuses: ['4'] });
});
