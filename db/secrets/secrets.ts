/** Where the ledger has its secret keys from: a file that is made at the first need, or a text out of the environment. */

import { KeyFile } from './key-file.ts';
import { type Keyring, parseKeyring } from './keyring.ts';
import { secretsTrouble } from './trouble.ts';

/** As in the configuration; `key` counts before `keyFile`. */
export interface SecretsOptions {
  keyFile?: string | undefined;
  key?: string | undefined;
}

export interface Secrets {
  /** For people: `secrets.keyFile (/var/lib/authen-bridge/secret.key)`. */
  readonly name: string;
  /**
   * The keys as they were last seen, or, with `isFresh`, as they are now: another process may have changed them. Null when
   * there is none. Throws BridgeError `config` when they cannot be had. Nothing is read before the first call.
   */
  ring(isFresh?: boolean): Promise<Keyring | null>;
  /** There being none, makes one. Throws BridgeError `config`. */
  make(): Promise<Keyring>;
}

export function secretsOf({ key, keyFile }: SecretsOptions): Secrets {
  if (key !== undefined) return fromText(key);
  return keyFile === undefined ? NONE : fromFile(new KeyFile(keyFile));
}

function fromText(text: string): Secrets {
  const name = 'secrets.key';
  let ring: Keyring | null = null;
  const parsed = async (): Promise<Keyring> => {
    ring ??= parseKeyring(text, name);
    return ring;
  };
  return { name, ring: parsed, make: parsed };
}

function fromFile(file: KeyFile): Secrets {
  let ring: Keyring | null = null;
  return {
    name: file.name,
    async ring(isFresh = false) {
      if (ring === null || isFresh) ring = await file.read();
      return ring;
    },
    async make() {
      ring = await file.make();
      return ring;
    },
  };
}

/** A ledger that was opened for something else than tokens. */
const NONE: Secrets = {
  name: 'secrets',
  ring: async () => null,
  make: async () => {
    throw secretsTrouble('secrets: this ledger was opened without a key, and keeps no token');
  },
};
