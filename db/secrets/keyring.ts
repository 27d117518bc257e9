/**
 * The secret keys under which tokens rest, and the text that holds them: lines `<key id>:<base64 of 32 bytes>`, or the
 * base64 alone. The first key seals, each of them opens; so a new key is put before the old one until nothing rests under
 * the old one any more.
 */

import { createHash, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { secretsTrouble } from './trouble.ts';

export interface SecretKey {
  /** Stands in every sealed text, and tells nothing of the key. */
  readonly id: string;
  /** Node shows nothing of it, wherever it may be printed. */
  readonly secret: KeyObject;
}

export interface Keyring {
  readonly keys: readonly SecretKey[];
  /** The one that seals. */
  readonly first: SecretKey;
  find(id: string): SecretKey | undefined;
}

const BYTES = 32;
const ID = /^[A-Za-z0-9._-]{1,40}$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** More is no keyring, whatever it is. */
const MOST_KEYS = 100;

/** For whoever needs a key by hand; works wherever the bridge does. */
export const HOW_TO_MAKE_A_KEY = `node -p "crypto.randomBytes(32).toString('base64')"`;

export function newKey(): SecretKey {
  return keyOf(randomBytes(BYTES));
}

function keyring(keys: readonly [SecretKey, ...SecretKey[]]): Keyring {
  return { keys, first: keys[0], find: (id) => keys.find((key) => key.id === id) };
}

/**
 * Several keys stand on lines of their own, or parted by commas or spaces, because an environment variable does not take
 * lines everywhere. `source` names the text in messages, which never quote it. Throws BridgeError `config`.
 */
export function parseKeyring(text: string, source: string): Keyring {
  const wrong = (what: string) =>
    secretsTrouble(`${source}: ${what}; expected "<key id>:<base64 of 32 bytes>", the newest key first`);
  const parts = text
    .replace(/^\uFEFF/, '')
    .split(/[\s,]+/)
    .filter((part) => part !== '');
  if (parts.length > MOST_KEYS) throw wrong(`holds more than ${MOST_KEYS} keys`);
  const keys = parts.map((part, at) => {
    const nth = `key ${at + 1} of ${parts.length}`;
    const colon = part.indexOf(':');
    const id = part.slice(0, Math.max(colon, 0));
    if (colon >= 0 && !ID.test(id)) throw wrong(`${nth} has no good id before its colon`);
    const bytes = fromBase64(part.slice(colon + 1));
    if (bytes === null) throw wrong(`${nth} is no base64`);
    if (bytes.length !== BYTES) throw wrong(`${nth} has ${bytes.length} bytes`);
    return colon < 0 ? keyOf(bytes) : { id, secret: createSecretKey(bytes) };
  });
  const [first, ...others] = keys;
  if (first === undefined) throw wrong('holds no key');
  const twice = keys.find((key, at) => keys.findIndex((other) => other.id === key.id) !== at);
  if (twice !== undefined) throw wrong(`two keys have the id ${twice.id}`);
  return keyring([first, ...others]);
}

export function keyringText(keys: readonly SecretKey[]): string {
  return keys.map(({ id, secret }) => `${id}:${secret.export().toString('base64')}\n`).join('');
}

/** The id follows from the key, so that a key that moves from a file into the environment, alone, still has its id. */
function keyOf(bytes: Buffer): SecretKey {
  const digest = createHash('sha256').update('authen-bridge key id\0').update(bytes).digest('hex');
  return { id: `k${digest.slice(0, 8)}`, secret: createSecretKey(bytes) };
}

/** Node's own reader takes anything: a key with a slip of the pen in it would be another key. */
function fromBase64(text: string): Buffer | null {
  if (!BASE64.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : null;
}
