/** Every HIS as the bench fills it with years of visits and asks it. */

import { hospitalOsTables } from '../../adapters/his/hospitalos/tables.ts';
import { hosxpTables } from '../../adapters/his/hosxp/tables.ts';
import { jhcisTables } from '../../adapters/his/jhcis/tables.ts';
import type { HisOptions } from '../../adapters/his/options.ts';
import { openHis } from '../../adapters/his/registry.ts';
import { bulkLoad as bulkHospitalOs } from '../../simulators/his/hospitalos/bulk.ts';
import * as hospitalOs from '../../simulators/his/hospitalos/schema.ts';
import { bulkLoad as bulkHosxp } from '../../simulators/his/hosxp/bulk.ts';
import * as hosxp from '../../simulators/his/hosxp/schema.ts';
import { bulkLoad as bulkInvented } from '../../simulators/his/invented/bulk.ts';
import * as invented from '../../simulators/his/invented/schema.ts';
import { bulkLoad as bulkJhcis } from '../../simulators/his/jhcis/bulk.ts';
import * as jhcis from '../../simulators/his/jhcis/schema.ts';
import type { SimDb } from '../../simulators/his/sim-db.ts';
import type { HisAdapter } from '../../src/service/ports/his.ts';
import { hisOptions as hospitalOsOptions } from '../adapters/his/hospitalos/support.ts';
import { hisOptions as hosxpOptions } from '../adapters/his/hosxp/support.ts';
import { jhcisOptions } from '../adapters/his/jhcis/support.ts';
import { inventedOptions } from '../adapters/his/query/support.ts';
import { HCODE } from '../adapters/his/support.ts';
import { type FreshDatabase, freshMariaDb, freshPostgres } from '../support/services.ts';
import type { BenchContext } from './part.ts';
import { type Watched, watchQueries, watchStatements } from './query-cost.ts';

export interface BenchHis {
  name: string;
  fresh(): Promise<FreshDatabase>;
  /** Its schema, and visits up to the end of the date (`YYYY-MM-DD`). */
  fill(db: SimDb, visits: number, lastDate: string): Promise<void>;
  watch(url: string): Promise<Watched>;
  open(url: string): HisAdapter;
  /** Time of day of the day's last visits, `HH:MM:SS`. */
  lastAt: string;
  /** Ranges of the index that a poll's window is; 1 when left out. */
  ranges?: number;
}

/** Years of visits must not run into the time-out that protects a hospital. */
const PATIENT = { statementTimeoutMs: 30_000 };
const HOSPITAL = { hcode: HCODE, hospitalName: 'โรงพยาบาลสมมุติ' };
const PER_DAY = 2_000;

export function everyHis({ mariadb, postgres }: BenchContext): BenchHis[] {
  const onMariaDb = () => freshMariaDb(mariadb, 'tis620');
  const all: BenchHis[] = [
    hosxpOn('MariaDB', onMariaDb),
    jhcisAs('MyISAM', onMariaDb),
    jhcisAs('InnoDB', onMariaDb),
  ];
  if (postgres !== null) {
    const onPostgres = () => freshPostgres(postgres);
    all.push(hosxpOn('PostgreSQL', onPostgres), hospitalOsOn(onPostgres), queryOn('PostgreSQL', onPostgres));
  }
  return [...all, queryOn('MariaDB', onMariaDb)];
}

function hosxpOn(engine: string, fresh: BenchHis['fresh']): BenchHis {
  return {
    ...{ name: `HOSxP on ${engine}`, fresh, lastAt: '17:00:00' },
    async fill(db, visits, lastDate) {
      await hosxp.createSchema(db, { charset: 'tis620' });
      await hosxp.seedReferenceData(db, HOSPITAL);
      await bulkHosxp(db, { visits, perDay: PER_DAY, lastDate });
    },
    ...asked(
      (url) => hosxpOptions({ url, ...PATIENT }),
      (options) => watchQueries(options.url, hosxpTables(options)),
    ),
  };
}

function jhcisAs(storage: 'MyISAM' | 'InnoDB', fresh: BenchHis['fresh']): BenchHis {
  return {
    ...{ name: `JHCIS, ${storage}`, fresh, lastAt: '17:00:00' },
    async fill(db, visits, lastDate) {
      await jhcis.createSchema(db, { storage });
      await jhcis.seedReferenceData(db, HOSPITAL);
      await bulkJhcis(db, { visits, pcucode: HCODE, perDay: PER_DAY, lastDate });
    },
    ...asked(
      (url) => jhcisOptions({ url, ...PATIENT }),
      (options) => watchQueries(options.url, jhcisTables(options)),
    ),
  };
}

function hospitalOsOn(fresh: BenchHis['fresh']): BenchHis {
  return {
    ...{ name: 'HospitalOS', fresh, lastAt: '17:00:00' },
    async fill(db, visits, lastDate) {
      await hospitalOs.createSchema(db);
      await hospitalOs.seedReferenceData(db, HOSPITAL);
      await bulkHospitalOs(db, { visits, perDay: PER_DAY, lastDate });
    },
    ...asked(
      (url) => hospitalOsOptions({ url, ...PATIENT }),
      (options) => watchQueries(options.url, hospitalOsTables(options)),
    ),
  };
}

/** The invented HIS, with the configuration that docs/his-query.md shows for it. */
function queryOn(engine: string, fresh: BenchHis['fresh']): BenchHis {
  return {
    // either era's date: visit_date in (:date, :otherDate)
    ...{ name: `query on ${engine}`, fresh, lastAt: '15:59:00', ranges: 2 },
    async fill(db, visits, lastDate) {
      await invented.createSchema(db);
      await invented.seedReferenceData(db);
      await bulkInvented(db, { visits, perDay: 540, lastDate });
    },
    ...asked(
      (url) => inventedOptions(url, PATIENT),
      (options) => watchStatements(options),
    ),
  };
}

function asked<O extends HisOptions>(
  optionsFor: (url: string) => O,
  watch: (options: O) => Promise<Watched>,
): Pick<BenchHis, 'watch' | 'open'> {
  return { watch: (url) => watch(optionsFor(url)), open: (url) => openHis(optionsFor(url)) };
}
