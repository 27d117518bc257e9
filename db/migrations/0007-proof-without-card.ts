/** Certified and photo reads: who certified, the phone that was given, and the photos, sealed (see `db/secrets/`). */

import type { Kysely } from 'kysely';
import { columnTypes, type EngineName, tableEnd } from './dialect.ts';

// biome-ignore lint/suspicious/noExplicitAny: a migration must not follow the tables of today
export async function up(db: Kysely<any>, engine: EngineName): Promise<void> {
  const { text, int } = columnTypes(engine);
  await db.schema.alterTable('card_read').addColumn('phone', text).execute();
  await db.schema.alterTable('card_read').addColumn('certifier', text).execute();
  await db.schema.alterTable('visit_case').addColumn('given_mobile', text).execute();

  // which cards were just read at a counter: one of them certifies
  await db.schema
    .createIndex('card_read_station')
    .on('card_read')
    .columns(['station_id', 'hcode', 'read_at'])
    .execute();

  // a row of its own: nobody who reads a read, or the list of those that are due, brings the picture along
  await db.schema
    .createTable('read_photo')
    .addColumn('read_id', text, (c) => c.primaryKey())
    .addColumn('hcode', text, (c) => c.notNull())
    .addColumn('key_id', text, (c) => c.notNull())
    .addColumn('delete_at', int, (c) => c.notNull())
    .addColumn('is_lost', int, (c) => c.notNull())
    .addColumn('sealed', text, (c) => c.notNull())
    .modifyEnd(tableEnd(engine))
    .execute();
  await db.schema
    .createIndex('read_photo_due')
    .on('read_photo')
    .columns(['delete_at', 'read_id', 'hcode', 'is_lost'])
    .execute();
  await db.schema.createIndex('read_photo_key').on('read_photo').columns(['key_id', 'read_id']).execute();
}
