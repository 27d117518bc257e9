/** The contract of every HIS, on the invented one: MariaDB (InnoDB and MyISAM) and PostgreSQL, an UPDATE and an INSERT. */

import { describe } from 'vitest';
import {
  type CodePlace,
  inventedDesk,
  secondInventedDesk,
} from '../../../../simulators/his/invented/desk.ts';
import type { InventedForm } from '../../../../simulators/his/invented/schema.ts';
import { openSimDb, type SimDb } from '../../../../simulators/his/sim-db.ts';
import { describeWith, type FreshDatabase, freshMariaDb, freshPostgres } from '../../../support/services.ts';
import { hisContract } from '../contract/suite.ts';
import type { HisUnderTest } from '../contract/support.ts';
import { documentedStatements, inventedHis } from './support.ts';

const PLACES: readonly CodePlace[] = ['visit_right', 'nhso_authen'];

async function underTest(
  fresh: FreshDatabase,
  place: CodePlace,
  form: InventedForm = {},
): Promise<HisUnderTest> {
  const his = await inventedHis(fresh, form);
  const statements = documentedStatements(place);
  return {
    desk: inventedDesk(his.db, place),
    open: (more = {}) => his.open({ ...more, statements }),
    ...(form.storage === 'MyISAM'
      ? {}
      : { secondDesk: async () => secondInventedDesk(await openSimDb(his.url), place) }),
    cutCodes: () => cutCodes(his.db, place),
    longestCode: 50,
    lacks: {
      // its visits are asked for by their date; docs/his-query.md says so
      strays: true,
      // a row of its own is put: nothing tells one that was typed from ours
      ...(place === 'nhso_authen' ? { stamp: true } : {}),
    },
    drop: his.drop,
  };
}

/** A trigger that keeps only six characters of a code. */
async function cutCodes(db: SimDb, place: CodePlace): Promise<{ release(): Promise<void> }> {
  const isMariaDb = db.engine === 'mariadb';
  const when = place === 'visit_right' ? 'UPDATE' : 'INSERT';
  await db.exec(
    isMariaDb
      ? `CREATE TRIGGER cutting BEFORE ${when} ON ${place} FOR EACH ROW SET NEW.authen_no = left(NEW.authen_no, 6)`
      : `CREATE OR REPLACE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN NEW.authen_no := left(NEW.authen_no, 6); RETURN NEW; END $$;
         CREATE TRIGGER cutting BEFORE ${when} ON ${place} FOR EACH ROW EXECUTE FUNCTION cut()`,
  );
  return { release: () => db.exec(isMariaDb ? 'DROP TRIGGER cutting' : `DROP TRIGGER cutting ON ${place}`) };
}

describeWith('mariadb', 'the query kind on MariaDB', (adminUrl) => {
  for (const [charset, storage] of [
    ['tis620', 'MyISAM'],
    ['utf8mb4', 'InnoDB'],
  ] as const) {
    describe.each(PLACES)(`${charset}, ${storage}, codes in %s`, (place) => {
      hisContract(async () => underTest(await freshMariaDb(adminUrl, charset), place, { charset, storage }));
    });
  }
});

describeWith('postgres', 'the query kind on PostgreSQL', (adminUrl) => {
  describe.each(PLACES)('codes in %s', (place) => {
    hisContract(async () => underTest(await freshPostgres(adminUrl), place));
  });
});
