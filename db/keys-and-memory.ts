/** The small tables: API keys, the audit of who looked at what, and facts that must outlive the process. */

import type { ApiKey, Ledger } from '../src/service/ports/ledger.ts';
import { changeOne, type Engine } from './engine.ts';
import { fromJson } from './json.ts';
import { prepared } from './prepared.ts';
import type { ApiKeyTable, AuditTable, MemoryTable } from './tables.ts';

type KeysAndMemory = Pick<
  Ledger,
  'remember' | 'recall' | 'addKey' | 'keyById' | 'listKeys' | 'revokeKey' | 'audit'
>;

export function keysAndMemory(engine: Engine): KeysAndMemory {
  const { db } = engine;
  const remember = prepared((v: MemoryTable) =>
    db
      .insertInto('memory')
      .values({ name: v.name, value: v.value })
      .onConflict((conflict) =>
        conflict.column('name').doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
      ),
  );
  const recall = prepared((v: { name: string }) =>
    db.selectFrom('memory').select('value').where('name', '=', v.name),
  );
  const keyById = prepared((v: { id: string }) =>
    db.selectFrom('api_key').selectAll().where('id', '=', v.id),
  );
  const audit = prepared((v: Omit<AuditTable, 'seq'>) =>
    db.insertInto('audit').values({ at: v.at, actor: v.actor, action: v.action, resource: v.resource }),
  );

  return {
    async remember(name, value) {
      await engine.write(() => changeOne(remember({ name, value })));
    },

    async recall(name) {
      return (await engine.read(recall({ name })))[0]?.value ?? null;
    },

    async addKey(key) {
      await engine.write(() => changeOne(db.insertInto('api_key').values(toRow(key)).compile()));
    },

    async keyById(id) {
      const [row] = await engine.read(keyById({ id }));
      return row === undefined ? null : fromRow(row);
    },

    async listKeys() {
      const query = db.selectFrom('api_key').selectAll().orderBy('created_at').orderBy('id');
      return (await engine.read(query.compile())).map(fromRow);
    },

    async revokeKey(id, at) {
      // the first revocation stands
      const revoke = db
        .updateTable('api_key')
        .set((eb) => ({ revoked_at: eb.fn.coalesce('revoked_at', eb.val(at)) }))
        .where('id', '=', id);
      return (await engine.write(() => changeOne(revoke.compile()))) === 1;
    },

    async audit(entry) {
      const { at, actor, action, resource } = entry;
      await engine.write(() => changeOne(audit({ at, actor, action, resource })));
    },
  };
}

function toRow(key: ApiKey): ApiKeyTable {
  return {
    id: key.id,
    name: key.name,
    hash: key.hash,
    scopes: JSON.stringify(key.scopes),
    hcode: key.hcode,
    station_id: key.stationId,
    created_at: key.createdAt,
    revoked_at: key.revokedAt,
  };
}

function fromRow(row: ApiKeyTable): ApiKey {
  return {
    id: row.id,
    name: row.name,
    hash: row.hash,
    scopes: fromJson(row.scopes),
    hcode: row.hcode,
    stationId: row.station_id,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  };
}
