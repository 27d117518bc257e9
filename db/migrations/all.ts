/** Every migration, in order. A new one is a file of its own and a line here; one that was released never changes. */

import type { Migration } from 'kysely/migration';
import * as m0001 from './0001-first-ledger.ts';
import * as m0002 from './0002-sought.ts';
import * as m0003 from './0003-tokens.ts';
import * as m0004 from './0004-reconciliation.ts';
import * as m0005 from './0005-reported-codes.ts';
import * as m0006 from './0006-found-rights.ts';
import * as m0007 from './0007-proof-without-card.ts';
import * as m0008 from './0008-door-asks.ts';
import * as m0009 from './0009-second-codes.ts';
import type { EngineName } from './dialect.ts';

export function allMigrations(engine: EngineName): Record<string, Migration> {
  return {
    '0001-first-ledger': { up: (db) => m0001.up(db, engine) },
    '0002-sought': { up: (db) => m0002.up(db, engine) },
    '0003-tokens': { up: (db) => m0003.up(db, engine) },
    '0004-reconciliation': { up: (db) => m0004.up(db, engine) },
    '0005-reported-codes': { up: (db) => m0005.up(db, engine) },
    '0006-found-rights': { up: (db) => m0006.up(db, engine) },
    '0007-proof-without-card': { up: (db) => m0007.up(db, engine) },
    '0008-door-asks': { up: (db) => m0008.up(db, engine) },
    '0009-second-codes': { up: (db) => m0009.up(db, engine) },
  };
}
