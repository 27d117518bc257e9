/** What the sites of `many-sites.ts` have for a HIS. */

import { hospitalOsDesk } from '../../simulators/his/hospitalos/desk.ts';
import * as hospitalOs from '../../simulators/his/hospitalos/schema.ts';
import { jhcisDesk } from '../../simulators/his/jhcis/desk.ts';
import * as jhcis from '../../simulators/his/jhcis/schema.ts';
import { inventedPerson } from '../../simulators/his/people.ts';
import { freshMariaDb, freshPostgres } from '../support/services.ts';
import type { SiteHis } from './many-sites.ts';

const PERSON = inventedPerson(1);

export function jhcisSite(mariadb: string, more: object = {}): SiteHis {
  return {
    ...{ kind: 'jhcis', more },
    fresh: () => freshMariaDb(mariadb, 'tis620'),
    async fill(db, hcode) {
      await jhcis.createSchema(db);
      await jhcis.seedReferenceData(db, { hcode, hospitalName: 'รพ.สต.สมมุติ' });
      await jhcisDesk(db).addPeople([PERSON]);
    },
    come: (db) => jhcisDesk(db).register({ hn: PERSON.hn, at: Date.now() }),
  };
}

export function hospitalOsSite(postgres: string, more: object = {}): SiteHis {
  return {
    ...{ kind: 'hospitalos', more },
    fresh: () => freshPostgres(postgres),
    async fill(db, hcode) {
      await hospitalOs.createSchema(db);
      await hospitalOs.seedReferenceData(db, { hcode, hospitalName: 'โรงพยาบาลสมมุติ' });
      await hospitalOsDesk(db).addPeople([PERSON]);
    },
    come: (db) => hospitalOsDesk(db).register({ hn: PERSON.hn, at: Date.now() }),
  };
}
