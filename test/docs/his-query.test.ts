/** docs/his-query.md held to the code: its grants are run as they stand there, its fields and parameters are those of the adapter. */

import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { FIELDS } from '../../adapters/his/query/fields.ts';
import { openHis } from '../../adapters/his/registry.ts';
import { inventedDesk } from '../../simulators/his/invented/desk.ts';
import { inventedPerson } from '../../simulators/his/people.ts';
import { openSimDb } from '../../simulators/his/sim-db.ts';
import { inventedHis, inventedOptions } from '../adapters/his/query/support.ts';
import { describeWith, type FreshDatabase, freshMariaDb, freshPostgres } from '../support/services.ts';
import { blocks, read, table } from './markdown.ts';

const document = read('docs/his-query.md');

function statements(language: string, ...renames: [from: string, to: string][]): string[] {
  const [block = ''] = blocks(document, language);
  const renamed = renames.reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replaceAll(from, to);
  }, block);
  return renamed.split(';').filter((statement) => statement.trim() !== '');
}

async function judge(fresh: FreshDatabase, account: string, grants: string[]): Promise<void> {
  const invented = await inventedHis(fresh);
  try {
    const desk = inventedDesk(invented.db);
    await desk.addPeople([inventedPerson(1)]);
    const vn = await desk.register({ hn: '1', at: Date.now() - 60_000 });
    for (const statement of grants) await invented.db.exec(statement);
    const url = new URL(fresh.url);
    url.username = account;
    url.password = 'choose-a-password';
    const his = openHis(inventedOptions(url.href));
    try {
      const findings = await his.check();
      expect(
        findings
          .filter((f) => f.level !== 'ok')
          .map((f) => f.check)
          .filter((name) => name !== 'his-time-zone'),
      ).toEqual([]);
      const request = { vn, claimCode: 'PP1234567890', claimType: 'PG0060001', issuedAt: Date.now() };
      expect(await his.writeBack(request)).toMatchObject({ kind: 'written' });
    } finally {
      await his.close();
    }
    await invented.db.exec(
      grants
        .filter((g) => g.includes('GRANT UPDATE'))
        .join(';')
        .replace('GRANT', 'REVOKE')
        .replace(' TO ', ' FROM '),
    );
    const denied = openHis(inventedOptions(url.href));
    const finding = (await denied.check()).find((f) => f.check === 'his-grant-update');
    await denied.close();
    expect(finding).toMatchObject({
      level: 'fail',
      fix: expect.stringContaining('GRANT UPDATE (authen_no, authen_type, authen_at) ON '),
    });
  } finally {
    await invented.drop();
  }
}

describeWith('mariadb', 'the documented account of the query kind on MariaDB', (adminUrl) => {
  test('suffices for everything and permits nothing else', { timeout: 120_000 }, async () => {
    const fresh = await freshMariaDb(adminUrl, 'tis620');
    const account = `bridge${randomBytes(4).toString('hex')}`;
    const database = `${new URL(fresh.url).pathname.slice(1)}.`;
    const admin = await openSimDb(adminUrl);
    try {
      await judge(
        fresh,
        account,
        statements('mysql', ['authen_bridge', account], ['10.0.0.5', '%'], ['invented.', database]),
      );
    } finally {
      await admin.exec(`DROP USER IF EXISTS '${account}'@'%'`);
      await admin.close();
    }
  });
});

describeWith('postgres', 'the documented account of the query kind on PostgreSQL', (adminUrl) => {
  test('suffices for everything and permits nothing else', { timeout: 120_000 }, async () => {
    const fresh = await freshPostgres(adminUrl);
    const account = `bridge${randomBytes(4).toString('hex')}`;
    const admin = await openSimDb(adminUrl);
    try {
      await judge(fresh, account, statements('sql', ['authen_bridge', account]));
    } finally {
      await admin.exec(`DROP ROLE IF EXISTS ${account}`);
      await admin.close();
    }
  });
});

test('every field is told, and no other', () => {
  const told = table(document, 'field').map(([field = '']) => field.replaceAll('`', ''));
  expect(told.toSorted()).toEqual([...FIELDS].toSorted());
});
