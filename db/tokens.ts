/** Tokens in the ledger, sealed: one row for a hospital and kind. */

import type { BridgeError } from '../src/domain/bridge-error.ts';
import type { TokenKind } from '../src/domain/token.ts';
import type { FoundToken, StoredToken, TokenStore } from '../src/service/ports/tokens.ts';
import { changeOne, type Engine } from './engine.ts';
import { conflict } from './errors.ts';
import { keyInUse } from './key-in-use.ts';
import type { PhotoStore } from './photos.ts';
import { sealingKey } from './sealing-key.ts';
import type { SecretKey } from './secrets/keyring.ts';
import type { Secrets } from './secrets/secrets.ts';
import type { TokenRow } from './tables.ts';
import {
  doesOpen,
  isUnderAnother,
  keyIdOfRow,
  opened,
  type SealedFields,
  sealed,
  type TokenKey,
  toToken,
} from './token-row.ts';

/** Another process changes keys meanwhile; more often than so it does not. */
const TRIES = 5;

/** `photos`: what else rests under the same keys. */
export function tokenStore(
  engine: Engine,
  secrets: Secrets,
  photos: Pick<PhotoStore, 'reseal' | 'giveUp'>,
): TokenStore {
  const { db } = engine;
  const sealing = sealingKey(engine, secrets);

  const readRows = (): Promise<TokenRow[]> =>
    engine.read(db.selectFrom('token').selectAll().orderBy('hcode').orderBy('kind').compile());
  const update = ({ hcode, kind }: TokenKey) =>
    db.updateTable('token').where('hcode', '=', hcode).where('kind', '=', kind);

  /** Null when its key is missing, also after a fresh look at the keys. */
  async function open(row: TokenRow): Promise<SealedFields | null> {
    for (const isFresh of [false, true]) {
      const ring = await secrets.ring(isFresh);
      const plain = ring === null ? null : opened(ring, row);
      if (plain !== null) return plain;
    }
    return null;
  }

  /** The rows, opened. One that does not open is read once more: its key may have been retired since it was read. */
  async function openAll(read: () => Promise<TokenRow[]>): Promise<StoredToken[]> {
    let before: TokenRow | null = null;
    for (;;) {
      const tokens: StoredToken[] = [];
      let shut: TokenRow | null = null;
      for (const row of await read()) {
        const plain = await open(row);
        if (plain !== null) tokens.push(toToken(row, plain));
        else shut ??= row;
      }
      if (shut === null) return tokens;
      if (before?.value === shut.value) throw sealing.isMissing(keyIdOfRow(shut));
      before = shut;
    }
  }

  /** The statement that puts the generation after `before`; it changes nothing when another has been put meanwhile. */
  function putQuery(of: Put, before: StoredToken | null, key: SecretKey) {
    const { hcode, kind, token } = of;
    const generation = (before?.generation ?? 0) + 1;
    const row = {
      ...{ hcode, kind, generation, source: token.source },
      ...sealed(token, key, { hcode, kind }),
      ...{ obtained_at: token.obtainedAt, expires_at: token.expiresAt, refused_at: null },
    };
    if (before === null) {
      const insert = db.insertInto('token').values({ ...row, last_used_at: null });
      return insert.onConflict((c) => c.columns(['hcode', 'kind']).doNothing()).compile();
    }
    const isSameAccount = before.account === token.account;
    return update({ hcode, kind })
      .set({ ...row, ...(isSameAccount ? {} : { last_used_at: null }) })
      .where('generation', '=', before.generation)
      .compile();
  }

  const store: TokenStore = {
    async get(hcode, kind) {
      const query = db.selectFrom('token').selectAll().where('hcode', '=', hcode).where('kind', '=', kind);
      return (await openAll(() => engine.read(query.compile())))[0] ?? null;
    },

    list: () => openAll(readRows),

    async put(hcode, kind, after, token) {
      for (let attempt = 1; attempt <= TRIES; attempt++) {
        const before = await store.get(hcode, kind);
        if ((before?.generation ?? 0) !== after) return false;
        const key = await sealing.key(() => keyInUse(engine));
        const isPut = await sealing.write(key, putQuery({ hcode, kind, token }, before, key));
        if (isPut !== null) return isPut;
      }
      throw conflict('the key of the tokens changes again and again; store the token again');
    },

    async noteUsed(hcode, kind, at) {
      const note = update({ hcode, kind }).set({ last_used_at: at });
      await engine.write(() => changeOne(note.compile()));
    },

    async noteRefused(hcode, kind, generation, at) {
      const note = update({ hcode, kind }).set({ refused_at: at }).where('generation', '=', generation);
      await engine.write(() => changeOne(note.compile()));
    },

    async reseal() {
      // all of them open, or nothing is begun
      const rows = await store.list();
      const key = (await secrets.ring(true))?.first;
      if (key === undefined) {
        if (rows[0] === undefined && (await keyInUse(engine)) === null) return 0;
        throw sealing.isMissing((await sealing.id()) ?? 'of before');
      }
      await sealing.set(key.id);
      for (let count = 0; ; ) {
        const rest = (await readRows()).filter((row) => isUnderAnother(row, key.id));
        if (rest.length === 0) return count + (await photos.reseal(key));
        for (const row of rest) {
          const plain = await open(row);
          if (plain === null) throw sealedElsewhere();
          // one that was put meanwhile is under the new key already, and is left alone
          const anew = update(row)
            .set(sealed(plain, key, row))
            .where('value', '=', row.value);
          const isDone = await sealing.write(key, anew.compile());
          if (isDone === null) throw sealedElsewhere();
          if (isDone) count++;
        }
      }
    },

    async forget() {
      const ring = await secrets.ring(true);
      let count = 0;
      for (const row of await readRows()) {
        if (ring !== null && doesOpen(ring, row)) continue;
        const { hcode, kind, value } = row;
        const remove = db.deleteFrom('token').where('hcode', '=', hcode).where('kind', '=', kind);
        count += await engine.write(() => changeOne(remove.where('value', '=', value).compile()));
      }
      count += await photos.giveUp(ring);
      const id = await sealing.id();
      if (id !== null && ring?.find(id) === undefined) await sealing.clear(id);
      return count;
    },
  };
  return store;
}

interface Put {
  hcode: string;
  kind: TokenKind;
  token: FoundToken & { source: string };
}

function sealedElsewhere(): BridgeError {
  return conflict('another process seals the tokens under another key; run this again');
}
