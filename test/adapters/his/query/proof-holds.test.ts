/** Whatever WHERE a configuration may have: one that is accepted changes one row at most, and only while its code is empty. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { proveOf } from '../../../../adapters/his/query/proved-writer.ts';
import { readStatements } from '../../../../adapters/his/query/statements.ts';
import { WriteStatements } from '../../../../adapters/his/query/write-build.ts';
import { proveWrite } from '../../../../adapters/his/query/write-proof.ts';
import type { SqlServer } from '../../../../adapters/his/sql/database.ts';
import { openServer } from '../../../../adapters/his/sql/open.ts';
import { openSimDb, type SimDb } from '../../../../simulators/his/sim-db.ts';
import { describeWith, type FreshDatabase, freshMariaDb, freshPostgres } from '../../../support/services.ts';

const RUNS = 150;
const VALUES = { vn: 'A', key_site: 'B', claimCode: 'PP1', claimType: null, issuedAt: null };

/** Every combination of site, visit and right, with and without a code: the key is all three. */
async function makeTable(db: SimDb): Promise<void> {
  await db.exec(`CREATE TABLE rights (
    site varchar(5) NOT NULL, visit varchar(5) NOT NULL, nr varchar(5) NOT NULL, code varchar(20), locked varchar(1),
    PRIMARY KEY (site, visit, nr))`);
  const letters = ['A', 'B', 'C', ''];
  let n = 0;
  for (const site of letters) {
    for (const visit of letters) {
      for (const nr of letters) {
        const code = [null, '', 'PP9', ' '][n++ % 4] ?? null;
        await db.query('INSERT INTO rights VALUES (?, ?, ?, ?, ?)', [
          site,
          visit,
          nr,
          code,
          n % 3 === 0 ? 'Y' : null,
        ]);
      }
    }
  }
}

const column = fc.constantFrom('site', 'visit', 'nr', 'code', 'locked', 'trim(visit)', 'upper(site)');
const value = fc.constantFrom(':vn', ':key_site', "'A'", "''", 'visit', 'null', ':claimCode');
const usual = fc.constantFrom(
  'site = :key_site',
  'visit = :vn',
  "nr = 'A'",
  'code is null',
  "(code is null or code = '')",
);
const one = fc.oneof(
  { weight: 5, arbitrary: usual },
  fc.tuple(column, fc.constantFrom('=', '<>', '<', '>='), value).map((parts) => parts.join(' ')),
  fc
    .tuple(column, fc.constantFrom('is null', 'is not null', "in ('A', 'B')", 'not in (:vn)'))
    .map((p) => p.join(' ')),
);
const joined = (of: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.array(of, { minLength: 1, maxLength: 6 }), fc.constantFrom(' and ', ' and ', ' or '))
    .map(([all, by]) => all.join(by));
const where = joined(
  fc.oneof(
    { weight: 4, arbitrary: one },
    joined(one).map((text) => `(${text})`),
    one.map((text) => `not ${text}`),
  ),
);

function holdsOn(fresh: () => Promise<FreshDatabase>): void {
  test('an accepted UPDATE changes one row at most, and none that holds a code', {
    timeout: 120_000,
  }, async () => {
    const database = await fresh();
    const sim = await openSimDb(database.url);
    const db: SqlServer = openServer({ url: database.url, connections: 1, statementTimeoutMs: 10_000 });
    const rows = async (): Promise<Map<string, unknown>> =>
      new Map((await sim.query('SELECT * FROM rights')).map((r) => [`${r.site}|${r.visit}|${r.nr}`, r.code]));
    let accepted = 0;
    let written = 0;
    try {
      await makeTable(sim);
      const before = await rows();
      await fc.assert(
        fc.asyncProperty(where, async (text) => {
          const { write } = readStatements({
            url: database.url,
            statements: {
              ...{
                visits: 'select 1 from rights where site = :date',
                visit: 'select 1 from rights where visit = :vn',
              },
              write: `update rights set code = :claimCode where ${text}`,
            },
          });
          const proof = await proveOf(db, write, proveWrite);
          if ('faults' in proof) return;
          accepted++;
          const { affected } = await db.run(new WriteStatements(proof.proved, db.dialect).update(VALUES));
          const after = await rows();
          const changed = [...after].filter(([key, code]) => code !== before.get(key));
          expect(changed.length).toBeLessThanOrEqual(1);
          expect(affected).toBe(changed.length);
          for (const [key] of changed) {
            written++;
            expect(String(before.get(key) ?? '').trim()).toBe('');
            const [site = '', visit = '', nr = ''] = key.split('|');
            await sim.query('UPDATE rights SET code = ? WHERE site = ? AND visit = ? AND nr = ?', [
              ...[(before.get(key) ?? null) as string | null, site, visit, nr],
            ]);
          }
        }),
        {
          numRuns: RUNS,
          // whatever the seed: at least these are accepted
          examples: [
            "site = :key_site and visit = :vn and nr = 'A' and code is null",
            "nr = '' and visit = '' and site = '' and (code is null or code = '')",
          ].map((text) => [text]),
        },
      );
      expect(accepted).toBeGreaterThan(1);
      expect(written).toBeGreaterThan(0);
    } finally {
      await db.close();
      await sim.close();
      await database.drop();
    }
  });
}

describeWith('mariadb', 'the proof on MariaDB', (adminUrl) => holdsOn(() => freshMariaDb(adminUrl)));
describeWith('postgres', 'the proof on PostgreSQL', (adminUrl) => holdsOn(() => freshPostgres(adminUrl)));
