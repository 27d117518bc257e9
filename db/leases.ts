/** "One process at a time": one row a lease, taken and taken over in a single statement. */

import type { Ledger } from '../src/service/ports/ledger.ts';
import { changeOne, type Engine } from './engine.ts';

export function leases(engine: Engine): Ledger['leases'] {
  const { db } = engine;
  return {
    async take(name, holder, ttlMs, at) {
      const now = engine.now(at);
      const take = db
        .insertInto('lease')
        .values((eb) => ({ name, holder, ttl_ms: ttlMs, ends_at: eb(now, '+', ttlMs) }))
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet((eb) => ({
              holder: eb.ref('excluded.holder'),
              ttl_ms: eb.ref('excluded.ttl_ms'),
              ends_at: eb.ref('excluded.ends_at'),
            }))
            .where((eb) =>
              eb.or([
                eb('lease.holder', '=', holder),
                eb('lease.ends_at', '<=', now),
                // written by a clock that was ahead: it would hold everybody up until that time comes
                eb('lease.ends_at', '>', eb(now, '+', eb.ref('lease.ttl_ms'))),
              ]),
            ),
        );
      return (await engine.write(() => changeOne(take.compile()))) === 1;
    },

    async release(name, holder) {
      const release = db.deleteFrom('lease').where('name', '=', name).where('holder', '=', holder);
      await engine.write(() => changeOne(release.compile()));
    },
  };
}
