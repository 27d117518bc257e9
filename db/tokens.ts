/**
 * Tokens in the ledger, sealed. Which key seals stands in the ledger's memory: a store under another one is undone. So a
 * process that has not heard of a new key cannot leave a token under the old one after everything was sealed anew.
 */

import type { CompiledQuery } from 'kysely';
import { isBridgeError } from '../src/domain/bridge-error.ts';
import type { TokenKind } from '../src/domain/token.ts';
import type { FoundToken, StoredToken, TokenStore } from '../src/service/ports/tokens.ts';
import { change, changeOne, type Engine, type Script } from './engine.ts';
import { conflict } from './errors.ts';
import type { Keyring, SecretKey } from './secrets/keyring.ts';
import { keyIdOf, type Place, seal, unseal } from './secrets/seal.ts';
import type { Secrets } from './secrets/secrets.ts';
import { IF_LOST, secretsTrouble } from './secrets/trouble.ts';
import type { TokenRow } from './tables.ts';

/** Name in the ledger's memory: id of the key under which tokens are sealed. */
const SEALING_KEY = 'token-key';

const SEALED = ['value', 'refresh', 'account'] as const;
type Field = (typeof SEALED)[number];
type SealedFields = Pick<TokenRow, Field>;
type Key = Pick<TokenRow, 'hcode' | 'kind'>;

/** Another process changes keys meanwhile; more often than so it does not. */
const TRIES = 5;

export function tokenStore(engine: Engine, secrets: Secrets): TokenStore {
  const { db } = engine;

  const readRow = async ({ hcode, kind }: Key): Promise<TokenRow | undefined> => {
    const query = db.selectFrom('token').selectAll().where('hcode', '=', hcode).where('kind', '=', kind);
    return (await engine.read(query.compile()))[0];
  };
  const readRows = async (): Promise<TokenRow[]> =>
    engine.read(db.selectFrom('token').selectAll().orderBy('hcode').orderBy('kind').compile());
  const sealingKeyId = async (): Promise<string | null> => {
    const query = db.selectFrom('memory').select('value').where('name', '=', SEALING_KEY);
    return (await engine.read(query.compile()))[0]?.value ?? null;
  };

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
      if (before !== null && before.value === shut.value)
        throw noKey(keyIdOf(shut.value, placeOf(shut, 'value')));
      before = shut;
    }
  }

  async function keyToSealWith(): Promise<SecretKey> {
    const id = await sealingKeyId();
    if (id !== null) {
      const key = (await secrets.ring())?.find(id) ?? (await secrets.ring(true))?.find(id);
      if (key === undefined) throw noKey(id);
      return key;
    }
    const ring = await secrets.ring(true);
    if (ring !== null) return ring.first;
    // a new key would hide that the old one is lost
    const [row] = await readRows();
    if (row !== undefined) throw noKey(keyIdOf(row.value, placeOf(row, 'value')));
    return (await secrets.make()).first;
  }

  function noKey(id: string) {
    const what = `${secrets.name}: the ledger holds tokens that are sealed under the key ${id}, which is not there`;
    return secretsTrouble(
      `${what}. Put that key back from its copy (all bridges on one ledger need the same keys); ${IF_LOST}`,
    );
  }

  /** Changes nothing and says false unless tokens are sealed under that key; until the end of the script they stay so. */
  function* isSealedUnder(id: string): Script<boolean> {
    const first = db
      .insertInto('memory')
      .values({ name: SEALING_KEY, value: id })
      .onConflict((c) => c.column('name').doNothing());
    // an update, because that waits for whoever changes the key at this moment
    const held = db
      .updateTable('memory')
      .set({ value: id })
      .where('name', '=', SEALING_KEY)
      .where('value', '=', id);
    const [, count] = yield* change([first.compile(), held.compile()]);
    return count === 1;
  }

  /** Null when tokens are no longer sealed under that key. */
  const writeUnder = (key: SecretKey, query: CompiledQuery): Promise<boolean | null> =>
    engine.write(function* () {
      return (yield* isSealedUnder(key.id)) ? (yield* changeOne(query)) === 1 : null;
    });

  const store: TokenStore = {
    async get(hcode, kind) {
      const read = async (): Promise<TokenRow[]> => {
        const row = await readRow({ hcode, kind });
        return row === undefined ? [] : [row];
      };
      return (await openAll(read))[0] ?? null;
    },

    list: () => openAll(readRows),

    async put(hcode, kind, after, token) {
      for (let attempt = 1; attempt <= TRIES; attempt++) {
        const before = await store.get(hcode, kind);
        if ((before?.generation ?? 0) !== after) return false;
        const key = await keyToSealWith();
        const row = {
          ...{ hcode, kind, generation: after + 1, source: token.source },
          ...sealed(token, key, { hcode, kind }),
          ...{ obtained_at: token.obtainedAt, expires_at: token.expiresAt, refused_at: null },
        };
        const isSameAccount = before !== null && before.account === token.account;
        const query =
          after === 0
            ? db
                .insertInto('token')
                .values({ ...row, last_used_at: null })
                .onConflict((c) => c.columns(['hcode', 'kind']).doNothing())
            : db
                .updateTable('token')
                .set({ ...row, ...(isSameAccount ? {} : { last_used_at: null }) })
                .where('hcode', '=', hcode)
                .where('kind', '=', kind)
                .where('generation', '=', after);
        const isPut = await writeUnder(key, query.compile());
        if (isPut !== null) return isPut;
      }
      throw conflict('the key of the tokens changes again and again; store the token again');
    },

    async noteUsed(hcode, kind, at) {
      const note = db
        .updateTable('token')
        .set({ last_used_at: at })
        .where('hcode', '=', hcode)
        .where('kind', '=', kind);
      await engine.write(() => changeOne(note.compile()));
    },

    async noteRefused(hcode, kind, generation, at) {
      const note = db
        .updateTable('token')
        .set({ refused_at: at })
        .where('hcode', '=', hcode)
        .where('kind', '=', kind)
        .where('generation', '=', generation);
      await engine.write(() => changeOne(note.compile()));
    },

    async reseal() {
      // all of them open, or nothing is begun
      const rows = await store.list();
      const key = (await secrets.ring(true))?.first;
      if (key === undefined) {
        if (rows[0] === undefined) return 0;
        throw noKey((await sealingKeyId()) ?? 'of before');
      }
      await engine.write(() => changeOne(sealUnder(key.id)));
      let count = 0;
      for (;;) {
        const rest = (await readRows()).filter((row) => isUnderAnother(row, key.id));
        if (rest.length === 0) return count;
        for (const row of rest) {
          const plain = await open(row);
          if (plain === null) throw sealedElsewhere();
          const anew = db
            .updateTable('token')
            .set(sealed(plain, key, row))
            .where('hcode', '=', row.hcode)
            .where('kind', '=', row.kind)
            .where('value', '=', row.value);
          const isDone = await writeUnder(key, anew.compile());
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
        const remove = db
          .deleteFrom('token')
          .where('hcode', '=', row.hcode)
          .where('kind', '=', row.kind)
          .where('value', '=', row.value);
        count += await engine.write(() => changeOne(remove.compile()));
      }
      const id = await sealingKeyId();
      if (id !== null && ring?.find(id) === undefined) {
        const anew = db.deleteFrom('memory').where('name', '=', SEALING_KEY).where('value', '=', id);
        await engine.write(() => changeOne(ring === null ? anew.compile() : sealUnder(ring.first.id)));
      }
      return count;
    },
  };
  return store;

  function sealUnder(id: string): CompiledQuery {
    return db
      .insertInto('memory')
      .values({ name: SEALING_KEY, value: id })
      .onConflict((c) => c.column('name').doUpdateSet({ value: id }))
      .compile();
  }
}

function placeOf({ hcode, kind }: Key, field: Field): Place {
  return { table: 'token', hcode, kind, field };
}

function sealed(token: Pick<FoundToken, Field>, key: SecretKey, of: Key): SealedFields {
  const each = (field: Field, text: string): string => seal(text, key, placeOf(of, field));
  return {
    value: each('value', token.value),
    refresh: token.refresh === null ? null : each('refresh', token.refresh),
    account: token.account === null ? null : each('account', token.account),
  };
}

/** Null when the ring has not the key of one of them. */
function opened(ring: Keyring, row: TokenRow): SealedFields | null {
  const plain: SealedFields = { value: '', refresh: null, account: null };
  for (const field of SEALED) {
    const text = row[field];
    if (text === null) continue;
    const open = unseal(text, ring, placeOf(row, field));
    if (open === null) return null;
    plain[field] = open;
  }
  return plain;
}

function doesOpen(ring: Keyring, row: TokenRow): boolean {
  try {
    return opened(ring, row) !== null;
  } catch (error) {
    if (isBridgeError(error, 'config')) return false;
    throw error;
  }
}

function isUnderAnother(row: TokenRow, keyId: string): boolean {
  return SEALED.some((field) => {
    const text = row[field];
    return text !== null && keyIdOf(text, placeOf(row, field)) !== keyId;
  });
}

function sealedElsewhere() {
  return conflict('another process seals the tokens under another key; run this again');
}

function toToken(row: TokenRow, plain: SealedFields): StoredToken {
  return {
    hcode: row.hcode,
    kind: row.kind as TokenKind,
    generation: row.generation,
    source: row.source,
    ...plain,
    obtainedAt: row.obtained_at,
    expiresAt: row.expires_at,
    refusedAt: row.refused_at,
    lastUsedAt: row.last_used_at,
  };
}
