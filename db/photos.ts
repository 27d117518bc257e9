/** Photos of faces and cards, sealed like tokens: one row for a read, until the day that it is to be deleted. */

import type { CompiledQuery } from 'kysely';
import type { CardRead } from '../src/domain/card-read.ts';
import type { NewPhoto, ReadPhotos } from '../src/service/ports/photos.ts';
import { type Commit, checkVersions } from './commit.ts';
import { checkLimit } from './cursor.ts';
import { change, changeOne, type Engine } from './engine.ts';
import { conflict } from './errors.ts';
import { keyInUse } from './key-in-use.ts';
import { sealingKey } from './sealing-key.ts';
import type { Keyring, SecretKey } from './secrets/keyring.ts';
import { type Place, sealBytes, unsealBytes } from './secrets/seal.ts';
import type { Secrets } from './secrets/secrets.ts';

/** Another process changes keys meanwhile; more often than so it does not. */
const TRIES = 5;

/** What the ledger's other parts need of it beside the port. */
export interface PhotoStore extends ReadPhotos {
  /** Runs the insert of the read, and if that was new stores its photo, in one transaction; whether it was new. */
  addWith(insert: CompiledQuery, read: Pick<CardRead, 'id' | 'hcode'>, photo: NewPhoto): Promise<boolean>;
  /** Seals anew under this key what rests under another; returns how many. Throws BridgeError `config`, `conflict`. */
  reseal(key: SecretKey): Promise<number>;
  /** Gives up those that no key of the ring opens: they are due to be deleted. Returns how many. */
  giveUp(ring: Keyring | null): Promise<number>;
}

type Row = { read_id: string; hcode: string; sealed: string; key_id: string };

export function photoStore(engine: Engine, secrets: Secrets, commit: Commit): PhotoStore {
  const { db } = engine;
  const sealing = sealingKey(engine, secrets);

  const kept = () => db.selectFrom('read_photo').where('is_lost', '=', 0);

  async function rowOf(readId: string): Promise<Row | undefined> {
    const query = kept().select(['read_id', 'hcode', 'sealed', 'key_id']).where('read_id', '=', readId);
    return (await engine.read(query.compile()))[0];
  }

  /** Null when its key is missing, also after a fresh look at the keys. */
  async function open(row: Row): Promise<Uint8Array | null> {
    for (const isFresh of [false, true]) {
      const ring = await secrets.ring(isFresh);
      const jpeg = ring === null ? null : unsealBytes(row.sealed, ring, placeOf(row));
      if (jpeg !== null) return jpeg;
    }
    return null;
  }

  return {
    async get(readId) {
      for (let before: Row | null = null; ; ) {
        const row = await rowOf(readId);
        if (row === undefined) return null;
        const jpeg = await open(row);
        if (jpeg !== null) return jpeg;
        // read once more: its key may have been retired since
        if (before?.sealed === row.sealed) throw sealing.isMissing(row.key_id);
        before = row;
      }
    },

    async keptUntil(readId) {
      const query = kept().select('delete_at').where('read_id', '=', readId);
      return (await engine.read(query.compile()))[0]?.delete_at ?? null;
    },

    async due(now, limit) {
      const query = db
        .selectFrom('read_photo')
        .select(['read_id', 'hcode', 'is_lost'])
        .where('delete_at', '<=', now)
        .orderBy('delete_at')
        .orderBy('read_id')
        .limit(checkLimit(limit));
      const rows = await engine.read(query.compile());
      return rows.map((row) => ({ readId: row.read_id, hcode: row.hcode, isLost: row.is_lost === 1 }));
    },

    async redate(hcode, { receivedAfter, deleteAt }) {
      const far = kept().select('read_id').where('delete_at', '>', deleteAt).where('hcode', '=', hcode);
      // seldom any: an update would lock each minute
      if ((await engine.read(far.limit(1).compile())).length === 0) return 0;
      const received = db
        .selectFrom('card_read')
        .select('id')
        .where('received_at', '>', receivedAfter)
        .where('id', 'in', far);
      const redate = db
        .updateTable('read_photo')
        .set({ delete_at: deleteAt })
        .where('read_id', 'in', received);
      return engine.write(() => changeOne(redate.compile()));
    },

    remove(readId, changes) {
      checkVersions(changes);
      const remove = db.deleteFrom('read_photo').where('read_id', '=', readId).compile();
      return engine.write(function* () {
        if ((yield* changeOne(remove)) === 0) return false;
        if (changes.length > 0) yield* commit(changes);
        return true;
      });
    },

    async addWith(insert, read, photo) {
      const of = { read_id: read.id, hcode: read.hcode };
      for (let attempt = 1; attempt <= TRIES; attempt++) {
        const key = await sealing.key(() => keyInUse(engine));
        const sealed = sealBytes(photo.jpeg, key, placeOf(of));
        const row = { ...of, key_id: key.id, delete_at: photo.deleteAt, is_lost: 0, sealed };
        const put = db.insertInto('read_photo').values(row).compile();
        const isNew = await sealing.run(key, function* () {
          if ((yield* changeOne(insert)) === 0) return false;
          yield* change([put]);
          return true;
        });
        if (isNew !== null) return isNew;
      }
      throw conflict('the secret key changes again and again; send the photo again');
    },

    async reseal(key) {
      for (let count = 0; ; ) {
        const query = kept()
          .select(['read_id', 'hcode', 'sealed', 'key_id'])
          .where('key_id', '!=', key.id)
          .limit(1);
        const [row] = await engine.read(query.compile());
        if (row === undefined) return count;
        const jpeg = await open(row);
        if (jpeg === null) throw sealing.isMissing(row.key_id);
        const anew = db
          .updateTable('read_photo')
          .set({ key_id: key.id, sealed: sealBytes(jpeg, key, placeOf(row)) })
          .where('read_id', '=', row.read_id)
          .where('key_id', '=', row.key_id);
        const isDone = await sealing.write(key, anew.compile());
        if (isDone === null) {
          throw conflict('another process seals under another key; run this again');
        }
        if (isDone) count++;
      }
    },

    async giveUp(ring) {
      const known = (ring?.keys ?? []).map((key) => key.id);
      let lost = db.updateTable('read_photo').set({ is_lost: 1, delete_at: 0 }).where('is_lost', '=', 0);
      if (known.length > 0) lost = lost.where('key_id', 'not in', known);
      return engine.write(() => changeOne(lost.compile()));
    },
  };
}

/** Moved to another read it does not open. */
function placeOf({ read_id, hcode }: { read_id: string; hcode: string }): Place {
  return { table: 'read_photo', hcode, kind: read_id, field: 'sealed' };
}
