/**
 * Which key tokens and photos are sealed under stands in the ledger's memory, and a write under another one is undone. So a
 * process that has not heard of a new key cannot leave anything under the old one after everything was sealed anew, and two bridges
 * with keys of their own are told, before the one stores what the other could not open.
 */

import type { CompiledQuery } from 'kysely';
import type { BridgeError } from '../src/domain/bridge-error.ts';
import { change, changeOne, type Engine, type Script } from './engine.ts';
import type { SecretKey } from './secrets/keyring.ts';
import type { Secrets } from './secrets/secrets.ts';
import { IF_LOST, secretsTrouble } from './secrets/trouble.ts';

/** Name in the ledger's memory; the value is a key's id. */
const NAME = 'token-key';

export interface SealingKey {
  id(): Promise<string | null>;
  /**
   * The key to seal with; made when there is none, unless `isInUse` tells of the id of one that is lost. Throws BridgeError
   * `config` when it is not there.
   */
  key(isInUse: () => Promise<string | null>): Promise<SecretKey>;
  /** From now on this one seals. */
  set(id: string): Promise<void>;
  /** No key seals any more, if it was this one: the next one that seals will be whichever is first then. */
  clear(id: string): Promise<void>;
  /** Whether the query changed a row; null, and nothing is changed, when no longer this key seals. */
  write(key: SecretKey, query: CompiledQuery): Promise<boolean | null>;
  /** The same for a whole script, which may be run more than once. */
  run<T>(key: SecretKey, script: () => Script<T>): Promise<T | null>;
  isMissing(id: string): BridgeError;
}

export function sealingKey(engine: Engine, secrets: Secrets): SealingKey {
  const { db } = engine;

  /** Changes nothing and says false when it is another key; until the end of the script it stays the same. */
  function* holds(id: string): Script<boolean> {
    const first = db
      .insertInto('memory')
      .values({ name: NAME, value: id })
      .onConflict((c) => c.column('name').doNothing());
    // an update, because that waits for whoever changes the key at this moment
    const held = db.updateTable('memory').set({ value: id }).where('name', '=', NAME).where('value', '=', id);
    const [, count] = yield* change([first.compile(), held.compile()]);
    return count === 1;
  }

  const sealing: SealingKey = {
    async id() {
      const query = db.selectFrom('memory').select('value').where('name', '=', NAME);
      return (await engine.read(query.compile()))[0]?.value ?? null;
    },

    async key(isInUse) {
      const id = await sealing.id();
      if (id !== null) {
        const key = (await secrets.ring())?.find(id) ?? (await secrets.ring(true))?.find(id);
        if (key === undefined) throw sealing.isMissing(id);
        return key;
      }
      const ring = await secrets.ring(true);
      if (ring !== null) return ring.first;
      // a new key would hide that the old one is lost
      const used = await isInUse();
      if (used === null) return (await secrets.make()).first;
      // unless another process has made it, and used it, since this one looked for it
      const made = (await secrets.ring(true))?.find(used);
      if (made === undefined) throw sealing.isMissing(used);
      return made;
    },

    async set(id) {
      const set = db
        .insertInto('memory')
        .values({ name: NAME, value: id })
        .onConflict((c) => c.column('name').doUpdateSet({ value: id }));
      await engine.write(() => changeOne(set.compile()));
    },

    async clear(id) {
      const clear = db.deleteFrom('memory').where('name', '=', NAME).where('value', '=', id);
      await engine.write(() => changeOne(clear.compile()));
    },

    write: (key, query) =>
      sealing.run(key, function* () {
        return (yield* changeOne(query)) === 1;
      }),

    run: (key, script) =>
      engine.write(function* () {
        return (yield* holds(key.id)) ? yield* script() : null;
      }),

    isMissing(id) {
      const what = `${secrets.name}: the ledger holds tokens or photos that are sealed under the key ${id}, which is not there`;
      const next = 'Put that key back from its copy (all bridges on one ledger need the same keys)';
      return secretsTrouble(`${what}. ${next}; ${IF_LOST}`);
    },
  };
  return sealing;
}
